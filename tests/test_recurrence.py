"""Layers with a state: steps given alone, states to set and to read, what is kept."""
import pickle
import tracemalloc

import numpy as np
import pytest

import mlpack_ann
from mlpack_ann.layer import GRU, LSTM, FastLSTM, LinearRecurrent, RecurrentLayer
from tests.checks import assert_close, slope, torch_or_skip

RNG = np.random.default_rng(5)
SEQUENCE, SLOPE = RNG.normal(size=(4, 6, 2)), RNG.normal(size=(4, 6, 3))
MAKERS = {"LSTM": LSTM, "FastLSTM": FastLSTM, "GRU": GRU, "LinearRecurrent": LinearRecurrent,
          "exact": lambda *a, **k: FastLSTM(*a, approximate=False, **k),
          "after": lambda *a, **k: GRU(*a, reset_after=True, **k)}
each = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def made(make, rho=None, units=3):
    layer = make(2, units, rho, rng=np.random.default_rng(4))
    layer.parameters *= 2
    return layer


def start_of(layer, points=4):
    return RNG.normal(size=(layer.RecurrentSize() // layer.out_size, points, layer.out_size))


def by_steps(layer, x, gy):
    """Return output, g, gradient and initial_state_gradient of a sequence given step by step."""
    layer.ResetCell()
    steps = range(x.shape[1])
    y = [layer.Forward(x[:, t]) for t in steps]
    g, gradient = [None] * len(steps), 0
    for t in reversed(steps):
        g[t] = layer.Backward(x[:, t], y[t], gy[:, t])
        gradient = gradient + layer.Gradient(x[:, t], gy[:, t])
    return np.stack(y, 1), np.stack(g, 1), gradient, layer.initial_state_gradient


# ---------------------------------------------------------------- steps


@each
@pytest.mark.parametrize("set_start", [False, True])
def test_steps_are_the_sequence(make, set_start):
    layer = made(make)
    if set_start:
        layer.initial_state = start_of(layer)
    y = layer.Forward(SEQUENCE)
    last = layer.state
    g = layer.Backward(SEQUENCE, y, SLOPE)
    expected = y, g, layer.Gradient(SEQUENCE, SLOPE), layer.initial_state_gradient
    for _ in range(2):
        for one, other in zip(by_steps(layer, SEQUENCE, SLOPE), expected):
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(layer.state, last, rtol=1e-12)
    np.testing.assert_array_equal(layer.Forward(SEQUENCE), y)


@each
def test_the_state_starts_again(make):
    layer, x = made(make), SEQUENCE[:, 0]
    first, second = layer.Forward(x), layer.Forward(x)
    assert not np.array_equal(first, second)
    layer.ResetCell()
    np.testing.assert_array_equal(layer.Forward(x), first)
    np.testing.assert_allclose(layer.Forward(x[:3]), first[:3], rtol=1e-13)     # other points
    np.testing.assert_allclose(layer.Forward(x[:1]), first[:1], rtol=1e-13)
    layer.ResetCell(2)
    for expected in (first, second, first, second):
        np.testing.assert_allclose(layer.Forward(x), expected, rtol=1e-13)
    layer.rho = 1
    layer.ResetCell()
    for _ in range(2):
        np.testing.assert_array_equal(layer.Forward(x), first)
    whole = made(make, 2).Forward(np.repeat(x[:, None], 4, 1))
    for t, expected in enumerate((first, second, first, second)):
        np.testing.assert_allclose(whole[:, t], expected, rtol=1e-13)
    for bad, error in ((0, ValueError), (1.5, TypeError)):
        with pytest.raises(error, match=r"^\w+: size is"):
            layer.ResetCell(bad)


@each
def test_gradient_of_a_step_without_its_backward(make):
    layer = made(make)
    outputs = [layer.Forward(SEQUENCE[:, t]) for t in range(3)]
    alone = layer.Gradient(SEQUENCE[:, 2], SLOPE[:, 2])
    layer.Backward(SEQUENCE[:, 2], outputs[2], SLOPE[:, 2])
    np.testing.assert_array_equal(layer.Gradient(SEQUENCE[:, 2], SLOPE[:, 2]), alone)
    assert not np.array_equal(layer.Gradient(SEQUENCE[:, 2], SLOPE[:, 1]), alone)
    layer.Backward(SEQUENCE[:, 1], outputs[1], SLOPE[:, 1])
    assert not np.array_equal(layer.Gradient(SEQUENCE[:, 1], SLOPE[:, 1]), alone)


@each
def test_without_training_only_the_latest_step_is_kept(make):
    layer, trained = made(make), made(make)
    layer.training = False
    for t in range(5):
        y = layer.Forward(SEQUENCE[:, t])
        np.testing.assert_array_equal(y, trained.Forward(SEQUENCE[:, t]))
        np.testing.assert_array_equal(layer.state, trained.state)
    expected = trained.Backward(SEQUENCE[:, 4], y, SLOPE[:, 4])
    for _ in range(2):
        np.testing.assert_array_equal(layer.Backward(SEQUENCE[:, 4], y, SLOPE[:, 4]), expected)
        with pytest.raises(RuntimeError, match=r"^\w+: the step is kept no more"):
            layer.Backward(SEQUENCE[:, 3], y, SLOPE[:, 3])
    layer.training = True                   # steps from now on are kept
    outputs = [layer.Forward(SEQUENCE[:, t]) for t in range(2)]
    for t in (1, 0):
        layer.Backward(SEQUENCE[:, t], outputs[t], SLOPE[:, t])
    layer.training = False
    assert layer.Forward(SEQUENCE[:, 2]).shape == (4, 3)
    layer.ResetCell()
    np.testing.assert_allclose(layer.Forward(SEQUENCE[:, 0]), made(make).Forward(SEQUENCE[:, 0]))


@each
def test_steps_and_sequences_are_not_mixed(make):
    layer = made(make)
    y = layer.Forward(SEQUENCE)
    with pytest.raises(RuntimeError, match=r"^\w+: input has shape"):
        layer.Backward(SEQUENCE[:, 0], y[:, 0], y[:, 0])
    layer.Forward(SEQUENCE[:, 0])
    for call in (lambda: layer.Backward(SEQUENCE, y, y), lambda: layer.Gradient(SEQUENCE, y)):
        with pytest.raises(RuntimeError, match=r"^\w+: input has shape"):
            call()


def test_what_mlpack_asks_a_recurrent_layer():
    layer = made(LSTM, 3)
    assert isinstance(layer, RecurrentLayer) and layer.RecurrentSize() == 6
    assert not layer.HasPreviousStep() and layer.CurrentStep() == 0
    with pytest.raises(RuntimeError, match="^LSTM: the next step is the first"):
        layer.PreviousStep()
    for t in (0, 1):
        assert layer.CurrentStep() == t
        layer.Forward(SEQUENCE[:, t])
        assert layer.HasPreviousStep() and layer.PreviousStep() == t
    layer.Forward(SEQUENCE[:, 2])
    assert not layer.HasPreviousStep() and layer.CurrentStep() == 0
    layer.Forward(SEQUENCE[:, 0])
    layer.ClearRecurrentState(2, 4)
    assert not layer.HasPreviousStep()
    for arguments in ({}, {"out_size": 3}, {"in_size": 2, "out_size": 3}):
        with pytest.raises(TypeError, match="^RecurrentLayer: "):
            RecurrentLayer(**arguments)


# ---------------------------------------------------------------- states


@each
@pytest.mark.parametrize("rho", [None, 2])
def test_derivative_by_the_state_at_the_start(make, rho):
    layer = made(make, rho)
    start = start_of(layer)

    def value():
        layer.initial_state = start
        return (layer.Forward(SEQUENCE) * SLOPE).sum()

    value()
    g = layer.Backward(SEQUENCE, layer.Forward(SEQUENCE), SLOPE)
    gradient, found = layer.Gradient(SEQUENCE, SLOPE), layer.initial_state_gradient
    assert_close(found, slope(value, start), 1e-7)
    assert_close(gradient, slope(value, layer.parameters), 1e-7)
    x = SEQUENCE.copy()
    assert_close(g, slope(lambda: (layer.Forward(x) * SLOPE).sum(), x), 1e-7)


@each
def test_a_sequence_goes_on_from_the_state(make):
    layer = made(make)
    y = layer.Forward(SEQUENCE)
    first = layer.Forward(SEQUENCE[:, :2])
    layer.initial_state = layer.state
    np.testing.assert_allclose(np.concatenate([first, layer.Forward(SEQUENCE[:, 2:])], 1), y,
                               rtol=1e-12)
    layer.Forward(SEQUENCE[:, :0])
    np.testing.assert_array_equal(layer.state, layer.initial_state)
    nothing = np.zeros((4, 0, 3))
    assert layer.Backward(SEQUENCE[:, :0], nothing, nothing).shape == (4, 0, 2)
    assert not layer.Gradient(SEQUENCE[:, :0], nothing).any()
    assert not layer.initial_state_gradient.any()
    layer.initial_state = None
    np.testing.assert_array_equal(layer.Forward(SEQUENCE), y)


@each
def test_states_are_checked(make):
    layer = make(2, 3)
    assert layer.state is layer.initial_state is layer.initial_state_gradient is None
    states = layer.RecurrentSize() // 3
    good = np.ones((states, 4, 3))
    for bad, error in ((good[0], ValueError), (good[..., :2], ValueError), ("x", TypeError),
                       (np.ones((states + 1, 4, 3)), ValueError), (good + 1j, TypeError),
                       (good.astype("float32"), TypeError)):
        with pytest.raises(error, match=r"^\w+: initial_state "):
            layer.initial_state = bad
    layer.initial_state = good
    good[...] = 7
    assert (layer.initial_state == 1).all()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(layer)).initial_state,
                                  layer.initial_state)
    layer.Forward(SEQUENCE[:, 0])
    for x in (SEQUENCE[:3], SEQUENCE[:3, 0]):
        with pytest.raises(ValueError, match=r"^\w+: initial_state has shape"):
            layer.Forward(x)
        layer.Forward(SEQUENCE[:, 0])       # goes on
    with pytest.raises(RuntimeError, match="__init__ was not called"):
        type(layer).__new__(type(layer)).initial_state = good
    layer.__init__(2, 5)
    assert layer.initial_state is layer.state is None
    assert layer.Forward(SEQUENCE[:3]).shape == (3, 6, 5)


@pytest.mark.parametrize("cls, name", [(MAKERS["exact"], "LSTM"), (MAKERS["after"], "GRU")])
def test_states_and_weights_agree_with_torch(cls, name):
    torch = torch_or_skip()
    layer, k = made(cls, units=5), 5
    w, b, u = np.split(layer.parameters, [2 * len(layer.parameters) // 8,
                                          3 * len(layer.parameters) // 8])
    gates = w.size // (2 * k)
    order = [0, 2, 3, 1] if name == "LSTM" else [1, 0, 2]
    u = u.reshape(k, -1) if name == "LSTM" else np.concatenate(
        [u[:2 * k * k].reshape(k, -1), u[2 * k * k:].reshape(k, -1)], 1)
    rows = [np.concatenate([a.reshape(-1, gates * k)[:, k * i:k * i + k] for i in order], 1).T
            for a in (w, u, b)]
    module = getattr(torch.nn, name)(2, k, batch_first=True).double()
    for value, row in zip(module.parameters(), [*rows[:2], rows[2][:, 0], 0 * rows[2][:, 0]]):
        value.data = torch.tensor(row.copy())
    layer.initial_state = start = start_of(layer)
    leaf = torch.tensor(start, requires_grad=True)
    states = (leaf[:1], leaf[1:]) if name == "LSTM" else leaf
    expected, last = module(torch.tensor(SEQUENCE), states)
    y = layer.Forward(SEQUENCE)
    assert_close(y, expected.detach().numpy(), 1e-13)
    assert_close(layer.state, torch.cat([*last]).detach().numpy().reshape(start.shape), 1e-13)
    gy = RNG.normal(size=y.shape)
    expected.backward(torch.tensor(gy))
    layer.Backward(SEQUENCE, y, gy)
    assert_close(layer.initial_state_gradient, leaf.grad.numpy(), 1e-12)


# ---------------------------------------------------------------- what is kept


@each
def test_nothing_of_size_is_allocated_twice(make):
    layer, x = made(make), np.ones((500, 20, 2))
    y = layer.Forward(x)
    out, g, gradient = np.empty_like(y), np.empty_like(x), np.empty_like(layer.parameters)
    step, of_step = x[:, 0].copy(), y[:, 0].copy()

    def passes():
        layer.Forward(x, out)
        layer.Backward(x, out, y, g)
        layer.Gradient(x, y, gradient)

    def steps():
        layer.ResetCell()
        for _ in range(20):
            layer.Forward(step, of_step)
    for run in (passes, steps):
        run()
        tracemalloc.start()
        run()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < x.nbytes // 8


@each
@pytest.mark.parametrize("units", [1, 16, 40])
def test_batches_that_change(make, units):
    """Every number of points and steps has the same numbers, whatever was before."""
    layer = made(make, units=units)
    x, gy = RNG.normal(size=(11, 7, 2)), RNG.normal(size=(11, 7, units))
    y = layer.Forward(x)
    g = layer.Backward(x, y, gy)
    total = layer.Gradient(x, gy)
    parts = 0
    for points in (slice(0, 1), slice(1, 3), slice(3, 11)):
        some = layer.Forward(x[points])
        np.testing.assert_allclose(some, y[points], rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(layer.Backward(x[points], some, gy[points]), g[points],
                                   rtol=1e-10, atol=1e-12)
        parts = parts + layer.Gradient(x[points], gy[points])
    assert_close(parts, total, 1e-12)
    shorter = layer.Forward(x[:, :3])
    np.testing.assert_allclose(shorter, y[:, :3], rtol=1e-11, atol=1e-13)


@each
def test_steps_have_the_same_bits_for_any_number_of_threads(make):
    before, results = mlpack_ann.get_num_threads(), []
    x, gy = RNG.normal(size=(70, 30)), RNG.normal(size=(70, 90))
    for number in (1, 2, 3):
        mlpack_ann.set_num_threads(number)
        layer = make(30, 90, rng=np.random.default_rng(0))
        outputs = [layer.Forward(x) for _ in range(4)]
        for y in reversed(outputs):
            g = layer.Backward(x, y, gy)
        results.append((outputs[-1].tobytes(), g.tobytes(), layer.Gradient(x, gy).tobytes()))
    mlpack_ann.set_num_threads(before)
    assert results[1:] == results[:1] * 2


@each
def test_more_than_a_block_of_weights(make):
    """More taps than are multiplied at a time."""
    layer = make(1, 1100, rng=np.random.default_rng(0))
    x = RNG.normal(size=(2, 2, 1))
    y = layer.Forward(x)
    gy = RNG.normal(size=y.shape)
    gradient = layer.Gradient(x, gy)
    for i in RNG.integers(0, layer.parameters.size, 5):
        values = []
        for sign in (1, -1):
            layer.parameters[i] += sign * 1e-5
            values.append((layer.Forward(x) * gy).sum())
            layer.parameters[i] -= sign * 1e-5
        np.testing.assert_allclose(gradient[i], (values[0] - values[1]) / 2e-5, rtol=1e-4,
                                   atol=1e-7)
