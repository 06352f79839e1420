"""Layers whose weights are shared, looked up, dropped or noisy: what they alone have."""
import numpy as np
import pytest

import mlpack_ann
from mlpack_ann.layer import Linear, Linear3D
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
