"""What every activation function promises, checked on every row of `cases.ACTIVATIONS`."""
import inspect
import pickle

import numpy as np
import pytest

from mlpack_ann import activation_functions as package
from tests.cases import ACTIVATIONS
from tests.checks import Checks, assert_close, generator, public_classes, slope, torch_or_skip

check = Checks()
SHAPES = [(1,), (7,), (3, 5), (2, 3, 4, 5), (1000,), ()]


def inputs(case, shape):
    x = generator(case).uniform(case.low, case.high, shape)
    for kink in case.kinks:
        x = np.where(abs(x - kink) < 1e-3, x + 4e-3, x)
    return x


@check
def value_is_the_reference(case, dtype):
    for shape in SHAPES:
        x = inputs(case, shape).astype(dtype)
        y = case.cls().Fn(x)
        assert y.dtype == dtype and y.shape == shape
        tolerance = case.rtol32 if dtype == np.float32 else 1e-13
        assert_close(y, case.reference(x.astype(np.float64)), tolerance)


@check
def derivative_is_the_slope(case, dtype):
    function = case.cls()
    for shape in SHAPES:
        x = inputs(case, shape)
        exact = function.Deriv(x, function.Fn(x))
        if dtype == np.float64:
            single = np.array([slope(lambda: function.Fn(point)[0], point)[0]
                               for point in x.reshape(-1, 1).copy()])
            assert_close(exact, single.reshape(shape), 1e-8)
            np.testing.assert_array_equal(function.Deriv(x), exact)
        else:
            narrow = x.astype(dtype)
            dy = function.Deriv(narrow, function.Fn(narrow))
            assert dy.dtype == dtype
            assert_close(dy, exact, 10 * case.rtol32)


@check
def edges_are_the_limits(case, dtype):
    function = case.cls()
    for x, value, derivative in case.edges:
        y = function.Fn(np.full(37, x, dtype))
        np.testing.assert_allclose(y, np.full(37, value), rtol=case.rtol32)
        if derivative is not None:
            dy = function.Deriv(np.full(37, x, dtype), y)
            np.testing.assert_allclose(dy, np.full(37, derivative), rtol=case.rtol32, atol=1e-30)


@check
def nan_in_nan_out(case, dtype):
    function = case.cls()
    x = np.array([0.5] * 20 + [np.nan], dtype)
    assert np.isnan(function.Fn(x)).tolist() == [False] * 20 + [True]


@check
def agrees_with_torch(case, dtype):
    if case.torch is None:
        pytest.skip("PyTorch has no such operation")
    torch = torch_or_skip()
    x = inputs(case, (1000,))
    leaf = torch.tensor(x, requires_grad=True)
    expected = case.torch(leaf)
    assert_close(case.cls().Fn(x), expected.detach().numpy(), 1e-12)
    expected.sum().backward()
    assert_close(case.cls().Deriv(x), leaf.grad.numpy(), 1e-12)


@check
def inverse_undoes(case, dtype):
    function = case.cls()
    if not hasattr(function, "Inv"):
        pytest.skip("no inverse")
    x = inputs(case, (100,)).astype(dtype)
    y = function.Fn(x)
    back = function.Inv(y)
    assert back.dtype == dtype
    # An error of one unit in y is one of 1 / f'(x) units in x.
    assert (abs(back - x) <= 8 * np.finfo(dtype).eps * (1 + abs(x)) *
            (1 + 1 / function.Deriv(x, y))).all()
    out = np.empty_like(y)
    assert function.Inv(y, out) is out
    np.testing.assert_array_equal(out, back)


@check
def arrays_given_are_filled_and_checked(case, dtype):
    function, name = case.cls(), case.cls.__name__
    x = inputs(case, (3, 5)).astype(dtype)
    y, dy = np.empty_like(x), np.empty_like(x)
    assert function.Fn(x, y) is y and function.Deriv(x, y, dy) is dy
    np.testing.assert_array_equal(function.Fn(np.asfortranarray(x)), y)
    np.testing.assert_array_equal(function.Fn(np.ones((2, 2), int)), function.Fn(np.ones((2, 2))))
    for call, error, argument in [
            (lambda: function.Fn(None), TypeError, "x"), (lambda: function.Fn("a"), TypeError, "x"),
            (lambda: function.Fn(x.astype(complex)), TypeError, "x"),
            (lambda: function.Fn(x, y[:2]), ValueError, "y"),
            (lambda: function.Fn(x, x), ValueError, "y"),
            (lambda: function.Fn(x, y.T), ValueError, "y"),
            (lambda: function.Deriv(x, y[0]), ValueError, "y"),
            (lambda: function.Deriv(x, y, y), ValueError, "dy"),
            (lambda: function.Deriv(x, y, dy.astype(int)), TypeError, "dy")]:
        with pytest.raises(error, match=rf"^{name}: {argument} "):
            call()


@check
def objects_can_be_copied(case, dtype):
    function = case.cls()
    other = pickle.loads(pickle.dumps(function))
    x = inputs(case, (9,)).astype(dtype)
    assert type(other) is case.cls and repr(other) == repr(function) == f"{case.cls.__name__}()"
    np.testing.assert_array_equal(other.Fn(x), function.Fn(x))
    with pytest.raises(TypeError, match=f"^{case.cls.__name__}: "):
        case.cls.__new__(case.cls).Fn(x)


@check.parametrised(ACTIVATIONS)
def test_activation(check, case, dtype):
    check(case, dtype)


CLASSES = public_classes(package)


def test_every_class_has_a_row():
    assert {case.cls.__name__ for case in ACTIVATIONS} == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_docstring(name):
    text = inspect.getdoc(CLASSES[name])
    assert "f(x) =" in text and "f'(x) =" in text
    assert "Source: mlpack ann/activation_functions/" in inspect.getmodule(CLASSES[name]).__doc__
