"""Layers that hold layers: shared weights, who belongs to whom, what is kept."""
import copy
import gc
import pickle
import tracemalloc

import numpy as np
import pytest

from mlpack_ann.layer import (Add, AddMerge, Concat, Convolution, Dropout, Highway, Linear,
                              LogSoftMax, MultiLayer, MultiplyMerge, Recurrent, ReLU, Residual,
                              Sequential, Sigmoid, TanH, WeightNorm)

X = np.random.default_rng(0).normal(size=(5, 3))
CONTAINERS = [MultiLayer, Sequential, Residual, AddMerge, MultiplyMerge, Concat, Highway]


def deep():
    """Layers within layers, some sized and some not; and the innermost Linear."""
    inner = Linear(out_size=3)
    return Sequential(layers=[
        Linear(3, 4), AddMerge(layers=[Linear(out_size=3), MultiLayer([TanH(), inner])]),
        Highway(layers=[Linear(3, 3), Sigmoid()]), Concat(layers=[TanH(), WeightNorm(Linear(3, 1))])
    ]), inner


def parts(layer):
    """The innermost layers with weights, in their order, but for a gate."""
    if not hasattr(layer, "layers"):
        return [layer] if layer.parameters is not None else []
    return [part for one in layer.layers for part in parts(one)]


# ---------------------------------------------------------------- one flat array


def test_parameters_are_shared_to_any_depth():
    net, inner = deep()
    assert net.parameters is None
    y = net.Forward(X)
    flat = net.parameters
    for part in parts(net):
        assert np.shares_memory(part.parameters, flat)
    flat[:] = np.arange(flat.size)
    np.testing.assert_array_equal(np.concatenate([inner.weight.ravel(), inner.bias]),
                                  inner.parameters)
    assert (np.diff(inner.parameters) == 1).all()
    inner.parameters = 0 * inner.parameters - 1
    assert (flat == -1).sum() == inner.parameters.size
    inner.bias[:] = -2
    assert (flat == -2).sum() == 3
    assert not np.array_equal(net.Forward(X), y)


def test_order_is_that_of_the_layers():
    one, two = Linear(3, 2), Linear(2, 1)
    expected = np.concatenate([one.parameters, two.parameters])
    net = Sequential(layers=[one, TanH(), Sequential(layers=[two])])
    np.testing.assert_array_equal(net.parameters, expected)
    gated = Highway(3, layers=[Linear(3, 3)])
    own = gated.layers[0].parameters
    assert np.shares_memory(gated.parameters[12:], own) and not np.shares_memory(
        gated.parameters[:12], own)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy,
                                    lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_share_within_but_not_with_the_original(copied):
    net, _ = deep()
    y = net.Forward(X)
    other = copied(net)
    assert other.parameters is not None
    np.testing.assert_array_equal(other.parameters, net.parameters)
    np.testing.assert_array_equal(other.Forward(X), y)
    assert not np.shares_memory(other.parameters, net.parameters)
    for part in parts(other):
        assert np.shares_memory(part.parameters, other.parameters)
    part = copied(net.layers[0])            # a layer held, alone
    assert not np.shares_memory(part.parameters, net.parameters)
    Sequential(layers=[part])


def test_a_later_layer_joins_with_its_weights():
    inner, net = Sequential(), Sequential()
    net.Add(inner)
    assert net.parameters is None
    inner.Add(Linear, 3, 2)
    net.Add(Linear(2, 2))
    inner.Add(Linear(2, 2))                 # deeper, and in between
    assert net.parameters.size == 8 + 6 + 6
    net.parameters[:] = 7
    assert all((part.parameters == 7).all() for part in parts(net))
    net.Add(Linear(out_size=1))
    assert net.parameters is None and (inner.parameters == 7).all()
    net.Forward(X)
    assert net.parameters.size == 20 + 3 and (net.parameters[:20] == 7).all()


def test_a_layer_that_is_made_again_joins_again():
    linear = Linear(3, 2)
    net = Sequential(layers=[linear, TanH()])
    net.Forward(X)
    linear.__init__(3, 5)
    assert net.Forward(X).shape == (5, 5)
    assert net.parameters.size == 20 and np.shares_memory(net.parameters, linear.parameters)
    linear.__init__(3, 5, dtype="float32")
    assert net.Forward(X.astype("float32")).dtype == net.dtype == net.parameters.dtype == "float32"


def test_a_layer_that_infers_alone_joins():
    linear = Linear(out_size=2)
    net = Sequential(layers=[linear, TanH()])
    expected = np.tanh(linear.Forward(X))
    assert np.shares_memory(net.parameters, linear.parameters)
    np.testing.assert_allclose(net.Forward(X), expected)


# ---------------------------------------------------------------- who belongs to whom


@pytest.mark.parametrize("cls", CONTAINERS)
def test_a_layer_belongs_to_one(cls):
    linear, holder, other = Linear(3, 3), cls(), cls()
    holder.Add(linear)
    before = linear.parameters.copy()
    for call in (lambda: holder.Add(linear), lambda: other.Add(linear), lambda: WeightNorm(linear),
                 lambda: cls(layers=[linear]), lambda: holder.Add(holder)):
        with pytest.raises(ValueError, match=r"^\w+: layer is a \w+ that (belongs|holds)"):
            call()
    other.Add(holder)
    deepest = cls(layers=[TanH()])
    holder.Add(deepest)
    with pytest.raises(ValueError, match=f"^{cls.__name__}: layer is a {cls.__name__} that holds"):
        deepest.Add(other)
    assert holder.layers == (linear, deepest) and other.layers == (holder,)
    np.testing.assert_array_equal(linear.parameters, before)
    other.Forward(X)
    assert np.shares_memory(linear.parameters, other.parameters)


def test_a_layer_is_free_when_its_holder_is_gone():
    linear = Linear(3, 2)
    for _ in range(2):
        net = Sequential(layers=[linear, TanH()])
        net.Forward(X)
        del net
        gc.collect()


@pytest.mark.parametrize("bad, error", [(3, TypeError), (None, TypeError), (TanH, None),
                                        (Linear, TypeError), (int, TypeError),
                                        (Linear.__new__(Linear), RuntimeError)])
def test_what_can_be_added(bad, error):
    net = Sequential(layers=[Linear(3, 2)])
    if error is None:
        net.Add(bad)
        return
    with pytest.raises(error):
        net.Add(bad)
    assert len(net.layers) == 1
    net.Forward(X)


def test_arguments_go_with_a_class():
    with pytest.raises(TypeError, match="^Sequential: layer is Linear.* expected a class"):
        Sequential().Add(Linear(3, 2), 3)


def test_weights_have_one_dtype():
    inner = Sequential(layers=[TanH()])
    net = Sequential(layers=[Linear(3, 2), inner])
    net.Forward(X)
    for holder in (net, inner):
        with pytest.raises(TypeError, match="^Sequential: layers have the dtypes"):
            holder.Add(Linear(2, 2, dtype="float32"))
    assert net.parameters.size == 8
    np.testing.assert_array_equal(net.Forward(X), TanH().Forward(net.layers[0].Forward(X)))
    inner.layers[0].__init__()
    assert inner.dtype is None and net.dtype == "float64"


@pytest.mark.parametrize("cls", [AddMerge, MultiplyMerge, Concat])
def test_a_merge_of_nothing(cls):
    with pytest.raises(RuntimeError, match=f"^{cls.__name__}: has no layers"):
        cls().Forward(X)


def test_concat_knows_mlpacks_other_constructor():
    merged = Concat(True, True)
    assert merged.model and merged.axis == 0 and merged.input_size is None


@pytest.mark.parametrize("cls, shown", [(Sequential, True), (Residual, True), (Highway, True),
                                        (AddMerge, False), (MultiplyMerge, False), (Concat, False)])
def test_model_is_mlpacks_accessor(cls, shown):
    linear = Linear(3, 3)
    assert bool(cls(layers=[TanH()]).Model()) == shown
    assert cls(model=True, layers=[linear]).Model() == (linear,)
    assert cls(model=False, layers=[TanH()]).Model() == ()
    assert MultiLayer([TanH()]).Model() != ()


# ---------------------------------------------------------------- modes


def test_modes_reach_every_layer():
    dropout, linear = Dropout(0.5), Linear(3, 3)
    net = Sequential(layers=[linear, AddMerge(layers=[dropout, TanH()])])
    rng = np.random.default_rng(3)
    net.training, net.rng = False, rng
    assert not dropout.training and dropout.rng is rng and linear.rng is rng
    np.testing.assert_array_equal(net.Forward(X), net.Forward(X))
    net.training = True
    assert not np.array_equal(net.Forward(X), net.Forward(X))
    before = net.parameters.copy()
    net.Reset()
    assert not np.array_equal(net.parameters, before)
    assert np.shares_memory(net.parameters, linear.parameters)
    for bad in (2, None, "no"):
        with pytest.raises(TypeError, match="^Sequential: training"):
            net.training = bad
    with pytest.raises(TypeError, match="^Sequential: rng"):
        net.rng = 3


def test_a_copy_keeps_the_mode_of_each_layer():
    net = Sequential(layers=[Dropout(0.5), Dropout(0.5)])
    net.layers[0].training = False
    other = copy.deepcopy(net)
    assert [one.training for one in other.layers] == [False, True] and other.training


# ---------------------------------------------------------------- passes


def test_gradient_with_and_without_backward():
    rng = np.random.default_rng(1)
    net = Sequential(layers=[Linear(3, 4), LogSoftMax(), Linear(4, 4), Dropout(0.3), LogSoftMax()])
    y = net.Forward(X)
    errors = rng.normal(size=(2, *y.shape))
    alone = [net.Gradient(X, error) for error in errors]
    for error, expected in zip(errors, alone):
        net.Backward(X, y, error)
        np.testing.assert_array_equal(net.Gradient(X, error), expected)
        np.testing.assert_array_equal(net.Gradient(X, 2 * error), 2 * expected)
    error = errors[0]
    net.Backward(X, y, error)
    error += 1                              # the same array, with other numbers
    expected = net.Gradient(X, error)
    net.Backward(X, y, error)
    np.testing.assert_array_equal(net.Gradient(X, error), expected)
    other = X + 1
    net.layers[3].mask = net.layers[3].mask
    y = net.Forward(other)                  # what Backward left is of the input before
    gradient = net.Gradient(other, error)
    net.Backward(other, y, error)
    np.testing.assert_array_equal(net.Gradient(other, error), gradient)


def test_gradient_uses_what_backward_left():
    class Counts(TanH):
        calls = 0

        def Backward(self, *arguments):
            Counts.calls += 1
            return super().Backward(*arguments)

    net = Sequential(layers=[Linear(3, 4), Counts(), Linear(4, 2)])
    y = net.Forward(X)
    net.Backward(X, y, y)
    net.Gradient(X, y)
    assert Counts.calls == 1
    net.Gradient(X, y + 1)
    assert Counts.calls == 2


@pytest.mark.parametrize("make", [lambda: deep()[0], lambda: Residual(layers=[Linear(3, 3)]),
                                  lambda: MultiplyMerge(layers=[Linear(3, 3), TanH(), ReLU()])])
def test_backward_follows_forward(make):
    net = make()
    with pytest.raises(RuntimeError, match=f"^{type(net).__name__}: Backward and Gradient need"):
        net.Backward(X, X, X)
    y = net.Forward(X)
    for call in (lambda: net.Backward(X[:2], y[:2], y[:2]), lambda: net.Gradient(X[:2], y[:2])):
        with pytest.raises(RuntimeError, match=f"^{type(net).__name__}: input has shape"):
            call()
    merge = MultiplyMerge(layers=[Sigmoid(), TanH()])
    merge.Forward(X)
    narrow = X.astype("float32")
    with pytest.raises(RuntimeError, match="^MultiplyMerge: input is float32"):
        merge.Backward(narrow, narrow, narrow)
    merge.Add(TanH())
    with pytest.raises(RuntimeError, match="^MultiplyMerge: Backward and Gradient need"):
        merge.Backward(X, X, X)


@pytest.mark.parametrize("make", [
    lambda: Sequential(layers=[Linear(64, 64), TanH(), Sequential(layers=[Linear(64, 64)])]),
    lambda: Residual(layers=[Linear(64, 64), TanH()]),
    lambda: AddMerge(layers=[Linear(64, 64), Linear(64, 64), TanH()]),
    lambda: MultiplyMerge(layers=[Linear(64, 64), TanH(), Sigmoid()]),
    lambda: Concat(layers=[Linear(64, 64), TanH()]),
    lambda: Highway(64, layers=[Linear(64, 64), TanH()]), lambda: WeightNorm(Linear(64, 64))])
def test_a_second_call_allocates_nothing_of_size(make):
    net, x = make(), np.ones((2000, 64))
    y = net.Forward(x)
    out, g, gradient = np.empty_like(y), np.empty_like(x), np.empty_like(net.parameters)

    def passes():
        net.Forward(x, out)
        net.Backward(x, out, y, g)
        net.Gradient(x, y, gradient)
    passes()
    tracemalloc.start()
    passes()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes // 8


def test_images_and_flat_points_give_the_same():
    def net():
        rng = np.random.default_rng(2)
        made = Sequential(layers=[Convolution(2, 3, 2, 2, rng=rng), TanH(), Linear(24, 5, rng=rng)])
        return made
    images = np.random.default_rng(0).normal(size=(6, 2, 3, 5))
    one, other = net(), net()
    other.input_dimensions = 2, 3, 5
    y = one.Forward(images)
    np.testing.assert_array_equal(other.Forward(images.reshape(6, -1)), y)
    g = one.Backward(images, y, y)
    np.testing.assert_array_equal(other.Backward(images.reshape(6, -1), y, y), g.reshape(6, -1))
    with pytest.raises(ValueError, match=r"^Sequential: input has shape \(6, 29\), expected"):
        other.Forward(images.reshape(6, -1)[:, 1:])
    with pytest.raises(ValueError, match="^Sequential: in the layers held, Linear: input has"):
        Sequential(layers=[TanH(), Linear(3, 2)]).Forward(np.zeros((2, 3, 3)))


def test_a_merge_gets_the_layers_own_outputs():
    """Where mlpack gives each layer the merged output."""
    merge, gy = AddMerge(layers=[Sigmoid(), TanH()]), np.ones_like(X)
    y = merge.Forward(X)
    sigmoid, tanh = 1 / (1 + np.exp(-X)), np.tanh(X)
    np.testing.assert_allclose(merge.Backward(X, y, gy),
                               sigmoid * (1 - sigmoid) + 1 - tanh ** 2, rtol=1e-12)


# ---------------------------------------------------------------- foreign code


class Meddles(TanH):
    """A layer that does something in its Forward."""

    def Forward(self, input, output=None):
        self.action()
        return super().Forward(input, output)


def actions(net):
    yield lambda: net.Add(TanH())
    yield lambda: net.__init__()
    yield lambda: net.layers[0].__init__(3, 7)
    yield lambda: net.layers[0].__init__(3, 3, dtype="float32")
    yield lambda: net.Forward(np.ones((2, 3)))
    yield lambda: net.layers[2].__init__(3, 1)


@pytest.mark.parametrize("cls", CONTAINERS)
@pytest.mark.parametrize("number", range(6))
def test_layers_that_change_their_holder(cls, number):
    meddling = Meddles()
    net = cls(layers=[Linear(3, 3), meddling, Linear(3, 3)])
    meddling.action = lambda: None
    net.Forward(X)
    done = []
    meddling.action = lambda: done or (done.append(1), list(actions(net))[number]())
    for call in (lambda: net.Forward(X), lambda: net.Backward(X, net.Forward(X), X),
                 lambda: net.Gradient(X, net.Forward(X))):
        try:
            call()
        except (TypeError, ValueError, RuntimeError):
            pass


@pytest.mark.parametrize("state", [None, {"_modes": 3}, {"_modes": ("yes", None)},
                                   {"_modes": (True, 3)}, {"nonsense": 1}])
def test_forged_states(state):
    net, _ = deep()
    with pytest.raises((TypeError, ValueError)):
        net.__setstate__(state)
    net.Forward(X)


# ---------------------------------------------------------------- time


def recurrent(rho=None, feedback=None, inner=None, dtype="float64"):
    rng = np.random.default_rng(4)
    return Recurrent(Add(3, dtype=dtype), inner or Linear(2, 3, dtype=dtype, rng=rng),
                     feedback or Linear(3, 3, dtype=dtype, rng=rng), TanH(), rho)


def by_steps(net, x, gy):
    """Return output, g and gradient of a sequence that is given step by step."""
    net.ResetCell()
    steps = range(x.shape[1])
    y = [net.Forward(x[:, t]) for t in steps]
    g, gradient = [None] * len(steps), 0
    for t in reversed(steps):
        g[t] = net.Backward(x[:, t], y[t], gy[:, t])
        gradient = gradient + net.Gradient(x[:, t], gy[:, t])
    return np.stack(y, 1), np.stack(g, 1), gradient


RNG = np.random.default_rng(5)
SEQUENCE, SLOPE = RNG.normal(size=(4, 6, 2)), RNG.normal(size=(4, 6, 3))


@pytest.mark.parametrize("make", [
    recurrent, lambda: recurrent(100),
    lambda: recurrent(feedback=Sequential(layers=[Linear(3, 5), TanH(), Linear(5, 3)])),
    lambda: recurrent(inner=Sequential(layers=[Linear(2, 4), TanH(), Linear(4, 3)]))])
def test_steps_are_the_sequence(make):
    net = make()
    y = net.Forward(SEQUENCE)
    g = net.Backward(SEQUENCE, y, SLOPE)
    expected = y, g, net.Gradient(SEQUENCE, SLOPE)
    for _ in range(2):
        for one, other in zip(by_steps(net, SEQUENCE, SLOPE), expected):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(net.Forward(SEQUENCE), y)


def test_the_state_starts_again():
    net = recurrent()
    x = SEQUENCE[:, 0]
    first, second = net.Forward(x), net.Forward(x)
    assert not np.array_equal(first, second)
    net.ResetCell()
    np.testing.assert_array_equal(net.Forward(x), first)
    np.testing.assert_array_equal(net.Forward(x[:3]), first[:3])    # other points, another start
    net.ResetCell(2)
    for expected in (first, second, first, second):
        np.testing.assert_allclose(net.Forward(x), expected, rtol=1e-14)
    net.rho = 1
    net.ResetCell()
    for _ in range(2):
        np.testing.assert_array_equal(net.Forward(x), first)
    whole = recurrent(2).Forward(np.repeat(x[:, None], 4, 1))
    for t, expected in enumerate((first, second, first, second)):
        np.testing.assert_allclose(whole[:, t], expected, rtol=1e-14)
    for bad, error in ((0, ValueError), (1.5, TypeError)):
        with pytest.raises(error, match="^Recurrent: size is"):
            net.ResetCell(bad)


def test_gradient_of_a_step_without_its_backward():
    net = recurrent()
    outputs = [net.Forward(SEQUENCE[:, t]) for t in range(3)]
    alone = net.Gradient(SEQUENCE[:, 2], SLOPE[:, 2])
    net.Backward(SEQUENCE[:, 2], outputs[2], SLOPE[:, 2])
    np.testing.assert_array_equal(net.Gradient(SEQUENCE[:, 2], SLOPE[:, 2]), alone)
    assert not np.array_equal(net.Gradient(SEQUENCE[:, 2], SLOPE[:, 1]), alone)
    net.Backward(SEQUENCE[:, 1], outputs[1], SLOPE[:, 1])
    assert not np.array_equal(net.Gradient(SEQUENCE[:, 1], SLOPE[:, 1]), alone)


def test_without_training_only_the_latest_step_is_kept():
    net, trained = recurrent(), recurrent()
    trained.parameters = net.parameters
    net.training = False
    for t in range(5):
        y = net.Forward(SEQUENCE[:, t])
        np.testing.assert_array_equal(y, trained.Forward(SEQUENCE[:, t]))
    g = net.Backward(SEQUENCE[:, 4], y, SLOPE[:, 4])
    np.testing.assert_array_equal(g, trained.Backward(SEQUENCE[:, 4], y, SLOPE[:, 4]))
    with pytest.raises(RuntimeError, match="^Recurrent: the step is kept no more"):
        net.Backward(SEQUENCE[:, 3], y, SLOPE[:, 3])


def test_random_layers_draw_anew_in_each_step():
    net = recurrent(feedback=Sequential(layers=[Linear(3, 3), Dropout(0.5)]))
    net.rng = np.random.default_rng(0)
    x = np.ones((1, 12, 2))
    y = net.Forward(x)
    masks, linear = [], net.feedback.layers[0]
    for t in range(1, 12):
        total = np.arctanh(y[:, t]) - net.input.Forward(x[:, t])
        masks.append(tuple((total / linear.Forward(y[:, t - 1]) > 1).ravel()))
    assert len(set(masks)) > 2
    gradient = net.Gradient(x, SLOPE[:1].repeat(2, 1))      # of the masks drawn
    net.parameters += 1e-6 * gradient
    net.training = False
    np.testing.assert_array_equal(net.Forward(x), net.Forward(x))


def test_copies_for_steps_share_the_weights():
    net = recurrent(feedback=Sequential(layers=[Linear(3, 3)]))
    net.Forward(SEQUENCE)
    net.parameters = np.arange(net.parameters.size) / 50
    plain = recurrent(feedback=Linear(3, 3))
    plain.parameters = net.parameters
    np.testing.assert_array_equal(net.Forward(SEQUENCE), plain.Forward(SEQUENCE))
    assert net.parameters.base is not None and (
        net.parameters == np.arange(net.parameters.size) / 50).all()


def test_a_second_sequence_allocates_nothing_of_size():
    net, x = recurrent(), np.ones((500, 20, 2))
    y = net.Forward(x)
    out, g, gradient = np.empty_like(y), np.empty_like(x), np.empty_like(net.parameters)

    def passes():
        net.Forward(x, out)
        net.Backward(x, out, y, g)
        net.Gradient(x, y, gradient)
    passes()
    tracemalloc.start()
    passes()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes // 4


def test_steps_and_sequences_are_not_mixed():
    net = recurrent()
    y = net.Forward(SEQUENCE)
    with pytest.raises(RuntimeError, match="^Recurrent: input has shape"):
        net.Backward(SEQUENCE[:, 0], y[:, 0], y[:, 0])
    net.Forward(SEQUENCE[:, 0])
    with pytest.raises(RuntimeError, match="^Recurrent: input has shape"):
        net.Backward(SEQUENCE, y, y)
    assert net.Model() == (net.start, net.input, net.feedback, net.transfer)


@pytest.mark.parametrize("make", [lambda: WeightNorm(Linear(3, 2)), recurrent, lambda: Highway(3)])
def test_a_base_class_constructor_called_later_disables(make):
    layer, x = make(), np.ones((2, 2 if make is recurrent else 3))
    layer.Forward(x)
    for base in type(layer).__mro__[1:-1]:
        with pytest.raises(TypeError, match="is a base class"):
            base.__init__(layer)
        with pytest.raises(RuntimeError, match="__init__ was not called, or failed"):
            layer.Forward(x)
