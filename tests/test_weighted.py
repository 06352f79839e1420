"""Layers whose weights are shared, looked up, dropped or noisy: what they alone have."""
import copy
import pickle

import numpy as np
import pytest

import mlpack_ann
from mlpack_ann.activation_functions import MultiQuadFunction, SoftplusFunction
from mlpack_ann.layer import (RBF, DropConnect, Embedding, Linear, Linear3D, Lookup,
                              MiniBatchDiscrimination, NoisyLinear)
from tests.checks import FLOATS, assert_close


@pytest.fixture(autouse=True)
def as_before():
    number = mlpack_ann.get_num_threads()
    yield
    mlpack_ann.set_num_threads(number)


# ---------------------------------------------------------------- Linear3D

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("in_size, out_size, rows", [(65, 65, 513), (7, 100, 600), (16, 80, 1500),
                                                     (100, 70, 2000)])
def test_gradients_of_many_rows(dtype, in_size, out_size, rows):
    rng = np.random.default_rng(rows)
    m = Linear3D(in_size, out_size, dtype=dtype)
    x = rng.normal(size=(1, rows, in_size)).astype(dtype)
    error = rng.normal(size=(1, rows, out_size)).astype(dtype)
    results = []
    for number in (1, 2, 3):
        mlpack_ann.set_num_threads(number)
        results.append(m.Gradient(x, error))
    wide, slope = x[0].astype(float), error[0].astype(float)
    expected = np.concatenate([(wide.T @ slope).ravel(), slope.sum(0)])
    assert_close(results[0], expected, 1e-5 if dtype == np.float32 else 1e-13)
    np.testing.assert_array_equal(results[1:], results[:1] * 2)


def test_rows_of_a_point_are_points_of_linear():
    rng = np.random.default_rng(1)
    m, linear = Linear3D(4, 3), Linear(4, 3)
    linear.parameters = m.parameters
    x = rng.normal(size=(2, 5, 4))
    expected = linear.Forward(x.reshape(10, 4))
    np.testing.assert_array_equal(m.Forward(x), expected.reshape(2, 5, 3))
    np.testing.assert_array_equal(m.Forward(x.reshape(2, 20)), expected.reshape(2, 15))
    np.testing.assert_array_equal(m.Forward(x[:, 0]), linear.Forward(x[:, 0]))


def test_rows_that_memory_could_not_hold():
    m = Linear3D(1, 1000)
    with pytest.raises(ValueError, match="^Linear3D: input has shape"):
        m.OutputShape((0, 2**59))


# ---------------------------------------------------------------- Lookup, Embedding

VOCABULARIES = [Embedding, Lookup]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("cls", VOCABULARIES)
def test_indices_that_are_none_are_refused(cls, dtype):
    m = cls(5, 2, dtype=dtype)
    below = np.nextafter(dtype(5), dtype(0))
    for bad in (5, -1, 2.5, below, np.inf, -np.inf, np.nan, 1e30, -1e-30):
        x = np.array([[0, 4, bad]], dtype)
        out = np.full(m.OutputShape(x.shape), 7, dtype)
        with pytest.raises(ValueError, match=f"^{cls.__name__}: input has the index .* expected "
                                             "whole numbers from 0 to 4"):
            m.Forward(x, out)
        gradient = np.full(10, 7, dtype)
        with pytest.raises(ValueError, match=f"^{cls.__name__}: input has the index"):
            m.Gradient(x, out, gradient)
        assert (out == 7).all() and (gradient == 7).all()
    for bad in (np.array([2**63], np.uint64), [-2**63], [2**31], ["1"], [1 + 0j]):
        with pytest.raises((TypeError, ValueError), match=f"^{cls.__name__}: input "):
            m.Forward(bad)
    np.testing.assert_array_equal(m.Forward([-0.0]), m.Forward([0]))


@pytest.mark.parametrize("dtype", FLOATS)
def test_any_integers_are_indices(dtype):
    m = Embedding(300, 4, dtype=dtype)
    x = np.array([[0, 299, 17]])
    y = m.Forward(x)
    np.testing.assert_array_equal(y[0], m.weight[[0, 299, 17]])
    for kind in (np.int16, np.uint16, np.int32, np.uint64, np.float32, np.float64):
        if kind in (dtype, np.int16, np.uint16, np.int32, np.uint64):
            np.testing.assert_array_equal(m.Forward(x.astype(kind)), y)
    np.testing.assert_array_equal(m.Forward([[False, True]])[0], m.weight[:2])


@pytest.mark.parametrize("words", [1, 3, 1000])
@pytest.mark.parametrize("cls", VOCABULARIES)
def test_repeated_indices_add_up_in_order(cls, words):
    """The sums of float32, term by term: so no other order, whatever the number of threads."""
    rng = np.random.default_rng(words)
    m = cls(words, 50, dtype=np.float32)
    x = rng.integers(words, size=(40, 60))
    error = rng.normal(size=m.OutputShape(x.shape)).astype(np.float32)
    expected = np.zeros((words, 50), np.float32)
    vectors = error if cls is Embedding else error.swapaxes(1, 2)
    for i, vector in zip(x.ravel(), vectors.reshape(-1, 50)):
        expected[i] += vector
    for number in (1, 2, 3):
        mlpack_ann.set_num_threads(number)
        gradient = m.Gradient(x, error)
        mine = gradient.reshape(m.weight.shape)
        np.testing.assert_array_equal(mine if cls is Embedding else mine.T, expected)


@pytest.mark.parametrize("dtype", FLOATS)
def test_outputs_past_the_caches(dtype):
    rng = np.random.default_rng(5)
    x = rng.integers(100, size=(40, 2500))
    for features in (63, 5000 // np.dtype(dtype).itemsize):
        m = Embedding(100, features, dtype=dtype)
        out = np.empty(m.OutputShape(x[:, :800].shape), dtype)
        np.testing.assert_array_equal(m.Forward(x[:, :800], out), m.weight[x[:, :800]])


@pytest.mark.parametrize("cls", VOCABULARIES)
def test_flat_points_are_of_the_size_set(cls):
    m = cls(5, 2)
    m.input_dimensions = 2, 3
    assert m.OutputShape((4, 6)) == (4, 12)
    assert len(m.OutputShape((4, 2, 3))) == 4
    with pytest.raises(ValueError, match=rf"^{cls.__name__}: input has shape \(4, 5\), expected "
                                         r"\(batch, 6\) with input_dimensions \(2, 3\)"):
        m.Forward(np.zeros((4, 5)))


# ---------------------------------------------------------------- DropConnect

def test_the_mask_is_of_weights_and_bias():
    m = DropConnect(30, 40, 0.3, rng=np.random.default_rng(1))
    x = np.random.default_rng(2).normal(size=(5, 30))
    assert m.mask is None
    y = m.Forward(x)
    mask = m.mask
    assert mask.shape == m.parameters.shape and abs(mask.mean() - 0.7) < 0.06
    weights = (mask * m.parameters / 0.7).reshape(31, 40)
    np.testing.assert_allclose(y, x @ weights[:-1] + weights[-1], rtol=1e-12, atol=1e-12)
    m.mask = np.zeros_like(mask)            # for the Forwards to come, not for this Backward
    m.training = False
    np.testing.assert_allclose(m.Backward(x, y, y), y @ weights[:-1].T, rtol=1e-12, atol=1e-12)
    gradient = np.concatenate([(x.T @ y).ravel(), y.sum(0)])
    np.testing.assert_allclose(m.Gradient(x, y), gradient * mask / 0.7, rtol=1e-12, atol=1e-12)
    m.Forward(x)
    np.testing.assert_allclose(m.Gradient(x, y), gradient, rtol=1e-12, atol=1e-12)
    m.training = True
    assert not m.Forward(x).any()


def test_every_forward_drops_others():
    def draws(dtype):
        m = DropConnect(8, 9, dtype=dtype, rng=np.random.default_rng(3))
        masks = []
        for _ in range(3):
            m.Forward(np.ones((1, 8), dtype))
            masks.append(m.mask)
        return masks

    wide, narrow = draws(np.float64), draws(np.float32)
    np.testing.assert_array_equal(wide, narrow)
    assert not np.array_equal(wide[0], wide[1]) and not np.array_equal(wide[1], wide[2])


def test_wrong_masks_of_weights_are_refused():
    m = DropConnect(3, 4)
    x = np.ones((2, 3))
    m.Forward(x)
    for bad, error in ((np.full(16, 0.5), ValueError), (np.full(16, np.nan), ValueError),
                       ("text", TypeError), (np.ones(16, complex), TypeError)):
        with pytest.raises(error, match="^DropConnect: mask "):
            m.mask = bad
    for shape in ((15,), (1, 16), (4, 4), ()):
        m.mask = np.zeros(shape)
        with pytest.raises(ValueError, match="^DropConnect: mask has shape"):
            m.Forward(x)
    m.mask = None
    assert m.Forward(x).any()
    m.ratio = 1
    assert not m.Forward(x).any() and not m.mask.any()
    assert not m.Backward(x, x @ np.ones((3, 4)), np.ones((2, 4))).any()


def test_copies_of_drop_connect_keep_an_assigned_mask_and_not_a_drawn_one():
    m = DropConnect(3, 4)
    m.Forward(np.ones((2, 3)))
    assert copy.copy(m).mask is None
    m.mask = np.arange(16) % 2
    for other in (copy.copy(m), pickle.loads(pickle.dumps(m))):
        np.testing.assert_array_equal(other.mask, m.mask)


# ---------------------------------------------------------------- NoisyLinear

def test_noise_is_factorised():
    m = NoisyLinear(300, 200, rng=np.random.default_rng(4))
    assert m.noise is None
    m.Forward(np.ones((1, 300)))
    noise = m.noise
    assert noise.shape == (301, 200)
    out = noise[-1]
    np.testing.assert_allclose(noise[:-1] / out, np.tile(noise[:-1, :1] / out[:1], (1, 200)),
                               rtol=1e-9)
    normal = np.sign(out) * out**2          # standard normal numbers
    assert abs(normal.mean()) < 0.3 and abs(normal.std() - 1) < 0.2


def test_noise_is_drawn_in_training_and_stays_in_inference():
    m = NoisyLinear(4, 3, rng=np.random.default_rng(5))
    x = np.random.default_rng(6).normal(size=(2, 4))

    def noise_of_forward():
        m.Forward(x)
        return m.noise

    first, second = noise_of_forward(), noise_of_forward()
    assert not np.array_equal(first, second)
    m.training = False
    np.testing.assert_array_equal(noise_of_forward(), second)
    m.ResetNoise()
    third = m.noise
    assert not np.array_equal(second, third)
    np.testing.assert_array_equal(noise_of_forward(), third)
    for other in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        np.testing.assert_array_equal(other.noise, third)
        np.testing.assert_array_equal(other.Forward(x), m.Forward(x))
    m.noise = np.zeros((5, 3))
    for training in (True, False):
        m.training = training
        np.testing.assert_allclose(m.Forward(x), x @ m.weight + m.bias, rtol=1e-12)
    m.noise = None
    np.testing.assert_array_equal(m.noise, third)
    m.Reset()
    assert m.noise is None and noise_of_forward().any()


def test_backward_has_the_noise_of_forward():
    m = NoisyLinear(4, 3)
    x = np.random.default_rng(7).normal(size=(2, 4))
    y = m.Forward(x)
    noise = m.noise
    g, gradient = m.Backward(x, y, y), m.Gradient(x, y)
    m.ResetNoise()
    m.noise = np.zeros((5, 3))
    np.testing.assert_array_equal(m.Backward(x, y, y), g)
    np.testing.assert_array_equal(m.Gradient(x, y), gradient)
    by_mean, by_deviation = gradient.reshape(2, 5, 3)
    np.testing.assert_allclose(by_deviation, by_mean * noise, rtol=1e-12)


def test_initial_deviations():
    m = NoisyLinear(16, 4)
    assert (m.weight_sigma == 0.125).all() and (m.bias_sigma == 0.25).all()
    assert m.weight_sigma.shape == (16, 4) and m.bias_sigma.shape == (4,)
    assert (abs(m.weight) <= 0.25).all() and (abs(m.bias) <= 0.25).all()
    m.weight_sigma[:] = 7
    assert (m.parameters[68:132] == 7).all() and (m.parameters[132:] == 0.25).all()


def test_wrong_noise_is_refused():
    m = NoisyLinear(4, 3, dtype=np.float32)
    x = np.ones((2, 4), np.float32)
    for bad in ("text", object(), np.ones((5, 3), complex)):
        with pytest.raises(TypeError, match="^NoisyLinear: noise "):
            m.noise = bad
    for shape in ((4, 3), (5, 4), (15,), (1, 5, 3)):
        m.noise = np.zeros(shape)
        with pytest.raises(ValueError, match="^NoisyLinear: noise has shape"):
            m.Forward(x)
    m.noise = np.ones((5, 3), int).tolist()
    assert m.noise.dtype == np.float32 and m.Forward(x).dtype == np.float32
    with pytest.raises(RuntimeError, match="^NoisyLinear: ResetNoise needs a Forward first"):
        NoisyLinear(out_size=3).ResetNoise()
    with pytest.raises(RuntimeError, match="__init__ was not called"):
        NoisyLinear.__new__(NoisyLinear).ResetNoise()
    state = m.__getstate__()
    state["_noises"] = None, np.zeros((3, 3))
    with pytest.raises(ValueError, match="^NoisyLinear: noise has shape"):
        m.__setstate__(state)


class Meddler(np.random.Generator):
    """A generator whose draws run foreign code."""
    layer = None

    def random(self, *arguments):
        return self.meddled() or super().random(*arguments)

    def standard_normal(self, *arguments):
        return self.meddled() or super().standard_normal(*arguments)

    def meddled(self):
        if self.layer is not None:
            layer, self.layer = self.layer, None
            layer.__init__(400, 300)


@pytest.mark.parametrize("cls", [DropConnect, NoisyLinear])
def test_a_generator_that_changes_the_layer(cls):
    rng = Meddler(np.random.PCG64(1))
    m = cls(4, 3, rng=rng)
    rng.layer = m
    with pytest.raises(RuntimeError, match=f"^{cls.__name__}: "):
        m.Forward(np.ones((2, 4)))
    assert m.Forward(np.ones((2, 400))).shape == (2, 300)


class TooFew(np.random.Generator):
    def standard_normal(self, *arguments):
        return np.zeros(2)


def test_a_generator_that_gives_other_numbers():
    m = NoisyLinear(4, 3, rng=TooFew(np.random.PCG64(1)))
    with pytest.raises(RuntimeError, match="^NoisyLinear: rng gave"):
        m.Forward(np.ones((2, 4)))


# ---------------------------------------------------------------- RBF

def test_betas_are_of_the_largest_distance():
    centres = np.array([[0.0, 0], [3, 4], [1, 1]])
    m = RBF(centres=centres)
    assert m.betas == np.sqrt(6) / 5 and (m.in_size, m.out_size) == (2, 3)
    np.testing.assert_allclose(m.Forward([[3.0, 4]]), np.exp(-m.betas * np.array([[25, 0, 13]])),
                               rtol=1e-14)
    assert RBF(2, 3, centres, 0.25).betas == 0.25
    for same in (np.ones((1, 2)), np.ones((4, 2)), np.array([[1e200], [-1e200]])):
        with pytest.raises(ValueError, match="^RBF: betas is 0"):
            RBF(centres=same)
        assert RBF(centres=same, betas=1).Forward(np.ones((1, same.shape[1]))).shape[1] == len(same)


@pytest.mark.parametrize("activation", [None, MultiQuadFunction(), SoftplusFunction()])
def test_at_a_centre(activation):
    """There the distance has no derivative, and the output's is 0, if it has one."""
    m = RBF(centres=[[1.0, 2], [4, 6]], betas=1, activation=activation)
    x = np.array([[1.0, 2]])
    y = m.Forward(x)
    assert y[0, 0] == m.activation.Fn(0.0)
    assert not m.Backward(x, y, np.array([[7.0, 0]])).any()
    assert m.Backward(x, y, np.array([[0, 1.0]])).any()


@pytest.mark.parametrize("dtype", FLOATS)
def test_near_distances_far_from_0_are_accurate(dtype):
    """Where |x|^2 - 2 x c + |c|^2 would have no digit left."""
    centres = np.full((3, 40), 4096.0)
    m = RBF(centres=centres, betas=1)
    x = (centres[:2] + np.array([[2.0**-8], [2.0**-4]])).astype(dtype)
    y = m.Forward(x)
    np.testing.assert_allclose(y[:, 0], np.exp([-40 * 2.0**-16, -40 * 2.0**-8]), rtol=1e-6)
    gy = np.ones_like(y)
    expected = -2 * 3 * y[:, :1] * (x - centres[:2])
    np.testing.assert_allclose(m.Backward(x, y, gy), expected, rtol=1e-5)


def test_a_backward_of_another_dtype_than_forward_is_refused():
    m = RBF(centres=np.eye(3))
    m.Forward(np.ones((2, 3), np.float32))
    with pytest.raises(RuntimeError, match="^RBF: input is float64, expected the dtype"):
        m.Backward(np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 3)))
    m.centres[:] = 7                        # a copy
    np.testing.assert_array_equal(m.centres, np.eye(3))


def test_many_features_and_centres():
    rng = np.random.default_rng(8)
    for in_size, out_size, points in ((1, 1, 1), (3, 17, 70), (100, 33, 9), (65, 64, 131)):
        centres, x = rng.normal(size=(out_size, in_size)), rng.normal(size=(points, in_size))
        gy = rng.normal(size=(points, out_size))
        m = RBF(centres=centres, betas=0.5 / in_size)
        apart = x[:, None] - centres
        expected = np.exp(-m.betas * np.square(apart).sum(2))
        y = m.Forward(x)
        np.testing.assert_allclose(y, expected, rtol=1e-12)
        g = -2 * m.betas * ((gy * expected)[:, :, None] * apart).sum(1)
        np.testing.assert_allclose(m.Backward(x, y, gy), g, rtol=1e-10, atol=1e-12)


# ---------------------------------------------------------------- MiniBatchDiscrimination

def test_points_alone_and_alike():
    m = MiniBatchDiscrimination(3, 5, 2)
    x = np.random.default_rng(9).normal(size=(1, 3))
    np.testing.assert_array_equal(m.Forward(x), np.concatenate([x, np.ones((1, 2))], 1))
    y = m.Forward(np.tile(x, (7, 1)))
    np.testing.assert_array_equal(y[:, 3:], np.full((7, 2), 7.0))
    gy = np.ones_like(y)
    np.testing.assert_array_equal(m.Backward(np.tile(x, (7, 1)), y, gy), gy[:, :3])
    assert not m.Gradient(np.tile(x, (7, 1)), gy).any()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("points, outputs, features", [(2, 1, 1), (15, 3, 2), (16, 2, 7),
                                                       (33, 5, 3), (130, 4, 5)])
def test_all_pairs(dtype, points, outputs, features):
    rng = np.random.default_rng(points)
    m = MiniBatchDiscrimination(6, 6 + outputs, features, dtype=dtype)
    x = rng.normal(size=(points, 6)).astype(dtype)
    gy = rng.normal(size=(points, 6 + outputs)).astype(dtype)
    m.Forward(x)
    projected = (x.astype(float) @ m.weight.astype(float)).reshape(points, features, outputs)
    apart = projected[:, None] - projected
    close = np.exp(-abs(apart).sum(2))
    scale = points if dtype == np.float32 else 1
    assert_close(m.Forward(x)[:, 6:], close.sum(1), 1e-6 if dtype == np.float32 else 1e-13)
    pairs = (gy[:, None, 6:] + gy[:, 6:]) * close
    slopes = -(pairs[:, :, None] * np.sign(apart)).sum(1).reshape(points, -1)
    tolerance = 1e-5 * scale if dtype == np.float32 else 1e-12
    assert_close(m.Backward(x, m.Forward(x), gy), gy[:, :6] + slopes @ m.weight.T, tolerance)
    assert_close(m.Gradient(x, gy), (x.T @ slopes).ravel(), tolerance)


def test_gradient_after_backward_is_of_its_own_error():
    rng = np.random.default_rng(10)
    m = MiniBatchDiscrimination(4, 7, 2)
    x, gy, other = rng.normal(size=(9, 4)), rng.normal(size=(9, 7)), rng.normal(size=(9, 7))
    y = m.Forward(x)
    alone = [m.Gradient(x, error) for error in (gy, other)]
    for errors in ((gy, gy), (gy, other), (other, gy)):
        m.Backward(x, y, errors[0])
        np.testing.assert_array_equal(m.Gradient(x, errors[1]), alone[errors[1] is other])
    m.parameters = 2 * m.parameters
    y = m.Forward(x)
    assert not np.array_equal(m.Gradient(x, gy), alone[0])
