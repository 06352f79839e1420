"""Masks: how often, how independent, whose, and until when."""
import copy
import pickle

import numpy as np
import pytest

import mlpack_ann
from mlpack_ann.layer import AlphaDropout, Dropout, SpatialDropout
from tests.checks import FLOATS

LAYERS = [Dropout, SpatialDropout]


def mask_of(m, shape):
    m.Forward(np.ones(shape))
    return m.mask.astype(float)


@pytest.mark.parametrize("ratio", [0.01, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("cls", LAYERS)
def test_the_share_that_is_kept(cls, ratio):
    n, bound = 40_000, 4.5                  # standard deviations: 1 in 150,000
    for seed in range(20):
        mask = mask_of(cls(ratio=ratio, rng=np.random.default_rng(seed)), (200, 200))
        error = mask.mean() - (1 - ratio)
        assert abs(error) < bound * np.sqrt(ratio * (1 - ratio) / n)


@pytest.mark.parametrize("ratio", [0.2, 0.5])
def test_elements_are_independent(ratio):
    """Correlations between elements at many distances, and between masks drawn in a row, look like
    those of independent draws: 4.5 standard deviations at most, and of the right spread."""
    n = 2**16
    m = Dropout(ratio, rng=np.random.default_rng(3))
    masks = np.array([mask_of(m, n) for _ in range(40)])
    z = (masks - (1 - ratio)) / np.sqrt(ratio * (1 - ratio))
    scores = []
    for k in (1, 2, 3, 4, 8, 16, 28, 64, 100, 256, 1000, 1024, 4096, 2**15):
        scores += [np.dot(a[k:], a[:-k]) / np.sqrt(n - k) for a in z]
    scores += [np.dot(a, b) / np.sqrt(n) for i, a in enumerate(z) for b in z[:i]]
    assert np.max(np.abs(scores)) < 5
    assert np.std(scores) == pytest.approx(1, abs=4 / np.sqrt(2 * len(scores)))


@pytest.mark.parametrize("cls", LAYERS)
def test_the_same_seed_gives_the_same_mask(cls):
    shape = 6, 8, 4, 4

    def library(seed, dtype=np.float64):
        mlpack_ann.RandomSeed(seed)
        m = cls()
        m.Forward(np.ones(shape, dtype))
        return m.mask

    np.testing.assert_array_equal(library(5), library(5))
    np.testing.assert_array_equal(library(5), library(5, np.float32))
    assert not np.array_equal(library(5), library(6))
    own = [mask_of(cls(rng=np.random.default_rng(7)), shape) for _ in range(2)]
    np.testing.assert_array_equal(*own)


@pytest.mark.parametrize("cls", LAYERS)
def test_every_forward_draws_anew(cls):
    m = cls(rng=np.random.default_rng(1))
    assert not np.array_equal(mask_of(m, (20, 20)), mask_of(m, (20, 20)))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("cls", LAYERS)
def test_backward_has_the_mask_of_forward(cls, dtype):
    rng = np.random.default_rng(2)
    m = cls(ratio=0.3, rng=rng)
    x, gy = rng.normal(size=(2, 5, 4, 3, 6)).astype(dtype)
    y = m.Forward(x)
    mask = m.mask if cls is Dropout else m.mask[:, :, None, None]
    assert m.mask.shape == (x.shape if cls is Dropout else x.shape[:2])
    scale = dtype(1 / 0.7)
    np.testing.assert_array_equal(y, x * mask * scale)
    m.mask = np.zeros_like(m.mask)          # for the Forwards to come, not for this Backward
    np.testing.assert_array_equal(m.Backward(x, y, gy), gy * mask * scale)
    m.training = False
    m.ratio = 0.9
    np.testing.assert_array_equal(m.Backward(x, y, gy), gy * mask * scale)


@pytest.mark.parametrize("cls", LAYERS)
def test_inference_is_the_identity_both_ways(cls):
    x = np.random.default_rng(4).normal(size=(3, 4))
    m = cls()
    assert m.mask is None
    m.Forward(x)
    m.training = False
    np.testing.assert_array_equal(m.Forward(x), x)
    np.testing.assert_array_equal(m.Backward(x, x, x), x)
    assert m.mask is None


@pytest.mark.parametrize("cls", LAYERS)
def test_ratio_0_keeps_and_ratio_1_drops_everything(cls):
    x = np.random.default_rng(5).normal(size=(30, 40))
    m = cls(ratio=0)
    np.testing.assert_array_equal(m.Forward(x), x)
    m.ratio = 1
    assert not m.Forward(x).any() and not m.mask.any()
    assert not m.Backward(x, x, x).any()
    m.mask = np.ones((1, 40))
    assert not m.Forward(x).any()


@pytest.mark.parametrize("cls", LAYERS)
def test_an_assigned_mask_stays_until_none(cls):
    m = cls(rng=np.random.default_rng(6))
    x = np.ones((3, 4))
    for mask in (np.eye(3, 4), np.eye(3, 4, dtype=bool), np.eye(3, 4).tolist(),
                 np.array([[1, 0, 0, 1]])):
        m.mask = mask
        for _ in range(3):
            np.testing.assert_array_equal(m.Forward(x), 2 * x * mask)
        np.testing.assert_array_equal(m.mask, mask)
        m.mask[:] = 0                       # a copy
        np.testing.assert_array_equal(m.mask, mask)
    m.mask = None
    draws = [mask_of(m, (30, 40)) for _ in range(2)]
    assert not np.array_equal(*draws)


@pytest.mark.parametrize("cls", LAYERS)
def test_wrong_masks_are_refused(cls):
    m = cls()
    x = np.ones((3, 4))
    for bad, error in ((np.full((3, 4), 0.5), ValueError), (np.full((3, 4), np.nan), ValueError),
                       (np.full((3, 4), 2), ValueError), ("text", TypeError), (object(), TypeError),
                       (np.ones((3, 4), complex), TypeError)):
        with pytest.raises(error, match=f"^{cls.__name__}: mask "):
            m.mask = bad
    y = m.Forward(x)
    mask = m.mask
    for shape in ((4,), (2, 4), (3, 1), (3, 5), (3, 4, 1), ()):
        m.mask = np.zeros(shape)
        out = np.full_like(x, 7)
        with pytest.raises(ValueError, match=f"^{cls.__name__}: mask has shape"):
            m.Forward(x, out)
        assert (out == 7).all()
    np.testing.assert_array_equal(m.Backward(x, y, x), 2.0 * mask)


@pytest.mark.parametrize("cls", LAYERS)
def test_copies_keep_an_assigned_mask_and_not_a_drawn_one(cls):
    m = cls()
    m.Forward(np.ones((3, 4)))
    assert copy.copy(m).mask is None
    m.mask = np.eye(3, 4)
    for other in (copy.copy(m), copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        np.testing.assert_array_equal(other.mask, np.eye(3, 4))


def test_spatial_dropout_takes_whole_channels_of_each_point():
    m = SpatialDropout(6, 0.5, rng=np.random.default_rng(8))
    y = m.Forward(np.ones((50, 6, 3, 4)))
    assert ((y == 0) | (y == 2)).all()
    assert (y == y[:, :, :1, :1]).all()
    assert len(np.unique(m.mask, axis=0)) > 20
    z = m.Forward(np.ones((50, 6 * 12)))
    assert (z.reshape(50, 6, 12) == z.reshape(50, 6, 12)[:, :, :1]).all()
    free = SpatialDropout()
    free.input_dimensions = 2, 3, 4
    free.Forward(np.ones((5, 24)))
    assert free.mask.shape == (5, 2)


@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("alpha_dash", [-1.7580993408473766, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(ratio, alpha_dash):
    rng = np.random.default_rng(11)
    x = rng.normal(size=(1000, 1000))
    m = AlphaDropout(ratio, alpha_dash, rng=rng)
    y = m.Forward(x)
    assert abs(y.mean()) < 0.01 and abs(y.var() - 1) < 0.01
    kept = m.mask == 1
    np.testing.assert_allclose(y[kept], m.a * x[kept] + m.b, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(y[~kept], m.a * alpha_dash + m.b, rtol=1e-12)
    assert abs(kept.mean() - (1 - ratio)) < 0.01
    np.testing.assert_array_equal(m.Backward(x, y, x), x * kept * m.a)


def test_alpha_dropout_at_the_ends_and_past_the_caches():
    rng = np.random.default_rng(12)
    x = rng.normal(size=(30, 40))
    m = AlphaDropout(0)
    assert (m.a, m.b) == (1, 0)
    np.testing.assert_array_equal(m.Forward(x), x)
    m.ratio = 1
    assert (m.a, m.b) == (0, 0) and not m.Forward(x).any() and not m.Backward(x, x, x).any()
    m.ratio = 0.5
    large = rng.normal(size=(2000, 1001))
    m.mask = rng.integers(2, size=large.shape)
    expected = m.a * np.where(m.mask, large, m.alpha_dash) + m.b
    np.testing.assert_allclose(m.Forward(large), expected, rtol=1e-12, atol=1e-13)
    m.training = False
    np.testing.assert_array_equal(m.Forward(x), x)
