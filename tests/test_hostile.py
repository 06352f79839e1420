"""Objects and calls that no careful user would try: refused by name, and nothing crashes."""
import array
import copy
import ctypes
import inspect
import pickle

import numpy as np
import pytest

from mlpack_ann import layer as layers
from mlpack_ann import loss_functions, regularizer
from mlpack_ann.activation_functions import TanhFunction
from mlpack_ann.dists import BernoulliDistribution
from mlpack_ann.layer.layer import Layer
from tests.cases import LAYERS, LOSSES
from tests.checks import generator, torch_or_skip

IMAGE = np.arange(32.0).reshape(2, 1, 4, 4)


# ---------------------------------------------------------------- arrays of other libraries


@pytest.mark.parametrize("out", [memoryview(np.zeros(6)), array.array("d", [0] * 6),
                                 (ctypes.c_double * 6)(), np.ma.zeros(6)],
                         ids=lambda out: type(out).__name__)
def test_buffers_are_inputs_and_outputs(out):
    x = np.linspace(-1, 1, 6)
    relu = layers.ReLU()
    assert relu.Forward(x, out) is out
    np.testing.assert_array_equal(np.asarray(out), relu.Forward(x))
    np.testing.assert_array_equal(relu.Forward(out), relu.Forward(x))


def test_tensors_are_inputs_and_outputs():
    torch = torch_or_skip()
    x, out = torch.linspace(-1, 1, 6).reshape(2, 3), torch.zeros(2, 3)
    relu = layers.ReLU()
    assert relu.Forward(x, out) is out
    assert torch.equal(out, x.relu())
    np.testing.assert_array_equal(relu.Forward(x.T), x.T.relu())
    for bad in (x.clone().requires_grad_(), x.bfloat16(), x.to_sparse(), x.to("meta")):
        for call in (lambda: relu.Forward(bad), lambda: relu.Forward(x, bad)):
            with pytest.raises(TypeError, match="^ReLU: (in|out)put "):
                call()
    with pytest.raises(ValueError, match="^ReLU: output is not C-contiguous"):
        relu.Forward(x.T, out.T)
    with pytest.raises(ValueError, match="^ReLU: output shares memory with input"):
        relu.Forward(x, x)


class Copies:
    def __array__(self, dtype=None, copy=None):
        return np.zeros(3)


class HalfDLPack:
    def __dlpack__(self, **options):
        return None


@pytest.mark.parametrize("out", [np.float32(1), np.float64(1), Copies(), [0.0] * 3, "abc", 1.0,
                                 b"12345678", HalfDLPack(), np.zeros(3, np.dtypes.StringDType())],
                         ids=lambda out: type(out).__name__)
def test_what_cannot_be_written_to_is_no_output(out):
    x = np.ones(3) if not np.isscalar(out) else np.ones((), getattr(out, "dtype", float))
    with pytest.raises((TypeError, ValueError), match="^TanhFunction: y "):
        TanhFunction().Fn(x, out)


@pytest.mark.parametrize("x", [HalfDLPack(), np.zeros(3, np.dtypes.StringDType()), np.ndarray,
                               np.zeros(3, "f4,f4"), 10**400], ids=lambda x: type(x).__name__)
def test_what_cannot_be_read_is_no_input(x):
    with pytest.raises(TypeError, match="^TanhFunction: x "):
        TanhFunction().Fn(x)


def test_an_output_within_a_strided_input_is_refused():
    memory = np.ones((4, 6))
    before = memory.copy()
    x, out = memory[:2, ::2], memory[1, :].reshape(2, 3)
    loss, target = loss_functions.MeanSquaredError(), np.zeros((2, 3))
    for call in (lambda: layers.ReLU().Forward(x, out),
                 lambda: layers.ReLU().Backward(target, x, target, out),
                 lambda: TanhFunction().Fn(x, out),
                 lambda: loss.Backward(target, x, out),
                 lambda: regularizer.L2Regularizer().Evaluate(x, out)):
        with pytest.raises(ValueError, match="shares memory with"):
            call()
        np.testing.assert_array_equal(memory, before)


# ---------------------------------------------------------------- arguments


@pytest.mark.parametrize("bad", [2**31, 2**63, 10**5000, -1, 0, "3", None, np.nan, 1.0, np.ones(2)],
                         ids=lambda bad: type(bad).__name__)
def test_sizes(bad):
    for make in (lambda: layers.MaxPooling(bad, 2), lambda: layers.Linear(3, bad),
                 lambda: layers.AdaptiveMeanPooling(2, bad)):
        with pytest.raises((TypeError, ValueError), match=r"^\w+: \w+ is .{,300}, expected"):
            make()


@pytest.mark.parametrize("bad", ["0.5", b"0.5", 10**400, None, np.nan, np.inf, [0.5], 1j])
def test_numbers(bad):
    for make in (lambda: layers.Dropout(bad), lambda: loss_functions.HuberLoss(bad),
                 lambda: layers.LayerNorm(3, bad)):
        with pytest.raises((TypeError, ValueError), match=r"^\w+: \w+ is .{,300}, expected"):
            make()


@pytest.mark.parametrize("bad", ["text", "x y", "(2,)f4,", None, [("a", "f4"), "b"], ">f8", "f2"])
def test_dtypes(bad):
    with pytest.raises(TypeError, match="^Add: dtype is .*, expected float32 or float64"):
        layers.Add(3, dtype=bad)


def test_messages_are_short():
    with pytest.raises(TypeError) as caught:
        layers.Padding(list(range(10**5)))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("cls", [layers.LSTM, layers.FastLSTM, layers.GRU, layers.LinearRecurrent,
                                 layers.NoisyLinear, layers.Linear3D, layers.Linear])
def test_numbers_of_weights_do_not_wrap_around(cls):
    # Of the second pair, the number of FastLSTM's weights is 2**64 + 166832.
    for sizes in ((2**31 - 1, 2**31 - 1), (92680, 2**31 - 46340)):
        with pytest.raises((ValueError, MemoryError), match="parameters would have|Unable to"):
            cls(*sizes)
    layer = cls(out_size=2**31 - 1)
    with pytest.raises(ValueError, match=f"^{cls.__name__}: parameters would have"):
        layer.Forward(np.empty((0, 2**50)))
    assert layer.in_size is None and layer.parameters is None


def test_empty_batches_need_no_tables():
    layer = layers.NearestInterpolation(out_row_size=2**31 - 1, out_col_size=2**16)
    x = np.zeros((0, 1, 3, 3))
    y = layer.Forward(x)
    assert y.shape == (0, 1, 2**16, 2**31 - 1) and layer.Backward(x, y, y).shape == x.shape


def test_sizes_beyond_memory():
    for call in (lambda: layers.Convolution(2**30, 2**30, 2**30, 2**30),
                 lambda: layers.CReLU().OutputShape((2**62, 2**62)),
                 lambda: layers.CReLU().OutputShape((0, 2**62)),
                 lambda: layers.ReLU().OutputShape((2**63,))):
        with pytest.raises(ValueError, match=r"^\w+: (parameters|shape) "):
            call()


@pytest.mark.parametrize("cls", [layers.InstanceNorm, layers.BatchNorm, layers.SpatialDropout])
@pytest.mark.parametrize("bad", [(), (1,) * 64, "ab", 3])
def test_input_dimensions(cls, bad):
    with pytest.raises((TypeError, ValueError), match=f"^{cls.__name__}: input_dimensions "):
        cls().input_dimensions = bad


def test_unpooling_arguments_beside_a_layer():
    for argument in ("kernel_width", "stride_height"):
        with pytest.raises((TypeError, ValueError),
                           match="^UnPooling: (pooling|stride_height) is "):
            layers.UnPooling(layers.MaxPooling(2, 2), **{argument: np.ones(2)})


@pytest.mark.parametrize("cls", [layers.BatchNorm, layers.InstanceNorm])
def test_no_channels(cls):
    layer = cls()
    with pytest.raises(ValueError, match=f"^{cls.__name__}: input has shape"):
        layer.Forward(np.zeros((3, 0)))
    layer.Reset()


@pytest.mark.parametrize("cls", [layers.Linear, layers.Convolution, layers.Add, layers.LayerNorm,
                                 layers.PReLU])
def test_weights_have_a_dtype(cls):
    sizes = {name: 2 for name in cls.__signature__.parameters
             if name in ("in_size", "out_size", "size", "kernel_width", "kernel_height")}
    with pytest.raises(TypeError, match=f"^{cls.__name__}: dtype is None"):
        cls(**sizes, dtype=None)


def test_attributes_are_checked():
    for instance in (layers.Dropout(), BernoulliDistribution([0.5])):
        with pytest.raises(TypeError, match=": rng is 'x', expected"):
            instance.rng = "x"


@pytest.mark.parametrize("state", [None, [], {"nonsense": 1}, {"parameters": [1]}, {1: 2},
                                   {"parameters": np.zeros(4)}, {"training": "yes"}])
def test_forged_states(state):
    for instance in (layers.Linear(2, 3), layers.ReLU(), layers.Add()):
        with pytest.raises((TypeError, ValueError), match=rf"^{type(instance).__name__}: "):
            instance.__setstate__(state)
        instance.Forward(np.ones((1, 2)))


# ---------------------------------------------------------------- constructors


def test_a_refused_input_does_not_fix_sizes():
    layer = layers.Convolution(out_size=2, kernel_width=3, kernel_height=3)
    for x, output in ((np.zeros((1, 7, 1, 1)), None), (np.zeros((1, 7, 5, 5)), np.zeros(3))):
        with pytest.raises(ValueError):
            layer.Forward(x, output)
        assert layer.in_size is None and layer.parameters is None
    assert layer.Forward(np.zeros((1, 3, 5, 5))).shape == (1, 2, 3, 3)


def again(layer, x, arguments):
    """Call the constructor again after a Forward; return whether it was refused."""
    layer.Forward(x)
    try:
        layer.__init__(**arguments)
    except (TypeError, ValueError):
        return True
    return False


@pytest.mark.parametrize("layer, x, arguments", [
    (layers.MaxPooling(2, 2), IMAGE, {"kernel_width": 1, "kernel_height": 1, "floor": "no"}),
    (layers.AdaptiveMaxPooling(2, 2), IMAGE, {"output_width": 4, "output_height": "no"}),
    (layers.Convolution(1, 1, 2, 2), IMAGE, {"in_size": 1, "out_size": 9, "kernel_width": "no"}),
    (layers.Add(2), np.ones((3, 2)), {"out_size": 3, "dtype": "no"}),
    (layers.BatchNorm(2), np.ones((3, 2)), {"size": 3, "dtype": "no"}),
    (layers.Linear(2, 2), np.ones((3, 2)), {"in_size": 3, "out_size": 5, "dtype": "no"}),
    (layers.UnPooling(np.zeros((2, 1, 2, 2), int), 2, 2), IMAGE[..., :2, :2],
     {"pooling": layers.MaxPooling(2, 2), "kernel_width": 2}),
], ids=lambda value: type(value).__name__ if isinstance(value, Layer) else "")
def test_a_second_init_that_fails_disables(layer, x, arguments):
    assert again(layer, x, arguments)
    with pytest.raises(RuntimeError, match="__init__ was not called, or failed"):
        layer.Forward(x)


def test_a_base_class_in_place_of_the_function():
    layer = layers.ReLU()
    with pytest.raises(TypeError, match="^ReLU: is a base class"):
        layers.BaseLayer.__init__(layer, TanhFunction.__new__(TanhFunction))
    with pytest.raises(RuntimeError, match="__init__ was not called, or failed"):
        layer.Forward(IMAGE)


def test_a_second_init_starts_afresh():
    layer = layers.Convolution(1, 1, 2, 2)
    layer.Forward(IMAGE)
    assert not again(layer, IMAGE, {"in_size": 3, "out_size": 4, "kernel_width": 3,
                                    "kernel_height": 3})
    assert layer.Forward(np.zeros((1, 3, 4, 4))).shape == (1, 4, 2, 2)
    linear = layers.Linear(2, 2)
    assert not again(linear, np.ones((3, 2)), {"out_size": 5})
    assert linear.parameters is None
    assert linear.weight is None and linear.bias is None
    linear.Reset()
    assert linear.Forward(np.ones((3, 4))).shape == (3, 5)
    for layer, x in ((layers.Dropout(), IMAGE), (layers.AlphaDropout(), IMAGE),
                     (layers.DropConnect(2, 3), np.ones((3, 2)))):
        layer.Forward(x)
        layer.mask = layer.mask
        layer.__init__(**{name: value for name, value in (("in_size", 2), ("out_size", 3))
                          if hasattr(layer, name)})
        assert layer.mask is None
    for layer in (layers.DropConnect(5, 4), layers.NoisyLinear(5, 4)):
        layer.Forward(np.ones((3, 5)))
        layer.__init__(2, 8)                # as many weights
        assert layer.Forward(np.ones((3, 2))).shape == (3, 8)
        assert layer.Backward(np.ones((3, 2)), np.ones((3, 8)), np.ones((3, 8))).shape == (3, 2)


@pytest.mark.parametrize("case", LAYERS + LOSSES, ids=lambda case: case.id)
def test_the_constructor_of_a_base_class_is_not_enough(case):
    """It makes a complete object, or is refused; and the object's calls work or are refused."""
    for base in case.cls.__mro__[1:-1]:
        blank = case.cls.__new__(case.cls)
        try:
            base.__init__(blank)
        except TypeError as error:
            assert "base class" in str(error) or "argument" in str(error) or "None" in str(error)
        x = case.draw(generator(case))[1]
        x = np.ones(x if isinstance(blank, Layer) else np.shape(x))
        calls = [blank.Forward] if isinstance(blank, Layer) else [
            lambda x: blank.Forward(x, x), lambda x: blank.Forward(x, np.zeros(len(x), int))]
        for call in calls:
            try:
                call(x)
            except (TypeError, ValueError, RuntimeError) as error:
                assert str(error).startswith(case.cls.__name__ + ": ")


def test_a_regularizer_that_was_not_initialised():
    gradient = np.zeros(3)
    with pytest.raises(RuntimeError, match="^L2Regularizer: __init__ was not called"):
        regularizer.L2Regularizer.__new__(regularizer.L2Regularizer).Evaluate(np.ones(3), gradient)
    with pytest.raises(TypeError, match="^L2Regularizer: gradient "):
        regularizer.L2Regularizer().Evaluate(np.ones(2), [[1], [1, 2]])


# ---------------------------------------------------------------- classes that inherit in Python


class Same(layers.Linear):
    pass


class PassesOn(layers.Linear):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)


class Chooses(layers.HardTanH):
    def __init__(self, limit=2.0):
        self.limit = limit
        super().__init__(limit, -limit)


def test_classes_that_inherit_can_be_shown_and_copied():
    for instance, text in ((Same(2, out_size=3), "Same(in_size=2, out_size=3)"),
                           (PassesOn(2, 3), "PassesOn(in_size=2, out_size=3)"),
                           (Chooses(4.0), "Chooses(limit=4.0)")):
        assert repr(instance) == text
        x = np.array([[-5.0, 1]])
        for other in (copy.deepcopy(instance), pickle.loads(pickle.dumps(instance))):
            assert type(other) is type(instance)
            np.testing.assert_array_equal(other.Forward(x), instance.Forward(x))
    assert inspect.signature(Same) == inspect.signature(layers.Linear)


# ---------------------------------------------------------------- foreign code during a call


class Meddles:
    """An array that does something when it is read."""

    def __init__(self, values, action):
        self.values, self.action = values, action

    def __array__(self, dtype=None, copy=None):
        self.action()
        return self.values


def test_arguments_that_change_the_layer_while_they_are_read():
    pooling = layers.MaxPooling(2, 2, 2, 2)
    pooled = pooling.Forward(IMAGE)
    unpooling = layers.UnPooling(pooling)
    y = unpooling.Forward(pooled)
    larger = np.zeros((2, 1, 40, 40))
    with pytest.raises(RuntimeError, match="^UnPooling: input has shape"):
        unpooling.Backward(pooled, y, Meddles(y, lambda: pooling.Forward(larger)))
    pooling.Forward(IMAGE)
    with pytest.raises(ValueError, match="^MaxPooling: output has shape"):
        pooling.Backward(IMAGE, pooled, Meddles(pooled, lambda: pooling.__init__(1, 1)))
    add = layers.Add(4)
    with pytest.raises(RuntimeError, match="^Add: __init__ was called while"):
        add.Gradient(np.ones((1, 4)), Meddles(np.ones((1, 4)),
                                              lambda: add.__init__(4, dtype="float32")))


class Number:
    """A number that does something, once, when it is read."""

    def __init__(self, value, action):
        self.value, self.action = value, action

    def read(self, *args, **options):
        action, self.action = self.action, None
        if action:
            action()
        return self.value

    __index__ = __float__ = read


@pytest.mark.parametrize("cls, good, name", [
    (layers.Linear, (2, 3), "out_size"), (layers.Linear3D, (2, 3), "out_size"),
    (layers.LSTM, (2, 3), "out_size"), (layers.FastLSTM, (2, 3), "out_size"),
    (layers.GRU, (2, 3), "out_size"), (layers.LinearRecurrent, (2, 3), "in_size"),
    (layers.NoisyLinear, (2, 3), "out_size"), (layers.DropConnect, (2, 3), "in_size"),
    (layers.Embedding, (5, 3), "vocab_size"), (layers.Glimpse, (1, 2, 1, 2, 4, 4), "depth"),
    (layers.MultiheadAttention, (3, 2), "num_heads"), (layers.LpPooling, (2, 2, 2), "norm_type"),
    (layers.GroupNorm, (2, 4), "size"), (layers.AlphaDropout, (), "alpha_dash"),
    (layers.ChannelShuffle, (2, 2, 4, 2), "group_count"),
], ids=lambda value: value.__name__ if isinstance(value, type) else "")
def test_arguments_that_call_the_constructor(cls, good, name):
    """Their sizes must not be mixed with those of that call."""
    layer = cls.__new__(cls)
    arguments = dict(zip(cls.__signature__.parameters, good))
    number = Number(arguments.get(name, 2), lambda: layer.__init__(*good))
    with pytest.raises((RuntimeError, TypeError), match=f"^{cls.__name__}: .*__init__ was called"):
        layer.__init__(**{**arguments, name: number})
    with pytest.raises(RuntimeError, match=f"^{cls.__name__}: __init__ was not called, or failed"):
        layer.Forward(np.ones((2, 4, 2, 2)))
    layer.__init__(*good)
    repr(layer)


class Interferes(np.random.Generator):
    """A generator that does something, once, when it is asked for numbers."""
    action = None

    def act(self):
        action, self.action = self.action, None
        if action:
            action()

    def random(self, *args, **options):
        self.act()
        return super().random(*args, **options)

    def standard_normal(self, *args, **options):
        self.act()
        return super().standard_normal(*args, **options)

    def uniform(self, *args, **options):
        self.act()
        return super().uniform(*args, **options)


@pytest.mark.parametrize("cls", [layers.NoisyLinear, layers.DropConnect])
@pytest.mark.parametrize("sizes", [{"in_size": 501, "out_size": 500}, {"out_size": 30}])
def test_drawing_that_changes_the_sizes(cls, sizes):
    rng = Interferes(np.random.PCG64(1))
    layer = cls(200, 801, rng=rng)
    rng.action = lambda: layer.__init__(**sizes)
    with pytest.raises(RuntimeError, match=f"^{cls.__name__}: __init__ was called while numbers"):
        layer.Forward(np.ones((3, 200)))
    for call in ("ResetNoise", "Reset") if cls is layers.NoisyLinear else ():
        layer = cls(200, 801, rng=rng)
        rng.action = lambda: layer.__init__(**sizes)
        with pytest.raises(RuntimeError, match="^NoisyLinear: __init__ was called while numbers"):
            getattr(layer, call)()


@pytest.mark.parametrize("cls", [layers.Linear, layers.Linear3D, layers.NoisyLinear,
                                 layers.DropConnect])
def test_initial_weights_that_change_the_sizes(cls):
    """Both sizes have as many weights, so that what was drawn fits."""
    rng = Interferes(np.random.PCG64(1))
    layer = cls(out_size=4, rng=rng)
    rng.action = lambda: layer.__init__(2, 8)
    with pytest.raises((ValueError, RuntimeError),
                       match=f"^{cls.__name__}: (input has shape|__init__ was called while)"):
        layer.Forward(np.ones((3, 5)))
    rng.action = lambda: layer.__init__(5, 4, dtype="float32")
    layer.__init__(out_size=4, rng=rng)
    with pytest.raises(RuntimeError, match=f"^{cls.__name__}: __init__ was called while"):
        layer.Forward(np.ones((3, 5)))


def test_copies_for_each_step_that_are_none():
    copies = [lambda self: DropConnectOf.__new__(DropConnectOf), lambda self: DropConnectOf(None, 3),
              lambda self: DropConnectOf(2, 6), lambda self: layers.Linear(3, 3)]

    class DropConnectOf(layers.DropConnect):
        def __deepcopy__(self, memo):
            return made(self)

    class SequentialOf(layers.Sequential):
        def __deepcopy__(self, memo):
            return layers.Linear(3, 3)

    for made in copies:
        for feedback in (DropConnectOf(3, 3), SequentialOf(layers=[DropConnectOf(3, 3)])):
            layer = layers.Recurrent(layers.Linear(3, 3), layers.Linear(2, 3), feedback,
                                     layers.TanHLayer())
            with pytest.raises(RuntimeError, match="^Recurrent: a copy of .* is .*, expected the"):
                layer.Forward(np.ones((2, 4, 2)))


@pytest.mark.parametrize("state", [{"_noises": 1}, {"_noises": (1, 2)}, {"_noises": (None,)}])
def test_forged_noise(state):
    with pytest.raises((TypeError, ValueError), match="^NoisyLinear: noise "):
        layers.NoisyLinear(2, 3).__setstate__(state)


def test_masks_of_no_keys():
    layer = layers.MultiheadAttention(3, 2, embed_dim=4)
    for name in ("attn_mask", "key_padding_mask"):
        with pytest.raises(ValueError, match=f"^MultiheadAttention: {name} has shape"):
            setattr(layer, name, np.zeros((3, 0)))


@pytest.mark.parametrize("case", LAYERS + LOSSES, ids=lambda case: case.id)
def test_an_object_without_init_can_be_shown(case):
    assert repr(case.cls.__new__(case.cls)).startswith(case.cls.__name__ + "(")


def test_nobody_reshapes_the_parameters():
    layer = layers.Add(4)
    for view in (layer.parameters, layers.Linear(2, 2).weight):
        owner = view.base
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        owner.shape = (2, -1)
    assert layer.parameters.shape == (4,)
    np.testing.assert_array_equal(layer.Forward(np.ones((1, 4))), np.ones((1, 4)))
