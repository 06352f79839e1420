"""Regularisers: the derivative of the penalty that each states."""
import copy
import pickle

import numpy as np
import pytest

import mlpack_ann
from mlpack_ann.layer import Linear, LinearNoBias
from mlpack_ann.regularizer import (L1Regularizer, L2Regularizer, LRegularizer, NoRegularizer,
                                    OrthogonalRegularizer)
from tests.checks import FLOATS, assert_close, slope


def power_sum(power):
    return lambda r, w: r.factor * (abs(w) ** power).sum()


def orthogonal(r, w):
    w = np.atleast_2d(w)
    return r.factor * abs(w.T @ w - np.eye(w.shape[1])).sum()


CASES = [(NoRegularizer(), lambda r, w: 0.0), (L1Regularizer(), power_sum(1)),
         (L1Regularizer(0.3), power_sum(1)), (L2Regularizer(), power_sum(2)),
         (L2Regularizer(-2), power_sum(2)), (OrthogonalRegularizer(), orthogonal),
         (OrthogonalRegularizer(0.01), orthogonal),
         *[(LRegularizer(power, 0.7), power_sum(power)) for power in (1, 2, 3, 4, 7)]]
REGULARIZERS = [case[0] for case in CASES]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(7,), (1, 1), (3, 5), (5, 3), (1, 4), (4, 1)])
@pytest.mark.parametrize("regularizer, penalty", CASES, ids=[repr(r) for r in REGULARIZERS])
def test_evaluate_adds_the_derivative(regularizer, penalty, shape, dtype):
    rng = np.random.default_rng(1)
    w = rng.normal(size=shape)
    w[abs(w) < 1e-3] = 0.5                  # away from kinks
    before = rng.normal(size=shape)
    expected = before + slope(lambda: penalty(regularizer, w), w)
    for gradient in (before.astype(dtype), before.astype(dtype).ravel()):
        assert regularizer.Evaluate(w.astype(dtype), gradient) is gradient
        assert_close(gradient.reshape(shape), expected, 1e-6 if dtype == np.float64 else 1e-5)


def test_orthogonal_weights_have_no_gradient_and_blocks_of_columns_agree():
    rng = np.random.default_rng(2)
    w = rng.normal(size=(5, 700))           # more columns than are taken at a time
    gradient = OrthogonalRegularizer(0.5).Evaluate(w, np.zeros_like(w))
    np.testing.assert_allclose(gradient, w @ np.sign(w.T @ w - np.eye(700)), rtol=1e-10, atol=1e-9)
    np.testing.assert_array_equal(OrthogonalRegularizer().Evaluate(np.eye(6), np.zeros((6, 6))),
                                  np.zeros((6, 6)))


@pytest.mark.parametrize("power", [1, 2, 3, 4])
def test_zeros_infinities_and_nan(power):
    w = np.array([0.0, -0.0, np.inf, -np.inf, np.nan])
    infinite = 1 if power == 1 else np.inf
    np.testing.assert_array_equal(LRegularizer(power).Evaluate(w, np.zeros(5)),
                                  [0, 0, infinite, -infinite, np.nan])


@pytest.mark.parametrize("cls", [Linear, LinearNoBias])
@pytest.mark.parametrize("regularizer, penalty", CASES, ids=[repr(r) for r in REGULARIZERS])
def test_layers_add_it_to_the_gradient(regularizer, penalty, cls):
    rng = np.random.default_rng(3)
    plain, regular = cls(3, 2), cls(3, 2, regularizer)
    regular.parameters = plain.parameters
    x, error = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    difference = regular.Gradient(x, error) - plain.Gradient(x, error)
    w = plain.parameters.copy()
    assert_close(difference, slope(lambda: penalty(regularizer, w), w), 1e-6)


@pytest.mark.parametrize("regularizer", REGULARIZERS, ids=repr)
def test_arguments(regularizer):
    name = type(regularizer).__name__
    w = np.ones((2, 3))
    readonly = np.zeros((2, 3))
    readonly.flags.writeable = False
    for bad, error in ((None, TypeError), (np.zeros((2, 3), np.float32), TypeError),
                       (np.zeros((3, 2)), ValueError), (np.zeros(5), ValueError),
                       (np.zeros((3, 2)).T, ValueError), (readonly, ValueError), (w, ValueError),
                       ([0.0] * 6, TypeError)):
        with pytest.raises(error, match=f"^{name}: gradient "):
            regularizer.Evaluate(w, bad)
    for bad in (None, "text", w.astype(complex)):
        with pytest.raises(TypeError, match=f"^{name}: weight "):
            regularizer.Evaluate(bad, np.zeros((2, 3)))
    assert regularizer.Evaluate(np.ones((0, 3)), np.zeros((0, 3))).shape == (0, 3)
    for other in (copy.copy(regularizer), pickle.loads(pickle.dumps(regularizer))):
        assert repr(other) == repr(regularizer) and type(other) is type(regularizer)
        assert other.factor == regularizer.factor


def test_constructors_refuse():
    for cls, arguments, error in ((LRegularizer, {"power": 0}, ValueError),
                                  (LRegularizer, {"power": 1.5}, TypeError),
                                  (L1Regularizer, {"factor": "much"}, TypeError),
                                  (L2Regularizer, {"factor": np.nan}, ValueError),
                                  (OrthogonalRegularizer, {"factor": None}, TypeError)):
        with pytest.raises(error, match=f"^{cls.__name__}: "):
            cls(**arguments)
    with pytest.raises(ValueError, match="^OrthogonalRegularizer: weight has shape"):
        OrthogonalRegularizer().Evaluate(np.ones((2, 3, 4)), np.zeros((2, 3, 4)))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("power", [1, 2, 3, 4, 9, 30])
def test_powers_of_large_arrays_on_threads(power, dtype):
    rng = np.random.default_rng(4)
    w, before = rng.uniform(-1.5, 1.5, (2, 700, 301)).astype(dtype)
    regularizer = LRegularizer(power, 0.7)
    threads, results = mlpack_ann.get_num_threads(), []
    try:
        for number in (1, 2, 3):
            mlpack_ann.set_num_threads(number)
            results.append(regularizer.Evaluate(w, before.copy()))
    finally:
        mlpack_ann.set_num_threads(threads)
    wide = w.astype(float)
    expected = before + power * 0.7 * np.sign(wide) * abs(wide) ** (power - 1)
    np.testing.assert_allclose(results[0], expected, rtol=20 * power * np.finfo(dtype).eps,
                               atol=20 * power * np.finfo(dtype).eps)
    assert all((result == results[0]).all() for result in results)
