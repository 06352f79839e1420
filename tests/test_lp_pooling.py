"""Zero windows, the ends of the range, roots of negative sums, and large images."""
import numpy as np
import pytest

from mlpack_ann.layer import LpPooling, MaxPooling, MeanPooling
from tests.checks import FLOATS


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("norm_type", [2, 3, 4, 7])
def test_the_derivative_of_a_window_of_zeros_is_zero(norm_type, dtype):
    x = np.zeros((1, 1, 4, 4), dtype)
    x[0, 0, :2, :2] = [[3, 4], [0, 0]]
    m = LpPooling(norm_type, 2, 2, 2, 2)
    y = m.Forward(x)
    root = (3.0 ** norm_type + 4.0 ** norm_type) ** (1 / norm_type)
    np.testing.assert_allclose(y[0, 0], [[root, 0], [0, 0]], rtol=1e-6)
    g = m.Backward(x, y, np.ones_like(y))
    expected = np.zeros((4, 4))
    expected[0, :2] = (3 / root) ** (norm_type - 1), (4 / root) ** (norm_type - 1)
    np.testing.assert_allclose(g[0, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("dtype", FLOATS)
def test_norm_1_is_the_sum_everywhere(dtype):
    rng = np.random.default_rng(1)
    x = np.r_[np.zeros((1, 2, 7, 9)), rng.normal(size=(2, 2, 7, 9))].astype(dtype)
    m, mean = LpPooling(1, 3, 2, 2, 1), MeanPooling(3, 2, 2, 1)
    y = m.Forward(x)
    np.testing.assert_allclose(y, 6 * mean.Forward(x), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(m.Backward(x, y, y), 6 * mean.Backward(x, y, y), rtol=1e-5,
                               atol=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("norm_type", [2, 3, 4, 9])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_sums_that_leave_the_range(norm_type, stride, dtype):
    """Powers of the largest and the smallest numbers are infinite and 0, their norms are neither.
    """
    rng = np.random.default_rng(2)
    x = rng.uniform(0.5, 1, (2, 2, 9, 9)).astype(dtype)
    gy = None
    m = LpPooling(norm_type, 2, 2, stride, stride)
    y = m.Forward(x)
    gy = rng.uniform(0.5, 1, y.shape).astype(dtype)
    g = m.Backward(x, y, gy)
    limits = np.finfo(dtype)
    for scale in (limits.max / 8, limits.tiny * 8, np.sqrt(limits.tiny) / 8):
        scale = dtype(2.0 ** np.round(np.log2(float(scale))))
        z = m.Forward(x * scale)
        np.testing.assert_allclose(z / scale, y, rtol=1e-4 if dtype == np.float32 else 1e-12)
        np.testing.assert_allclose(m.Backward(x * scale, z, gy), g, rtol=1e-4)


def test_weights_that_overflow():
    """gy / y is infinite, x * gy / y is not; and where x is 0 the product would be NaN."""
    x = np.array([[[[3e-30, 0], [4e-30, 0]]]], np.float32)
    m = LpPooling(2, 2, 2)
    y = m.Forward(x)
    g = m.Backward(x, y, np.full_like(y, 1e20))
    np.testing.assert_allclose(g[0, 0], [[0.6e20, 0], [0.8e20, 0]], rtol=1e-5)


@pytest.mark.parametrize("norm_type", [3, 5])
def test_odd_norms_of_negative_sums(norm_type):
    x = np.random.default_rng(3).uniform(0.5, 2, (2, 1, 4, 4))
    m = LpPooling(norm_type, 2, 2)
    y, z = m.Forward(x), m.Forward(-x)
    np.testing.assert_array_equal(z, -y)
    np.testing.assert_allclose(m.Backward(-x, z, y), m.Backward(x, y, y), rtol=1e-14)


def test_high_norms_approach_the_maximum():
    x = np.random.default_rng(4).uniform(0.1, 1, (2, 3, 8, 8))
    np.testing.assert_allclose(LpPooling(2000, 2, 2, 2, 2).Forward(x),
                               MaxPooling(2, 2, 2, 2).Forward(x), rtol=1e-3)


def test_infinity_and_nan():
    x = np.ones((1, 1, 2, 4))
    x[0, 0, 0, 0], x[0, 0, 0, 3] = -np.inf, np.nan
    np.testing.assert_array_equal(LpPooling(2, 2, 2, 2, 2).Forward(x), [[[[np.inf, np.nan]]]])
    np.testing.assert_array_equal(LpPooling(3, 2, 2, 2, 2).Forward(x), [[[[-np.inf, np.nan]]]])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("norm_type", [2, 3])
def test_images_that_are_written_past_the_caches(norm_type, dtype):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(20, 40, 70, 61)).astype(dtype)
    x += np.copysign(0.1, x)
    m = LpPooling(norm_type, 3, 2, 2, 2, floor=False)
    y = m.Forward(x)
    gy = rng.normal(size=y.shape).astype(dtype)
    g = m.Backward(x, y, gy)
    for i in (0, 19):
        one = m.Forward(x[i:i + 1])
        np.testing.assert_array_equal(one[0], y[i])
        np.testing.assert_array_equal(m.Backward(x[i:i + 1], one, gy[i:i + 1])[0], g[i])
