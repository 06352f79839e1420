"""Numerical differentiation, seeds and comparison, for all suites."""
import functools
import inspect
import zlib

import numpy as np
import pytest

DRAWS = 20
FLOATS = [np.float32, np.float64]


class Checks:
    """Functions that each test one promise; `parametrised` runs each on each row and dtype."""

    def __init__(self):
        self.functions = []

    def __call__(self, function):
        self.functions.append(function)
        return function

    def parametrised(self, cases):
        def decorate(test):
            for name, values, ids in [
                    ("dtype", FLOATS, [t.__name__ for t in FLOATS]),
                    ("case", cases, [case.id for case in cases]),
                    ("check", self.functions, [f.__name__ for f in self.functions])]:
                test = pytest.mark.parametrize(name, values, ids=ids)(test)
            return test
        return decorate


def generator(case, draw=0):
    """The same numbers for the same row and draw, whatever else runs."""
    return np.random.default_rng([zlib.crc32(case.id.encode()), draw])


def draws_of(case):
    """Twenty draws, with a batch of one point among them."""
    def batch(draw):
        drawn = case.draw(generator(case, draw))[1]         # a shape, or a prediction
        return getattr(drawn, "shape", drawn)[0]

    one = next(i for i in range(1000) if batch(i) == 1)
    return [one, *[i for i in range(DRAWS) if i != one][:DRAWS - 1]]


def slope(function, x, step=1e-5):
    """Derivative of a scalar function by the array `x`, which is changed in place meanwhile.

    Central differences of fourth order: truncation and rounding both stay below 1e-9 of the
    function's scale.
    """
    flat, result = x.reshape(-1), np.empty(x.size)
    for i, saved in enumerate(flat.copy()):
        values = []
        for k in (-2, -1, 1, 2):
            flat[i] = saved + k * step
            values.append(function())
        flat[i] = saved
        result[i] = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * step)
    return result.reshape(x.shape)


def assert_close(actual, expected, relative):
    """Compare, relative to the largest expected value (or to 1 if all are small)."""
    expected = np.asarray(expected)
    scale = max(1.0, float(np.max(np.abs(expected), initial=0)))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=relative * scale)


def public_classes(package):
    """Names of the classes a package offers, without aliases."""
    found = {id(value): value for name, value in vars(package).items()
             if inspect.isclass(value) and value.__module__.startswith("mlpack_ann")}
    return {cls.__name__: cls for cls in found.values()}


@functools.cache
def torch_or_skip():
    return pytest.importorskip("torch", reason="PyTorch is the oracle where it is installed")
