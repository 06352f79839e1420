"""Sums over whole arrays, by way of the gradients that are one."""
import numpy as np
import pytest

from mlpack_ann.layer import FlexibleReLU, PReLU
from tests.checks import FLOATS
from tests.test_losses import on_threads

SIZES = [0, 1, 3, 4, 5, 4095, 4096, 4097, 100_003, 1_000_001]


@pytest.mark.parametrize("dtype", FLOATS, ids=lambda t: t.__name__)
@pytest.mark.parametrize("size", SIZES)
def test_gradients_are_sums_with_the_same_bits_on_any_threads(size, dtype):
    x, error = np.random.default_rng(size).normal(size=(2, 1, size)).astype(dtype)
    wide = error.astype(float)
    for layer, terms in [(FlexibleReLU(dtype=dtype), wide),
                         (PReLU(dtype=dtype), np.minimum(x, 0) * wide)]:
        gradients = [on_threads(n, lambda: layer.Gradient(x, error))[0] for n in (1, 2, 3)]
        rounding = 1e-6 if dtype == np.float32 else 1e-15
        assert abs(gradients[0] - terms.sum()) <= rounding * (1 + np.abs(terms).sum())
        assert gradients[0] == gradients[1] == gradients[2]


@pytest.mark.parametrize("place", [0, 4095, 4096, 99_999, 100_002])
def test_nan_anywhere_is_seen(place):
    x, error = -np.ones((2, 1, 100_003))
    error[0, place] = np.nan
    assert np.isnan(FlexibleReLU().Gradient(x, error)) and np.isnan(PReLU().Gradient(x, error))
