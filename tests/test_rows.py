"""What layers of rows and of columns promise where arrays are large, long or extreme."""
import tracemalloc

import numpy as np
import pytest

import mlpack_ann
from mlpack_ann.layer import (Add, BatchNorm, CReLU, InstanceNorm, LayerNorm, LogSoftMax, Softmax)
from tests.checks import FLOATS

SOFTMAXES = [Softmax, LogSoftMax]
SHAPES = [                              # enough for several threads, nothing a round number
    (BatchNorm, (37, 5, 61, 53)), (BatchNorm, (601, 1003)), (BatchNorm, (70001, 7)),
    (BatchNorm, (1200, 130)), (InstanceNorm, (7, 11, 61, 53)), (LayerNorm, (257, 1003)),
    (LayerNorm, (70001, 7)), (Add, (257, 1003)), (Add, (70001, 7)), (Softmax, (257, 1003)),
    (Softmax, (70001, 7)), (LogSoftMax, (257, 1003)), (LogSoftMax, (70001, 7)),
    (CReLU, (257, 1003))]
LARGE = [                               # outputs above 12 MB in float32, which go past the caches
    (BatchNorm, (13, 5, 251, 203)), (BatchNorm, (3203, 1003)), (InstanceNorm, (13, 5, 251, 203)),
    (LayerNorm, (3203, 1003)), (LayerNorm, (3, 1100003)), (Add, (3203, 1003)),
    (Softmax, (3203, 1003)), (Softmax, (3, 1100003)), (Softmax, (320003, 10)),
    (LogSoftMax, (3203, 1003)), (LogSoftMax, (320003, 10)), (CReLU, (3203, 1003)),
    (CReLU, (3, 1100003))]


@pytest.fixture
def threads():
    """Return a function that sets the number of threads until the test ends."""
    before = mlpack_ann.get_num_threads()
    yield mlpack_ann.set_num_threads
    mlpack_ann.set_num_threads(before)


def make(cls, shape, dtype):
    rng = np.random.default_rng(1)
    m = cls(dtype=dtype) if "dtype" in cls.__signature__.parameters else cls()
    x = rng.normal(1, 2, shape).astype(dtype)
    y = m.Forward(x)
    if m.parameters is not None:
        m.parameters = rng.normal(size=m.parameters.size).astype(dtype)
    return m, x, rng.normal(size=y.shape).astype(dtype)


def passes(m, x, gy):
    y = m.Forward(x)
    return y, m.Backward(x, y, gy), m.Gradient(x, gy)


def named(cases):
    return [f"{cls.__name__}-{'x'.join(map(str, shape))}" for cls, shape in cases]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("cls, shape", SHAPES, ids=named(SHAPES))
def test_any_number_of_threads_gives_the_same_bits(cls, shape, dtype, threads):
    m, x, gy = make(cls, shape, dtype)
    threads(1)
    expected = passes(m, x, gy)
    for number in (2, 3, 7):
        threads(number)
        for result, one in zip(passes(m, x, gy), expected):
            np.testing.assert_array_equal(result, one)


@pytest.mark.parametrize("cls, shape", LARGE, ids=named(LARGE))
def test_outputs_past_the_caches_are_those_of_float64(cls, shape, threads):
    m, x, gy = make(cls, shape, np.float32)
    exact, _, _ = make(cls, shape, np.float64)
    if m.parameters is not None:
        exact.parameters = m.parameters.astype(float)
    expected = passes(exact, x.astype(float), gy.astype(float))
    for number in (1, 2):
        threads(number)
        for result, right in zip(passes(m, x, gy), expected):
            scale = max(1, abs(right).max(initial=0))
            np.testing.assert_allclose(result, right, rtol=0, atol=2e-6 * scale)


@pytest.mark.parametrize("cls, shape", SHAPES, ids=named(SHAPES))
def test_outputs_given_need_no_memory_of_the_batch(cls, shape):
    m, x, gy = make(cls, shape, np.float32)
    y, g, gradient = passes(m, x, gy)
    tracemalloc.start()
    m.Forward(x, y), m.Backward(x, y, gy, g), m.Gradient(x, gy, gradient)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20000


# ---------------------------------------------------------------- softmax


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [3, 32, 33, 127, 128, 1000, 5000])
def test_softmax_of_infinities_and_nan(n, dtype):
    x = np.random.default_rng(2).normal(size=(6, n)).astype(dtype)
    x[0, 1] = np.nan
    x[1, 0] = x[1, 2] = np.inf          # they share the probability
    x[2, :2] = -np.inf
    x[3] = -np.inf                      # all alike
    x[4, 0], x[4, -1] = np.inf, np.nan
    p, log_p = Softmax().Forward(x), LogSoftMax().Forward(x)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(np.log(p[1:4]), log_p[1:4], rtol=1e-5)
    assert np.isnan(p[[0, 4]]).all() and np.isnan(log_p[[0, 4]]).all()
    np.testing.assert_array_equal(p[1], np.isinf(x[1]) / 2)
    np.testing.assert_array_equal(p[2, :2], 0)
    np.testing.assert_allclose(p[2].sum(), 1, rtol=1e-6)
    np.testing.assert_allclose(p[3], 1 / n, rtol=1e-6)
    np.testing.assert_allclose(p[5].sum(), 1, rtol=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [3, 64, 1000])
def test_softmax_far_below_the_largest(n, dtype):
    """Down to subnormal numbers, and 0 beyond; log-softmax has no such end."""
    tiny, eps = np.finfo(dtype).smallest_subnormal, np.finfo(dtype).eps
    below = np.linspace(-1.2 * abs(np.log(tiny, dtype=dtype)), 0, n).astype(dtype)[None]
    wide = below.astype(np.longdouble)
    exact = np.exp(wide) / np.exp(wide).sum()
    p = Softmax().Forward(below)
    np.testing.assert_allclose(p, exact, rtol=8 * eps, atol=tiny)
    assert p[0, 0] == 0
    log_p = LogSoftMax().Forward(below)
    np.testing.assert_allclose(log_p, wide - np.log(np.exp(wide).sum()), rtol=2 * eps, atol=eps)
    g = LogSoftMax().Backward(below, log_p, np.ones_like(below))
    np.testing.assert_allclose(g, 1 - n * exact, atol=8 * eps * n)


@pytest.mark.parametrize("cls", SOFTMAXES)
@pytest.mark.parametrize("dtype", FLOATS)
def test_nan_stays_within_its_row(cls, dtype):
    x = np.random.default_rng(3).normal(size=(3, 100)).astype(dtype)
    x[1, 7] = np.nan
    y = cls().Forward(x)
    g = cls().Backward(x, y, x)
    for result in (y, g):
        assert np.isnan(result[1]).all() and np.isfinite(result[[0, 2]]).all()


# ---------------------------------------------------------------- batch normalisation of features


def test_features_with_an_outlier_first():
    x = np.random.default_rng(4).normal(size=(4096, 3))
    x[0] = 1e5
    for dtype, relative in ((np.float32, 1e-5), (np.float64, 1e-11)):
        y = BatchNorm(eps=0, dtype=dtype).Forward(x.astype(dtype)).astype(float)
        np.testing.assert_allclose(y.std(0), 1, rtol=relative)


def test_features_whose_squares_overflow():
    x = np.random.default_rng(5).normal(size=(300, 5)).astype(np.float32)
    x[:, 2] *= np.float32(1e30)
    expected = BatchNorm().Forward(x.astype(float))
    np.testing.assert_allclose(BatchNorm(dtype=np.float32).Forward(x), expected, atol=1e-5)


def test_a_column_with_nan_leaves_the_others_alone():
    x = np.random.default_rng(6).normal(size=(300, 5))
    right = BatchNorm().Forward(x)
    x[7, 2] = np.nan
    y = BatchNorm().Forward(x)
    assert np.isnan(y[:, 2]).all()
    np.testing.assert_array_equal(y[:, [0, 1, 3, 4]], right[:, [0, 1, 3, 4]])


# ---------------------------------------------------------------- sums over many points


@pytest.mark.parametrize("cls", [Add, LayerNorm, BatchNorm])
@pytest.mark.parametrize("shape", [(200003, 5), (3001, 200)])
def test_float32_gradients_of_many_points(cls, shape):
    m, x, _ = make(cls, shape, np.float32)
    exact, _, _ = make(cls, shape, np.float64)
    error = np.random.default_rng(7).uniform(0, 1, shape).astype(np.float32)
    m.Forward(x), exact.Forward(x.astype(float))
    right = exact.Gradient(x.astype(float), error.astype(float))
    np.testing.assert_allclose(m.Gradient(x, error), right, rtol=0, atol=1e-7 * abs(right).max())
