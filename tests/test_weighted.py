"""Layers whose weights are shared, looked up, dropped or noisy: what they alone have."""
import numpy as np
import pytest

import mlpack_ann
from mlpack_ann.layer import Embedding, Linear, Linear3D, Lookup
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
