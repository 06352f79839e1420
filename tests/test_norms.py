"""Running statistics, precision, and what the normalising layers have in common."""
import copy
import itertools
import pickle

import numpy as np
import pytest

from mlpack_ann.layer import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, VirtualBatchNorm
from tests.checks import FLOATS

CHANNEL_NORMS = [BatchNorm, InstanceNorm]


def batches(rng, size=3, n=5):
    """Batches of unequal numbers of points, and of unequal scale."""
    return [rng.normal(rng.normal(size=(1, size, 1, 1)), rng.uniform(0.5, 3),
                       (rng.integers(2, 6), size, 4, 3)) for _ in range(n)]


def statistics(cls, x):
    """Mean and unbiased variance of each channel."""
    if cls is BatchNorm:
        return x.mean((0, 2, 3)), x.var((0, 2, 3), ddof=1)
    return x.mean((2, 3)).mean(0), x.var((2, 3), ddof=1).mean(0)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("cls", CHANNEL_NORMS)
def test_running_statistics_are_the_average_of_the_batches(cls, dtype):
    m, data = cls(dtype=dtype), batches(np.random.default_rng(1))
    for x in data:
        m.Forward(x.astype(dtype))
    expected = np.mean([statistics(cls, x) for x in data], axis=0)
    relative = 1e-13 if dtype == np.float64 else 1e-6
    np.testing.assert_allclose(m.running_mean, expected[0], atol=relative)
    np.testing.assert_allclose(m.running_variance, expected[1], rtol=relative)
    assert m.count == len(data)


@pytest.mark.parametrize("momentum", [0, 0.1, 0.7, 1])
@pytest.mark.parametrize("cls", CHANNEL_NORMS)
def test_running_statistics_move_by_the_momentum(cls, momentum):
    m, data = cls(average=False, momentum=momentum), batches(np.random.default_rng(2))
    mean, variance = np.zeros(3), np.ones(3)
    for x in data:
        m.Forward(x)
        batch = statistics(cls, x)
        mean = (1 - momentum) * mean + momentum * batch[0]
        variance = (1 - momentum) * variance + momentum * batch[1]
    np.testing.assert_allclose(m.running_mean, mean, atol=1e-14)
    np.testing.assert_allclose(m.running_variance, variance, rtol=1e-13)
    assert m.count == len(data)


@pytest.mark.parametrize("cls", CHANNEL_NORMS)
def test_inference_uses_the_running_statistics_and_leaves_them(cls):
    m, data = cls(), batches(np.random.default_rng(3))
    for x in data:
        m.Forward(x)
    m.parameters = np.arange(1.0, 7.0)
    m.training = False
    mean, variance = (a[:, None, None] for a in (m.running_mean, m.running_variance))
    x = data[0][:1] + 4
    gamma, beta = m.parameters.reshape(2, 3, 1, 1)
    y = m.Forward(x)
    np.testing.assert_allclose(y, gamma * (x - mean) / np.sqrt(variance + m.eps) + beta, rtol=1e-12)
    np.testing.assert_array_equal(m.running_mean, mean.ravel())
    assert m.count == len(data)
    np.testing.assert_allclose(m.Backward(x, y, np.ones_like(x)),
                               np.broadcast_to(gamma / np.sqrt(variance + m.eps), x.shape))


@pytest.mark.parametrize("cls", CHANNEL_NORMS)
def test_backward_is_of_the_mode_that_forward_ran_in(cls):
    rng = np.random.default_rng(4)
    m, x = cls(3), rng.normal(size=(2, 3, 4, 4))
    gy = rng.normal(size=x.shape)
    y = m.Forward(x)
    g = m.Backward(x, y, gy)
    m.training = False
    np.testing.assert_array_equal(m.Backward(x, y, gy), g)
    m.Forward(x)
    assert not np.allclose(m.Backward(x, y, gy), g)


@pytest.mark.parametrize("cls", CHANNEL_NORMS)
def test_a_single_value_per_channel(cls):
    m = cls()
    m.Forward(np.array([[3.0, -7.0]]))
    m.parameters = [5, 6, 0.5, -0.5]
    x = np.array([[1.0, 2.0]])
    y = m.Forward(x)
    np.testing.assert_array_equal(y, [[0.5, -0.5]])
    np.testing.assert_array_equal(m.running_mean, [2, -2.5])
    np.testing.assert_array_equal(m.running_variance, [0, 0])
    np.testing.assert_array_equal(m.Backward(x, y, np.ones((1, 2))), [[0, 0]])
    np.testing.assert_array_equal(m.Gradient(x, np.ones((1, 2))), [0, 0, 1, 1])


@pytest.mark.parametrize("cls", CHANNEL_NORMS)
def test_an_empty_batch_does_not_count(cls):
    m = cls(3)
    m.Forward(np.zeros((0, 3, 2, 2)))
    m.Forward(np.zeros((2, 3, 0, 2)))
    assert m.count == 0
    np.testing.assert_array_equal(m.running_mean, np.zeros(3))


@pytest.mark.parametrize("cls", CHANNEL_NORMS)
def test_reset(cls):
    m = cls(3)
    m.Forward(np.random.default_rng(5).normal(size=(4, 3, 2, 2)))
    m.parameters = np.full(6, 9.0)
    m.Reset()
    np.testing.assert_array_equal(m.parameters, [1, 1, 1, 0, 0, 0])
    np.testing.assert_array_equal(m.running_mean, [0, 0, 0])
    np.testing.assert_array_equal(m.running_variance, [1, 1, 1])
    assert m.count == 0


@pytest.mark.parametrize("cls", CHANNEL_NORMS)
def test_copies_keep_the_running_statistics(cls):
    m, data = cls(), batches(np.random.default_rng(6))
    for unsized in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        assert unsized.running_mean is None and unsized.size is None
    for x in data[:3]:
        m.Forward(x)
    for other in (copy.copy(m), copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        np.testing.assert_array_equal(other.running_mean, m.running_mean)
        np.testing.assert_array_equal(other.running_variance, m.running_variance)
        assert other.count == 3
        before = m.running_mean
        other.Forward(data[3])
        np.testing.assert_array_equal(m.running_mean, before)


@pytest.mark.parametrize("cls", CHANNEL_NORMS)
def test_running_statistics_are_copies_and_checked(cls):
    m = cls(3)
    m.running_mean[:] = 7
    np.testing.assert_array_equal(m.running_mean, np.zeros(3))
    values = np.array([1.0, 2.0, 3.0])
    m.running_mean = m.running_variance = values
    values[:] = 0
    np.testing.assert_array_equal(m.running_mean, [1, 2, 3])
    for name in ("running_mean", "running_variance"):
        for bad, error in ((np.ones(4), ValueError), (np.ones((3, 1)), ValueError),
                           (np.ones(3, complex), TypeError), (None, TypeError)):
            with pytest.raises(error, match=f"^{cls.__name__}: {name} "):
                setattr(m, name, bad)
        with pytest.raises(ValueError, match=f"^{cls.__name__}: {name} cannot be assigned before"):
            setattr(cls(), name, np.ones(3))
    with pytest.raises(ValueError, match="running_variance .* below 0"):
        m.running_variance = [1, -1, 1]
    with pytest.raises(ValueError, match="count"):
        m.count = -1


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(1, 3, 64, 48), (1, 16, 5, 1), (1, 7)])
def test_batch_and_instance_norm_agree_on_a_single_image(shape, dtype):
    rng = np.random.default_rng(7)
    x, gy = rng.normal(3, 2, shape).astype(dtype), rng.normal(size=shape).astype(dtype)
    results = []
    for cls in CHANNEL_NORMS:
        m = cls(shape[1], eps=1e-5, dtype=dtype)
        m.parameters = np.linspace(-2, 2, 2 * shape[1]).astype(dtype)
        y = m.Forward(x)
        results.append([y, m.Backward(x, y, gy), m.Gradient(x, gy), m.running_mean,
                        m.running_variance])
    for batch, instance in zip(*results):
        np.testing.assert_array_equal(batch, instance)


def test_an_instance_does_not_see_the_others():
    x = np.random.default_rng(8).normal(size=(4, 3, 5, 6))
    m = InstanceNorm(3)
    together = m.Forward(x)
    for i in range(4):
        np.testing.assert_array_equal(m.Forward(x[i:i + 1])[0], together[i])


@pytest.mark.parametrize("cls, shape", [
    *itertools.product([BatchNorm, InstanceNorm, LayerNorm], [(16, 3, 8, 8), (2, 3, 32, 32),
                                                              (9, 3, 1, 2)]),
    (BatchNorm, (512, 3)), (LayerNorm, (2, 20000))])
def test_float32_far_from_zero(cls, shape):
    """The mean is 1e4 times the spread, which leaves float32 inputs three digits of it: the output
    is as accurate as that of the same numbers in float64."""
    rng = np.random.default_rng(9)
    x = rng.normal(1e4, 1, shape).astype(np.float32)
    gy = rng.normal(size=shape)
    exact, m = cls(), cls(dtype=np.float32)
    y, z = exact.Forward(x.astype(np.float64)), m.Forward(x)
    np.testing.assert_allclose(z, y, atol=3e-6 * abs(y).max())
    g = exact.Backward(x.astype(np.float64), y, gy)
    # Of two pixels nearly all cancels in g: what rounding leaves is relative to gy.
    tolerance = 2e-5 * abs(g).max() + 8 * np.finfo(np.float32).eps * abs(gy).max()
    np.testing.assert_allclose(m.Backward(x, z, gy.astype(np.float32)), g, atol=tolerance)
    if cls is not LayerNorm:
        np.testing.assert_allclose(m.running_variance, exact.running_variance, rtol=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("cls", [BatchNorm, InstanceNorm, LayerNorm])
def test_an_outlier_at_the_start_does_not_cancel_the_variance(cls, dtype):
    rng = np.random.default_rng(10)
    x = rng.normal(size=(8, 2, 32, 32))
    x[0, :, 0, 0] = 1e5
    x = x.astype(dtype)
    y = cls(eps=0, dtype=dtype).Forward(x).astype(float)
    axes = {BatchNorm: (0, 2, 3), InstanceNorm: (2, 3), LayerNorm: (1, 2, 3)}[cls]
    np.testing.assert_allclose(y.std(axes), 1, rtol=1e-5 if dtype == np.float32 else 1e-11)


@pytest.mark.parametrize("cls", [BatchNorm, InstanceNorm, LayerNorm])
def test_float32_values_whose_squares_overflow(cls):
    x = (1e30 * np.random.default_rng(11).normal(size=(4, 2, 8, 8))).astype(np.float32)
    expected = cls().Forward(x.astype(np.float64))
    np.testing.assert_allclose(cls(dtype=np.float32).Forward(x), expected, atol=1e-5)


@pytest.mark.parametrize("cls", [BatchNorm, InstanceNorm, LayerNorm])
def test_a_constant_input_gives_beta(cls):
    for dtype in FLOATS:
        m = cls(dtype=dtype)
        x = np.full((3, 2, 5, 7), 0.1, dtype)
        m.Forward(x)
        size = m.parameters.size // 2
        m.parameters = np.r_[np.full(size, 2.0), np.full(size, 0.25)].astype(dtype)
        atol = 1e-9 if dtype == np.float64 else 1e-4
        np.testing.assert_allclose(m.Forward(x), 0.25, rtol=0, atol=atol)


def test_flat_points_are_the_same_as_images():
    rng = np.random.default_rng(12)
    x, gy = rng.normal(size=(2, 4, 3, 5, 6))
    for cls in CHANNEL_NORMS:
        image, flat = cls(3), cls(3)
        y = image.Forward(x)
        z = flat.Forward(x.reshape(4, -1))
        np.testing.assert_array_equal(z, y.reshape(4, -1))
        np.testing.assert_array_equal(flat.Backward(x.reshape(4, -1), z, gy.reshape(4, -1)),
                                      image.Backward(x, y, gy).reshape(4, -1))


@pytest.mark.parametrize("cls", CHANNEL_NORMS)
def test_input_dimensions_that_change_between_the_passes(cls):
    m = cls()
    m.input_dimensions = 2, 6
    x = np.random.default_rng(13).normal(size=(3, 12))
    y = m.Forward(x)
    g = m.Backward(x, y, y)
    m.input_dimensions = 2, 3, 2
    np.testing.assert_array_equal(m.Backward(x, y, y), g)
    m.input_dimensions = None
    np.testing.assert_array_equal(m.Backward(x, y, y), g)
    m.input_dimensions = 12, 1
    with pytest.raises(ValueError, match="expected"):
        m.Backward(x, y, y)


def test_layer_norm_is_of_each_point():
    x = np.random.default_rng(14).normal(2, 3, (5, 2, 3, 4))
    y = LayerNorm(eps=0).Forward(x)
    np.testing.assert_allclose(y.mean((1, 2, 3)), 0, atol=1e-14)
    np.testing.assert_allclose(y.std((1, 2, 3)), 1, rtol=1e-14)
    np.testing.assert_array_equal(LayerNorm(eps=0).Forward(x[2:3])[0], y[2])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("pixels", [(7, 9), (1, 1)])
def test_group_norm_of_all_channels_and_of_single_ones(pixels, dtype):
    rng = np.random.default_rng(15)
    x, gy = rng.normal(2, 3, (2, 5, 6, *pixels)).astype(dtype)
    values = rng.normal(size=12).astype(dtype)
    for groups, other in ((1, LayerNorm(eps=1e-3, dtype=dtype)),
                          (6, InstanceNorm(eps=1e-3, dtype=dtype))):
        m = GroupNorm(groups, eps=1e-3, dtype=dtype)
        results = []
        for one in (m, other):
            y = one.Forward(x)
            one.parameters = np.repeat(values, one.parameters.size // 12)
            y = one.Forward(x)
            gradient = one.Gradient(x, gy).reshape(12, -1).sum(1)
            results.append((y, one.Backward(x, y, gy), gradient))
        tolerance = 1e-12 if dtype == np.float64 else 1e-4
        for ours, theirs in zip(*results):
            np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", FLOATS)
def test_group_norm_far_from_zero_and_with_a_gamma_of_zero(dtype):
    rng = np.random.default_rng(16)
    x = rng.normal(1000, 1, (3, 4, 20, 20)).astype(dtype)
    gy = rng.normal(3, 1, x.shape).astype(dtype)
    m = GroupNorm(2, 4, dtype=dtype)
    m.parameters = [2, 0, 0, 3, 1, 1, 1, 1]
    y = m.Forward(x)
    wide = GroupNorm(2, 4)
    wide.parameters = m.parameters.astype(float)
    z = wide.Forward(x.astype(float))
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(y, z, atol=tolerance)
    np.testing.assert_allclose(m.Backward(x, y, gy), wide.Backward(x.astype(float), z,
                                                                   gy.astype(float)),
                               atol=10 * tolerance)


def test_group_norm_ignores_the_mode():
    x = np.random.default_rng(17).normal(size=(3, 4, 2, 2))
    m = GroupNorm(2)
    y = m.Forward(x)
    m.training = False
    np.testing.assert_array_equal(m.Forward(x), y)


def test_virtual_batch_norm_of_its_own_reference_batch():
    """A batch that equals the reference has its statistics, whatever their weights."""
    x = np.random.default_rng(18).normal(2, 3, (4, 3, 5, 5))
    m, batch = VirtualBatchNorm(x, eps=1e-5), BatchNorm(eps=1e-5)
    np.testing.assert_allclose(m.Forward(x), batch.Forward(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 2, 2)])
def test_virtual_batch_norm_per_point_keeps_points_apart(shape):
    rng = np.random.default_rng(19)
    x, reference = rng.normal(size=(2, *shape))
    single = VirtualBatchNorm(reference, per_point=True)
    batch = VirtualBatchNorm(reference)
    y, z = single.Forward(x), batch.Forward(x)
    assert not np.allclose(y, z)
    for i in range(len(x)):
        np.testing.assert_allclose(single.Forward(x[i:i + 1])[0], y[i], rtol=1e-13)
        np.testing.assert_allclose(batch.Forward(x[i:i + 1])[0], y[i], rtol=1e-13)


def test_virtual_batch_norm_keeps_a_copy_of_its_reference_batch():
    reference = np.random.default_rng(20).normal(size=(4, 3))
    m = VirtualBatchNorm(reference)
    x = np.ones((2, 3))
    y = m.Forward(x)
    reference[:] = 0
    m.reference_batch[:] = 0
    np.testing.assert_array_equal(m.Forward(x), y)
    other = pickle.loads(pickle.dumps(m))
    np.testing.assert_array_equal(other.Forward(x), y)
    np.testing.assert_array_equal(other.reference_batch, m.reference_batch)
