"""Interpolation of images: what the common suite does not see."""
import numpy as np
import pytest

import mlpack_ann
from mlpack_ann.layer import BicubicInterpolation, BilinearInterpolation, NearestInterpolation
from tests.checks import FLOATS, assert_close
from tests.cases.resampling import cubic_matrix, linear_matrix, nearest_matrix, separable

CASES = [(NearestInterpolation, nearest_matrix), (BilinearInterpolation, linear_matrix),
         (BicubicInterpolation, cubic_matrix)]
layers = pytest.mark.parametrize("cls, matrix", CASES, ids=[cls.__name__ for cls, _ in CASES])


@layers
@pytest.mark.parametrize("dtype", FLOATS)
def test_sizes_that_are_shared_out(cls, matrix, dtype):
    """Several bands of rows, lines of many vectors and of few, much larger and much smaller."""
    rng = np.random.default_rng(1)
    for shape, size in [((1, 2, 90, 70), (190, 200)), ((2, 1, 300, 5), (31, 90)),
                        ((1, 1, 6, 300), (300, 33)), ((1, 1, 2, 3), (64, 700)),
                        ((1, 3, 64, 700), (2, 3)), ((1, 1, 1, 1), (3, 200))]:
        x = rng.normal(size=shape).astype(dtype)
        layer = cls(out_row_size=size[1], out_col_size=size[0])
        results = []
        try:
            for threads in (1, 3):
                mlpack_ann.set_num_threads(threads)
                y = layer.Forward(x)
                results.append((y, layer.Backward(x, y, y)))
        finally:
            mlpack_ann.set_num_threads(1)
        for one, other in zip(*results):
            np.testing.assert_array_equal(one, other)
        rows, columns = matrix(layer, shape[2], size[0], 0), matrix(layer, shape[3], size[1], 1)
        expected = rows @ x.astype(float) @ columns.T
        assert_close(results[0][0], expected, 1e-5 if dtype == np.float32 else 1e-12)
        assert_close(results[0][1], rows.T @ results[0][0].astype(float) @ columns,
                     1e-5 if dtype == np.float32 else 1e-12)


@layers
def test_the_sizes_may_change_from_call_to_call(cls, matrix):
    rng = np.random.default_rng(2)
    layer = cls(out_row_size=7, out_col_size=5)
    for shape in [(1, 1, 3, 4), (2, 3, 9, 2), (1, 1, 3, 4), (0, 2, 3, 4), (2, 0, 3, 4)]:
        x = rng.normal(size=shape)
        y = layer.Forward(x)
        assert_close(y, separable(matrix)(layer, x), 1e-13)
        assert layer.Backward(x, y, y).shape == shape


@layers
def test_the_same_size_is_a_copy(cls, matrix):
    x = np.random.default_rng(3).normal(size=(2, 3, 5, 6))
    layer = cls(out_row_size=6, out_col_size=5)
    np.testing.assert_array_equal(layer.Forward(x), x)
    np.testing.assert_array_equal(layer.Backward(x, x, x), x)


@layers
@pytest.mark.filterwarnings("error")
def test_what_is_not_finite_reaches_only_where_it_has_weight(cls, matrix):
    layer = cls(out_row_size=9, out_col_size=8)
    x = np.ones((1, 1, 4, 5))
    for special in (np.nan, np.inf):
        x[0, 0, 1, 2] = special
        met = np.outer(matrix(layer, 4, 8, 0)[:, 1], matrix(layer, 5, 9, 1)[:, 2]) != 0
        np.testing.assert_array_equal(~np.isfinite(layer.Forward(x)[0, 0]), met)
        gy = np.ones((1, 1, 8, 9))
        gy[0, 0, 3, 4] = special
        met = np.outer(matrix(layer, 4, 8, 0)[3], matrix(layer, 5, 9, 1)[4]) != 0
        g = layer.Backward(x, layer.Forward(x), gy)
        np.testing.assert_array_equal(~np.isfinite(g[0, 0]), met)


def test_a_new_alpha_makes_new_weights():
    x = np.random.default_rng(4).normal(size=(1, 1, 4, 4))
    layer = BicubicInterpolation(out_row_size=7, out_col_size=7)
    layer.Forward(x)
    layer.__init__(out_row_size=7, out_col_size=7, alpha=-0.5)
    assert_close(layer.Forward(x), separable(cubic_matrix)(layer, x), 1e-13)


def test_cubic_convolution_reproduces_parabolas():
    n, m = 12, 30
    place = (np.arange(m) + 0.5) * n / m - 0.5
    x = np.tile(np.arange(n) ** 2.0, (1, 1, n, 1))
    y = BicubicInterpolation(out_row_size=m, out_col_size=n, alpha=-0.5).Forward(x)
    inner = (place > 1) & (place < n - 2)
    assert_close(y[0, 0][:, inner], np.tile(place[inner] ** 2, (n, 1)), 1e-13)


def test_scale_factors():
    x = np.arange(6.0).reshape(1, 1, 2, 3)
    layer = NearestInterpolation(scale_factors=(2, 1.5))
    assert layer.scale_factors == (2.0, 1.5) and layer.out_row_size is None
    assert layer.OutputShape(x.shape) == (1, 1, 4, 5)
    np.testing.assert_array_equal(layer.Forward(x)[0, 0], [
        [0, 0, 1, 2, 2], [0, 0, 1, 2, 2], [3, 3, 4, 5, 5], [3, 3, 4, 5, 5]])
    layer.input_dimensions = 1, 2, 3
    assert layer.Forward(x.reshape(1, 6)).shape == (1, 20)
