"""What the layers that select, repeat, sum or sample promise beyond the common suite."""
import copy
import pickle

import numpy as np
import pytest

import mlpack_ann
from mlpack_ann import layer
from mlpack_ann.layer import (ChannelShuffle, Concatenate, Constant, FTSwish, ISRLU,
                              PositionalEncoding, Repeat, Reparametrization, Select, Softmin,
                              Subview, SumReduce)
from tests.checks import FLOATS, assert_close, slope

INFINITY = float("inf")


def test_two_names():
    assert layer.FlattenTSwish is FTSwish


# ---------------------------------------------------------------- elements


@pytest.mark.parametrize("dtype", FLOATS)
def test_ftswish_at_zero_and_at_the_ends(dtype):
    x = np.array([-INFINITY, -1e30, -0.0, 0, 1e30, INFINITY], dtype)
    m = FTSwish(t=-0.5)
    y = m.Forward(x)
    np.testing.assert_array_equal(y, np.array([-0.5, -0.5, -0.5, -0.5, 1e30, INFINITY], dtype))
    np.testing.assert_array_equal(m.Backward(x, y, np.ones_like(x)), [0, 0, 0.5, 0.5, 1, 1])


@pytest.mark.parametrize("dtype", FLOATS)
def test_isrlu_is_accurate_and_bounded(dtype):
    tiny, huge = dtype(1e-30), np.finfo(dtype).max
    x = np.array([-INFINITY, -huge, -1e15, -1, -tiny, -0.0, 0, huge, INFINITY], dtype)
    m = ISRLU(4)
    y = m.Forward(x)
    expected = [-0.5, -0.5, -0.5, -1 / np.sqrt(5), -tiny, 0, 0, huge, INFINITY]
    np.testing.assert_allclose(y, np.array(expected, dtype), rtol=4 * np.finfo(dtype).eps)
    g = m.Backward(x, y, np.ones_like(x))
    np.testing.assert_allclose(g[3:], [5**-1.5, 1, 1, 1, 1, 1], rtol=10 * np.finfo(dtype).eps)
    assert (g[:3] < 1e-40).all() and (g >= 0).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_softmin_of_extremes(dtype):
    x = np.array([[1e30, -1e30, -1e30], [INFINITY, 0, 0], [-INFINITY, 0, -INFINITY]], dtype)
    np.testing.assert_array_equal(Softmin().Forward(x), [[0, 0.5, 0.5], [0, 0.5, 0.5],
                                                         [0.5, 0, 0.5]])


# ---------------------------------------------------------------- parts and copies


def test_select_of_a_batch_without_points():
    m = Select(1, 2)
    assert m.Forward(np.zeros((0, 3))).shape == (0, 2)
    with pytest.raises(ValueError, match="^Select: input has shape"):
        m.Forward(np.zeros((1, 3)))


def test_concatenate_a_row_to_each_point():
    rows = np.arange(6.0).reshape(3, 2)
    m = Concatenate(rows)
    rows[:] = 0                             # a copy
    x = np.ones((3, 2, 2), np.float32)
    y = m.Forward(x)
    np.testing.assert_array_equal(y, np.concatenate([np.ones((3, 4)), m.concat], 1))
    assert y.dtype == np.float32 and m.concat.max() == 5
    np.testing.assert_array_equal(m.Backward(x, y, y), x)
    for other in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        np.testing.assert_array_equal(other.Forward(x), y)
    m.concat = None
    np.testing.assert_array_equal(m.Forward(x), x.reshape(3, 4))


def test_concatenate_numbers_too_large_for_float32():
    y = Concatenate([1e300, np.nan]).Forward(np.zeros((1, 1), np.float32))
    np.testing.assert_array_equal(y, [[0, INFINITY, np.nan]])


def test_repeat_takes_the_last_axes():
    x = np.arange(6.0).reshape(1, 2, 3)
    np.testing.assert_array_equal(Repeat((2,)).Forward(x), np.tile(x, (1, 1, 2)))
    np.testing.assert_array_equal(Repeat((2,), True).Forward(x), x.repeat(2, 2))
    np.testing.assert_array_equal(Repeat([2, 1], True).Forward(x), x.repeat(2, 1))


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 1, 5), (3, 1, 1), (1, 7), (2, 0, 3)])
def test_repeat_of_axes_with_one_element_or_none(shape):
    for interleave in (False, True):
        m = Repeat((3,) * (len(shape) - 1), interleave)
        x = np.random.default_rng(0).normal(size=shape)
        y = m.Forward(x)
        np.testing.assert_array_equal(y, np.tile(x, (1, *m.multiples)) if not interleave else
                                      np.kron(x, np.ones((1, *m.multiples))))
        assert_close(m.Backward(x, y, y), x * 3.0 ** (len(shape) - 1), 1e-15)


def test_repeat_of_many_axes():
    x = np.arange(16.0).reshape(2, *[1] * 30, 8)
    m = Repeat((2,) * 3, True)
    assert m.Forward(x).shape == (2, *[1] * 28, 2, 2, 16)
    np.testing.assert_array_equal(m.Backward(x, m.Forward(x), m.Forward(x)), 8 * x)


def test_sums_are_accurate():
    """A plain float32 sum would be 1.4e-4 off."""
    x = np.full((1, 100_000, 3), 0.1, np.float32)
    for m, axes in ((SumReduce(0), x), (SumReduce(1), x.transpose(0, 2, 1))):
        y = m.Forward(np.ascontiguousarray(axes))
        np.testing.assert_allclose(y, 100_000 * np.float64(np.float32(0.1)), rtol=5e-6)


def test_sum_over_an_axis_without_elements():
    m = SumReduce(0)
    x = np.zeros((2, 0, 3))
    y = m.Forward(x)
    np.testing.assert_array_equal(y, np.zeros((2, 3)))
    assert m.Backward(x, y, y).shape == x.shape


def test_the_encoding_can_be_read():
    m = PositionalEncoding(4, 3)
    table = m.positional_encoding
    np.testing.assert_array_equal(m.Forward(np.zeros((1, 3, 4)))[0], table)
    np.testing.assert_allclose(table[1], [np.sin(1), np.cos(1), np.sin(0.01), np.cos(0.01)])
    table[:] = 0                            # a copy
    assert m.positional_encoding.any()
    with pytest.raises(ValueError, match="^PositionalEncoding: embed_dim and max_sequence_length"):
        PositionalEncoding(2**30, 2**30)


# ---------------------------------------------------------------- samples


@pytest.mark.parametrize("beta", [0, 1, 2.5])
def test_backward_has_the_divergence(beta):
    rng = np.random.default_rng(0)
    m = Reparametrization(4, beta=beta)
    x, gy = rng.normal(size=(3, 8)), rng.normal(size=(3, 4))
    m.gaussian_sample = rng.normal(size=(3, 4))
    y = m.Forward(x)
    std, mean = np.logaddexp(0, x[:, :4]), x[:, 4:]
    divergence = (std**2 + mean**2 - 1 - 2 * np.log(std)).sum() / 2 / 3
    assert m.Loss() == pytest.approx(beta * divergence, rel=1e-14)
    g = m.Backward(x, y, gy)
    assert_close(g, slope(lambda: (m.Forward(x) * gy).sum() + m.Loss(), x), 1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
def test_deviations_near_0_and_far(dtype):
    x = np.array([[-30, -85, -1e4, 50, 0, 0, 0, 0]], dtype)
    m = Reparametrization()
    m.gaussian_sample = np.zeros((1, 4))
    y = m.Forward(x)
    assert m.Loss() == pytest.approx(30 + 85 + 1e4 + 1250 - np.log(50) - 2, rel=1e-6)
    g = m.Backward(x, y, np.zeros_like(y))
    np.testing.assert_allclose(g[0, :4], [-1, -1, -1, 50 - 1 / 50], rtol=1e-6)


def test_without_the_divergence():
    m = Reparametrization(2, include_kl=False)
    with pytest.raises(RuntimeError, match="^Reparametrization: Loss needs a Forward first"):
        m.Loss()
    m.Forward(np.ones((3, 4)))
    assert m.Loss() == 0
    m = Reparametrization(2)
    m.Forward(np.ones((0, 4)))
    assert m.Loss() == 0


def test_samples_are_normal_and_seeded():
    x = np.zeros((400, 500), np.float32)
    m = Reparametrization(250, rng=np.random.default_rng(1))
    m.Forward(x)
    first = m.gaussian_sample
    n = first.size
    assert abs(first.mean()) < 4.5 / np.sqrt(n) and abs(first.var() - 1) < 4.5 * np.sqrt(2 / n)
    assert abs((first**4).mean() - 3) < 4.5 * np.sqrt(96 / n)
    m.Forward(x)
    assert not np.array_equal(m.gaussian_sample, first)
    wide = Reparametrization(250, rng=np.random.default_rng(1))
    wide.Forward(x.astype(np.float64))
    np.testing.assert_array_equal(wide.gaussian_sample, first)

    def library(seed):
        mlpack_ann.RandomSeed(seed)
        m = Reparametrization()
        return m.Forward(x)

    np.testing.assert_array_equal(library(3), library(3))
    assert not np.array_equal(library(3), library(4))


def test_an_assigned_sample_stays_until_none():
    m = Reparametrization(2)
    x = np.array([[0.0, 0, 1, 2]] * 3)
    sample = np.arange(6.0).reshape(3, 2)
    m.gaussian_sample = sample
    for _ in range(2):
        y = m.Forward(x)
        np.testing.assert_allclose(y, x[:, 2:] + np.log(2) * sample)
    for other in (copy.copy(m), pickle.loads(pickle.dumps(m))):
        np.testing.assert_array_equal(other.Forward(x), y)
    m.gaussian_sample = np.zeros((1, 2))    # for the Forwards to come, not for this Backward
    g = m.Backward(x, y, np.ones_like(y))
    m.gaussian_sample = sample
    m.Forward(x)
    np.testing.assert_array_equal(m.Backward(x, y, np.ones_like(y)), g)
    m.gaussian_sample = None
    assert not np.array_equal(m.Forward(x), y)
    assert copy.copy(m).gaussian_sample is None
    fixed = Reparametrization(2, False)
    fixed.Forward(x)
    np.testing.assert_array_equal(fixed.gaussian_sample, np.full((3, 2), 0.7))


def test_wrong_samples_are_refused():
    m = Reparametrization(2)
    x = np.ones((3, 4))
    m.Forward(x)
    for bad in ("text", object(), np.ones((3, 2), complex)):
        with pytest.raises(TypeError, match="^Reparametrization: gaussian_sample "):
            m.gaussian_sample = bad
    for shape in ((2,), (2, 2), (3, 1), (3, 2, 1), ()):
        m.gaussian_sample = np.zeros(shape)
        with pytest.raises(ValueError, match="^Reparametrization: gaussian_sample has shape"):
            m.Forward(x)


@pytest.mark.parametrize("dtype", FLOATS)
def test_arrays_that_are_written_past_the_caches(dtype):
    """Above 12 MB, with runs that are long, short, and single elements."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=(30, 9, 110, 113)).astype(dtype)
    n, channels, height, width = x.shape

    m = ChannelShuffle(width, height, channels, 3)
    shuffled = x.reshape(n, 3, 3, height, width).swapaxes(1, 2).reshape(x.shape)
    np.testing.assert_array_equal(m.Forward(x), shuffled)
    for axis in range(3):
        m, shape = SumReduce(axis, keep_dimensions=True), list(x.shape)
        shape[1 + axis] = 1
        y = m.Forward(x)
        np.testing.assert_allclose(y, x.sum(1 + axis, keepdims=True, dtype=float),
                                   rtol=1e-4, atol=1e-3)
        np.testing.assert_array_equal(m.Backward(x, y, y), np.broadcast_to(y, x.shape))
    for interleave in (False, True):
        m = Repeat((3, 2), interleave=interleave)
        rows = x.reshape(n * channels, height, width)
        tiled = (rows.repeat(3, 1).repeat(2, 2) if interleave else np.tile(rows, (1, 3, 2)))
        np.testing.assert_array_equal(m.Forward(rows), tiled)
    flat = x.reshape(n * channels, -1)
    m = Subview(begin_row=100, end_row=9999)
    y = m.Forward(flat)
    expected = np.zeros_like(flat)
    expected[:, 100:10000] = y
    np.testing.assert_array_equal(y, flat[:, 100:10000])
    np.testing.assert_array_equal(m.Backward(flat, y, y), expected)
    m = Select(7)
    expected[:] = 0
    expected[7] = flat[7]
    np.testing.assert_array_equal(m.Backward(flat, flat[7:8], flat[7:8]), expected)
    m = Constant(flat.shape[1], 2.5)
    np.testing.assert_array_equal(m.Forward(flat), np.full_like(flat, 2.5))
    np.testing.assert_array_equal(m.Backward(flat, flat, flat), np.zeros_like(flat))
    m = PositionalEncoding(width, height)
    rows = x.reshape(n * channels, height, width)
    y = m.Forward(rows)
    np.testing.assert_allclose(y, rows + m.positional_encoding, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(m.Backward(rows, y, y), y)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("terms", [1, 3, 4, 7, 8, 9, 17, 28, 4095, 4096, 9000])
def test_sums_of_rows_do_not_depend_on_how_many_there_are(terms, dtype):
    x = np.random.default_rng(12).normal(size=(21, terms)).astype(dtype)
    m = SumReduce()
    y = m.Forward(x)
    np.testing.assert_allclose(y[:, 0], x.sum(1, dtype=float), atol=1e-3 if dtype == np.float32
                               else 1e-11)
    for rows in (1, 3, 5, 8, 16, 20):
        np.testing.assert_array_equal(m.Forward(x[:rows]), y[:rows])
    x[4] = np.nan
    z = m.Forward(x)
    assert np.isnan(z[4]).all() and np.array_equal(np.delete(z, 4, 0), np.delete(y, 4, 0))
