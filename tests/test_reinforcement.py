"""Layers that learn from rewards: what the common suite does not ask."""
import copy
import pickle
import tracemalloc

import numpy as np
import pytest

import mlpack_ann
from mlpack_ann import layer, loss_functions
from mlpack_ann.layer import Glimpse, RecurrentAttention, ReinforceNormal, VRClassReward
from tests.checks import FLOATS, assert_close

SHAPE = 4, 3


def drawn(dtype=np.float64, shape=SHAPE, **options):
    """Return a layer, an input and what it draws."""
    noisy = ReinforceNormal(**{"stdev": 0.5, "rng": np.random.default_rng(0), **options})
    x = np.random.default_rng(1).normal(size=shape).astype(dtype)
    return noisy, x, noisy.Forward(x)


# ---------------------------------------------------------------- ReinforceNormal


@pytest.mark.parametrize("dtype", FLOATS)
def test_what_is_drawn(dtype):
    noisy, x, y = drawn(dtype)
    assert y.dtype == dtype
    assert_close(y, x + 0.5 * np.random.default_rng(0).standard_normal(SHAPE), 1e-6)
    assert not np.array_equal(noisy.Forward(x), y)
    noisy.rng = np.random.default_rng(0)
    out = np.empty_like(y)
    assert noisy.Forward(x, out) is out
    np.testing.assert_array_equal(out, y)
    mlpack_ann.RandomSeed(5)
    first = ReinforceNormal().Forward(x)
    mlpack_ann.RandomSeed(5)
    np.testing.assert_array_equal(ReinforceNormal().Forward(x), first)
    many = drawn(shape=(1000, 100))
    assert abs((many[2] - many[1]).mean()) < 0.01 and abs((many[2] - many[1]).std() - 0.5) < 0.01


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("reward", [0.7, -2, [0.5, 0, -1, 3]], ids=["one", "negative", "each"])
def test_backward_is_the_slope_of_the_log_density_times_minus_the_reward(reward, dtype):
    noisy, x, y = drawn(dtype)
    noisy.reward = reward

    def log_density(x):
        return -(np.float64(y) - x) ** 2 / (2 * 0.5**2) - np.log(0.5 * np.sqrt(2 * np.pi))

    slope = (log_density(x + 1e-5) - log_density(x - 1e-5)) / 2e-5 if dtype == np.float64 else (
        y - x) / 0.25
    g = noisy.Backward(x, y, np.full_like(x, 7))
    assert g.dtype == dtype
    assert_close(g, -np.reshape(reward, (-1, 1)) * slope, 1e-8 if dtype == np.float64 else 1e-6)
    given = np.full_like(x, np.nan)
    assert noisy.Backward(x, y, 0 * x, given) is given
    np.testing.assert_array_equal(given, g)


def test_the_mean_of_many_estimates_is_the_derivative_of_the_mean_reward():
    """Of the reward y**2, the mean of which is x**2 + stdev**2."""
    x = np.full((200_000, 1), 0.8)
    noisy = ReinforceNormal(0.5, rng=np.random.default_rng(0))
    y = noisy.Forward(x)
    noisy.reward = y[:, 0] ** 2
    assert abs(-noisy.Backward(x, y, y).mean() - 2 * 0.8) < 0.02


def test_threads_and_memory():
    before = mlpack_ann.get_num_threads()
    results = []
    try:
        for number in (1, 2, 3):
            mlpack_ann.set_num_threads(number)
            noisy, x, y = drawn(shape=(1000, 300))
            noisy.reward = np.linspace(-1, 1, 1000)
            g = noisy.Backward(x, y, y)
            results.append((y.tobytes(), g.tobytes()))
            tracemalloc.start()
            noisy.Forward(x, y)
            noisy.Backward(x, y, y, g)
            assert tracemalloc.get_traced_memory()[1] < x.nbytes / 16
            tracemalloc.stop()
    finally:
        mlpack_ann.set_num_threads(before)
    assert results[0] == results[1] == results[2]


def test_the_reward_is_checked_and_kept():
    noisy, x, y = drawn()
    assert noisy.reward == 0 and not noisy.Backward(x, y, y).any()
    for bad, error in ((None, TypeError), ("1", TypeError), (True, TypeError), (1j, TypeError),
                       ([[1.0]], ValueError)):
        with pytest.raises(error, match="^ReinforceNormal: reward "):
            noisy.reward = bad
    noisy.reward = rewards = np.arange(3.0)
    rewards[0] = noisy.reward[1] = 9
    for other in (noisy, copy.copy(noisy), pickle.loads(pickle.dumps(noisy))):
        np.testing.assert_array_equal(other.reward, [0, 1, 2])
    with pytest.raises(ValueError, match=r"reward has shape \(3,\), expected \(\) or \(4,\)"):
        noisy.Backward(x, y, y)
    noisy.reward = 2
    assert type(noisy.reward) is float and noisy.reward == 2


def test_an_empty_batch():
    noisy, x, y = drawn()
    assert noisy.Backward(x[:0], noisy.Forward(x[:0]), y[:0]).shape == (0, 3)


# ---------------------------------------------------------------- VRClassReward

P = np.log([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.2, 0.5, 0.3]])
LABELS = [0, 1, 1]                      # right, wrong, right


def with_baseline(value, dtype=np.float64):
    return np.concatenate([P, [[value, 7, -7]]]).astype(dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("reduction", [True, False, "none"])
@pytest.mark.parametrize("average", [True, False])
def test_loss_and_rewards(average, reduction, dtype):
    noisy = ReinforceNormal()
    loss = VRClassReward(2, average, reduction, layers=[noisy])
    alone = loss_functions.VRClassReward(2, average, reduction)
    p, share = with_baseline(0.25, dtype), (3 if average else 1) * (3 if reduction is False else 1)
    np.testing.assert_array_equal(loss.Forward(p, LABELS), alone.Forward(p[:3], LABELS))
    assert noisy.reward == 0
    g = loss.Backward(p, LABELS)
    np.testing.assert_array_equal(g[:3], alone.Backward(p[:3], LABELS))
    rewards = np.array([2, 0, 2])
    assert_close(g[3], [2 * (0.25 - rewards).sum() / share, 0, 0], 1e-6)
    assert_close(noisy.reward, (rewards - 0.25) / share, 1e-12)
    np.testing.assert_array_equal(loss.reward, noisy.reward)
    value, both = loss.EvaluateWithGradient(p, LABELS)
    np.testing.assert_array_equal(value, loss.Forward(p, LABELS))
    np.testing.assert_array_equal(both, g)


def test_without_a_baseline_it_is_0():
    loss = VRClassReward(baseline=False)
    loss.Add(ReinforceNormal, 0.5)
    assert loss.Model()[0].stdev == 0.5 and loss.reward is None
    loss.Backward(P, LABELS)
    assert_close(loss.layers[0].reward, np.array([1, 0, 1]) / 3, 1e-15)


def test_layers_within_layers_are_rewarded():
    noisy = [ReinforceNormal() for _ in range(3)]
    loss = VRClassReward()
    loss.Add(layer.MultiLayer([layer.TanH(), noisy[0], layer.Sequential(layers=[noisy[1]])]))
    loss.Add(noisy[2])
    loss.Add(layer.TanH())
    loss.Backward(with_baseline(0.5), LABELS)
    for one in noisy:
        assert_close(one.reward, np.array([0.5, -0.5, 0.5]) / 3, 1e-15)


def test_what_is_added_is_checked():
    loss = VRClassReward()
    for bad in (3, None, int, [ReinforceNormal()]):
        with pytest.raises(TypeError, match="^VRClassReward: layer is .*, expected a layer"):
            loss.Add(bad)
    with pytest.raises(TypeError, match="expected a class of layers where arguments follow"):
        loss.Add(ReinforceNormal(), 1)
    with pytest.raises(RuntimeError, match="__init__ was not called"):
        VRClassReward.__new__(VRClassReward).Add(ReinforceNormal())
    copied = pickle.loads(pickle.dumps(VRClassReward(layers=[ReinforceNormal(2)])))
    assert copied.layers[0].stdev == 2 and copied.baseline


def test_a_batch_of_no_points_has_a_baseline():
    loss = VRClassReward(layers=[ReinforceNormal()])
    p = with_baseline(0.5)[3:]
    assert loss.Forward(p, np.empty(0, int)) == 0
    assert not loss.Backward(p, np.empty(0, int)).any() and loss.reward.shape == (0,)


# ---------------------------------------------------------------- Glimpse


def test_a_glimpse_is_part_of_the_image():
    image = np.arange(20.0).reshape(4, 5)
    looking = Glimpse(1, 3, 1, input_width=5, input_height=4)

    def patch(across, down):
        y = looking.Forward(np.append(image.ravel(), [across, down])[None])
        return y.reshape(3, 3).T

    np.testing.assert_array_equal(patch(0, -0.3), image[:3, 1:4])
    np.testing.assert_array_equal(patch(-1, -1)[1:, 1:], image[:2, :2])
    assert not patch(-1, -1)[0].any() and not patch(-1, -1)[:, 0].any()
    for beyond in (-5, -np.inf, -1e300):
        np.testing.assert_array_equal(patch(beyond, 1), patch(-1, 1))
        np.testing.assert_array_equal(patch(1, -beyond), patch(1, 1))
    assert np.isnan(patch(np.nan, 0)).all() and np.isnan(patch(0, np.nan)).all()
    assert (looking.output_width, looking.output_height) == (3, 3)


def test_what_no_patch_sees_gets_no_slope():
    looking = Glimpse(2, 2, 2, input_width=9, input_height=8)
    x = np.random.default_rng(0).normal(size=(1, 2 * 72 + 2))
    x[0, -2:] = 0
    g = looking.Backward(x, looking.Forward(x), np.ones((1, 16)))
    image = g[0, :-2].reshape(2, 8, 9)
    assert not g[0, -2:].any() and (image != 0).sum() == 2 * 16
    assert_close(image.sum(), 16, 1e-14)


# ---------------------------------------------------------------- RecurrentAttention


def attending(dtype=np.float64, rho=3):
    """A network that looks at images of 5 x 4 pixels, and learns where."""
    rng = np.random.default_rng(0)
    rnn = layer.MultiLayer([Glimpse(1, 2, 2, input_width=5, input_height=4),
                            layer.Linear(8, 6, dtype=dtype), layer.TanH()])
    action = layer.Sequential(layers=[layer.Linear(6, 2, dtype=dtype),
                                      ReinforceNormal(0.3, rng=rng)])
    net = RecurrentAttention(6, rnn, action, rho)
    net.parameters = rng.normal(size=net.parameters.size).astype(dtype)
    return net, rng.normal(size=(4, 1, 4, 5)).astype(dtype)


def test_locations_are_learnt_from_rewards():
    """The gradient by hand: back-propagation for the rnn, the estimate for the action."""
    net, x = attending()
    net.training = True
    noise = np.random.default_rng(3).standard_normal((3, 4, 2))
    net.rng = np.random.default_rng(3)
    y = net.Forward(x)
    gy = np.random.default_rng(1).normal(size=y.shape)
    loss = VRClassReward(layers=[net])
    labels = np.array([0, 1, 0, 1])
    loss.Backward(np.concatenate([np.log([[0.6, 0.4]] * 4), [[0.1, 0]]]), labels)
    assert_close(loss.reward, (np.array([1, 0, 1, 0]) - 0.1) / 4, 1e-15)

    weight, bias = net.rnn.layers[1].weight, net.rnn.layers[1].bias
    turn, shift = net.action.layers[0].weight, net.action.layers[0].bias
    looking, flat = Glimpse(1, 2, 2, input_width=5, input_height=4), x.reshape(4, -1)
    h, expected_g = np.zeros((4, 6)), 0
    of_rnn, of_action, steps = 0, 0, []
    for t in range(3):
        location = h @ turn + shift + 0.3 * noise[t]
        seen = np.concatenate([flat, location], 1)
        patches = looking.Forward(seen)
        steps.append((h, seen, patches))
        h = np.tanh(patches @ weight + bias)
    assert_close(y, h, 1e-14)
    dh = gy
    for t in (2, 1, 0):
        before, seen, patches = steps[t]
        slopes = dh * (1 - np.tanh(patches @ weight + bias) ** 2)
        of_rnn += np.append(patches.T @ slopes, slopes.sum(0))
        expected_g += looking.Backward(seen, patches, slopes @ weight.T)[:, :-2]
        score = -loss.reward[:, None] * noise[t] / 0.3
        of_action += np.append(before.T @ score, score.sum(0))
        dh = score @ turn.T
    g = net.Backward(x, y, gy)
    assert_close(g, expected_g.reshape(x.shape), 1e-12)
    assert_close(net.Gradient(x, gy), np.append(of_rnn, of_action), 1e-12)


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_trained_network_looks_where_it_is_most_likely(dtype):
    net, x = attending(dtype)
    net.training = False
    y = net.Forward(x)
    assert y.dtype == dtype
    np.testing.assert_array_equal(net.Forward(x), y)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(other.Forward(x), y)
    np.testing.assert_array_equal(net.Forward(x.reshape(4, -1)), y)


def test_gradient_of_another_error_through_time():
    net, x = attending()
    net.training = False
    y = net.Forward(x)
    gy, error = np.random.default_rng(1).normal(size=(2, *y.shape))
    expected = net.Gradient(x, error)
    net.Backward(x, y, gy)
    np.testing.assert_array_equal(net.Gradient(x, error), expected)


def test_layers_must_fit_each_other():
    x = np.zeros((2, 3))
    with pytest.raises(ValueError, match=r"^RecurrentAttention: rnn gives points of the shape "
                                         r"\(2, 4\), expected \(2, 3\), of out_size features"):
        RecurrentAttention(3, layer.Linear(out_size=4), layer.Linear(out_size=2), 2).Forward(x)
    net = RecurrentAttention(3, layer.Linear(5, 3), layer.Linear(3, 2), 2)
    assert net.Model() == (net.rnn, net.action) and net.parameters.size == 18 + 8
    assert net.OutputShape((7, 3)) == (7, 3)
    with pytest.raises(AttributeError):
        net.rho = 3
