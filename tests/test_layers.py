"""What every layer promises, checked on every row of `cases.LAYERS`."""
import copy
import inspect
import pickle

import numpy as np
import pytest

from mlpack_ann import layer as package
from mlpack_ann.layer.elementwise import Elementwise
from mlpack_ann.layer.layer import Layer
from tests.cases import LAYERS
from tests.checks import (DRAWS, Checks, assert_close, draws_of, generator, public_classes,
                          slope, torch_or_skip)

check = Checks()
BASES = {"BaseLayer", "RecurrentLayer"}     # made by the rows of the classes that inherit


def make(case, dtype, draw=0):
    """Return a layer, an input, and the generator for more."""
    rng = generator(case, draw)
    arguments, shape = case.draw(rng)
    layer = case.make(arguments, rng, dtype, shape)
    return layer, case.input(layer, shape, rng).astype(dtype), rng


def copied(layer, dtype):
    """Return the layer with its weights in another precision."""
    def narrow(value):
        if isinstance(value, tuple):
            return tuple(map(narrow, value))
        return copied(value, dtype) if isinstance(value, Layer) else value

    arguments = {name: narrow(getattr(layer, name))
                 for name in type(layer).__signature__.parameters}
    if "dtype" in arguments:
        arguments["dtype"] = dtype
    other = type(layer)(**arguments)
    state = layer.__getstate__()
    if state.get("parameters") is not None:
        state["parameters"] = state["parameters"].astype(dtype)
    other.__setstate__(state)
    return other


def normal(rng, shape, dtype):
    return rng.normal(size=shape).astype(dtype)


# ---------------------------------------------------------------- numbers


@check
def forward_is_the_reference(case, dtype):
    for draw in draws_of(case):
        layer, x, _ = make(case, np.float64, draw)
        y = layer.Forward(x)                # infers sizes and keeps what references may need
        expected = case.reference(layer, x)
        assert y.shape == expected.shape == layer.OutputShape(x.shape)
        assert_close(y, expected, 1e-12)
        if dtype == np.float32:
            narrow = copied(layer, dtype)
            y = narrow.Forward(x.astype(dtype))
            assert y.dtype == dtype
            assert_close(y, expected, case.rtol32)


@check
def backward_is_the_derivative(case, dtype):
    for draw in draws_of(case):
        layer, x, rng = make(case, np.float64, draw)
        y = layer.Forward(x)
        gy = normal(rng, y.shape, np.float64)
        g = layer.Backward(x, y, gy)
        assert g.shape == x.shape
        if case.indices:
            assert not g.any()
        elif dtype == np.float64:
            assert_close(g, slope(lambda: (layer.Forward(x) * gy).sum(), x), 1e-6)
        else:
            x32 = x.astype(dtype)
            narrow = copied(layer, dtype)
            y32 = narrow.Forward(x32)
            g32 = narrow.Backward(x32, y32, gy.astype(dtype))
            assert g32.dtype == dtype
            assert_close(g32, g, 10 * case.rtol32)


@check
def gradient_is_the_derivative(case, dtype):
    for draw in draws_of(case):
        layer, x, rng = make(case, np.float64, draw)
        y = layer.Forward(x)
        error = normal(rng, y.shape, np.float64)
        gradient = layer.Gradient(x, error)
        if layer.parameters is None:
            assert gradient.shape == (0,) and gradient.dtype == np.float64
            return
        parameters = layer.parameters
        assert gradient.shape == parameters.shape
        if dtype == np.float64:
            expected = slope(lambda: (layer.Forward(x) * error).sum(), parameters)
            assert_close(gradient, expected, 1e-6)
        else:
            narrow = copied(layer, dtype)
            x32 = x.astype(dtype)
            narrow.Forward(x32)
            assert_close(narrow.Gradient(x32, error.astype(dtype)), gradient, 10 * case.rtol32)


@check
def agrees_with_torch(case, dtype):
    if case.torch is None:
        pytest.skip("PyTorch has no such operation")
    torch = torch_or_skip()
    for draw in draws_of(case):
        layer, x, rng = make(case, np.float64, draw)
        y = layer.Forward(x)
        gy = normal(rng, y.shape, np.float64)
        flat = layer.parameters
        leaves = [torch.tensor(a, requires_grad=True)
                  for a in (x, np.empty(0) if flat is None else flat)]
        expected = case.torch(layer, *leaves)
        assert_close(y, expected.detach().numpy(), 1e-12)
        expected.backward(torch.tensor(gy))
        assert_close(layer.Backward(x, y, gy), leaves[0].grad.numpy(), 1e-10)
        if flat is not None:
            assert_close(layer.Gradient(x, gy), leaves[1].grad.numpy(), 1e-10)


@check
def nan_stays_visible(case, dtype):
    if case.ignores_input:
        pytest.skip("the output does not depend on the input")
    layer, x, _ = make(case, dtype)
    if case.indices:
        with pytest.raises(ValueError, match=f"^{case.cls.__name__}: input has the index nan"):
            layer.Forward(np.full_like(x, np.nan))
        return
    unknown = np.isnan(layer.Forward(np.full_like(x, np.nan)))
    assert unknown.all() if isinstance(layer, Elementwise) else unknown.any()


# ---------------------------------------------------------------- arrays


@check
def outputs_given_are_filled_and_returned(case, dtype):
    layer, x, rng = make(case, dtype)
    y = layer.Forward(x)
    gy = normal(rng, y.shape, dtype)
    g, gradient = layer.Backward(x, y, gy), layer.Gradient(x, gy)
    given = np.full_like(y, np.nan), np.full_like(g, np.nan), np.full_like(gradient, np.nan)
    if hasattr(layer, "mask"):
        layer.mask = layer.mask             # the same draw again
    assert layer.Forward(x, given[0]) is given[0]
    assert layer.Backward(x, y, gy, given[1]) is given[1]
    assert layer.Gradient(x, gy, given[2]) is given[2]
    for result, expected in zip(given, (y, g, gradient)):
        np.testing.assert_array_equal(result, expected)


@check
def inputs_are_left_alone_and_may_have_any_layout(case, dtype):
    layer, x, rng = make(case, dtype)
    y = layer.Forward(x)
    if hasattr(layer, "mask"):
        layer.mask = layer.mask
    gy = normal(rng, y.shape, dtype)
    g, gradient = layer.Backward(x, y, gy), layer.Gradient(x, gy)
    for layout in (np.asfortranarray, lambda a: np.repeat(a, 2, -1)[..., ::2],
                   lambda a: a.astype(a.dtype.newbyteorder()), unaligned):
        arrays = [layout(a) for a in (x, y, gy)]
        for a in arrays:
            a.flags.writeable = False
        np.testing.assert_array_equal(layer.Forward(arrays[0]), y)
        np.testing.assert_array_equal(layer.Backward(*arrays), g)
        np.testing.assert_array_equal(layer.Gradient(arrays[0], arrays[2]), gradient)
        for a, original in zip(arrays, (x, y, gy)):
            np.testing.assert_array_equal(a, original)


def unaligned(a):
    memory = np.zeros(a.nbytes + 1, np.uint8)[1:].view(a.dtype).reshape(a.shape)
    memory[...] = a
    return memory


@check
def an_empty_batch_gives_an_empty_output(case, dtype):
    layer, x, _ = make(case, dtype)
    layer.Forward(x)
    if hasattr(layer, "mask"):
        layer.mask = None
    none = x[:0]
    y = layer.Forward(none)
    assert y.shape == layer.OutputShape(none.shape) and y.size == 0
    assert layer.Backward(none, y, y).shape == none.shape
    gradient = layer.Gradient(none, y)
    assert gradient.shape == ((0,) if layer.parameters is None else layer.parameters.shape)
    assert not gradient.any()


@check
def wrong_arguments_are_refused_by_name(case, dtype):
    layer, x, _ = make(case, dtype)
    y = layer.Forward(x)
    gradient = layer.Gradient(x, y)
    calls = {"input": lambda a: layer.Forward(a),
             "output": lambda a: layer.Backward(x, a, y),
             "gy": lambda a: layer.Backward(x, y, a),
             "error": lambda a: layer.Gradient(x, a)}
    for name, call in calls.items():
        good = x if name == "input" else y
        for bad in (None, "text", good.astype(complex), good.astype(np.float16),
                    good.astype(object), object(), {}):
            with pytest.raises(TypeError, match=rf"^{type(layer).__name__}: {name} "):
                call(bad)
        if name != "input":
            with pytest.raises(ValueError, match=rf"^{type(layer).__name__}: {name} has shape"):
                call(good[..., None])
    outputs = {"output": (y, lambda a: layer.Forward(x, a)),
               "g": (x, lambda a: layer.Backward(x, y, y, a)),
               "gradient": (gradient, lambda a: layer.Gradient(x, y, a))}
    other = np.float64 if dtype == np.float32 else np.float32
    for name, (good, call) in outputs.items():
        readonly = good.copy()
        readonly.flags.writeable = False
        bad = [(good.astype(other), TypeError), (good.tolist(), TypeError), ("text", TypeError),
               (good[..., None].copy(), ValueError), (readonly, ValueError)]
        if good.size > 1:
            bad.append((np.repeat(good, 2, -1)[..., ::2], ValueError))
        for array, error in bad:
            with pytest.raises(error, match=rf"^{type(layer).__name__}: {name} "):
                call(array)


@check
def overlapping_outputs_are_refused(case, dtype):
    layer, x, rng = make(case, dtype)
    y = layer.Forward(x)
    memory = np.zeros(x.size + y.size, dtype)
    inside, outside = memory[:x.size].reshape(x.shape), memory[1:1 + y.size].reshape(y.shape)
    inside[...] = x
    before = memory.copy()
    for call in (lambda: layer.Forward(inside, outside),
                 lambda: layer.Backward(x, outside, y, inside),
                 lambda: layer.Backward(x, y, outside, inside)):
        with pytest.raises(ValueError, match=rf"^{type(layer).__name__}: .* shares memory with"):
            call()
        np.testing.assert_array_equal(memory, before)
    if layer.parameters is not None:
        with pytest.raises(ValueError, match="gradient shares memory with parameters"):
            layer.Gradient(x, y, layer.parameters)


@check
def integers_and_booleans_become_floats(case, dtype):
    layer, x, _ = make(case, dtype)
    for kind in (np.int8, np.int64, np.uint8, bool):
        whole = np.ones(x.shape, kind)
        if hasattr(layer, "mask"):
            layer.Forward(x)
            layer.mask = layer.mask
        expected = dtype if layer.dtype is not None else np.float64
        y = layer.Forward(whole)
        assert y.dtype == expected
        np.testing.assert_array_equal(y, layer.Forward(whole.astype(expected)))


@check
def other_shapes_are_refused(case, dtype):
    for arguments, shape in case.bad_shapes:
        layer = case.make(arguments, generator(case), dtype)
        with pytest.raises(ValueError, match=rf"^{type(layer).__name__}: "):
            layer.Forward(np.zeros(shape, dtype))
    layer, x, _ = make(case, dtype)
    with pytest.raises(ValueError, match=rf"^{type(layer).__name__}: input has shape \(\)"):
        layer.Forward(dtype(1))


# ---------------------------------------------------------------- objects


@check
def copies_and_pickles_compute_the_same(case, dtype):
    layer, x, rng = make(case, dtype)
    layer.Forward(x)
    layer.training = False
    y = layer.Forward(x)
    for other in (copy.copy(layer), copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert type(other) is type(layer) and repr(other) == repr(layer) and not other.training
        np.testing.assert_array_equal(other.Forward(x), y)
        if layer.parameters is not None:
            other.parameters = 0 * other.parameters + 7
            assert not (layer.parameters == 7).all()


@check
def what_forward_left_is_required(case, dtype):
    if not case.keeps_forward:
        pytest.skip("Backward needs nothing from Forward")
    layer, x, _ = make(case, dtype)
    y = np.zeros(make_output_shape(case, dtype), dtype)
    with pytest.raises(RuntimeError, match=rf"^{type(layer).__name__}: "):
        layer.Backward(x, y, y)
    layer.Forward(x)
    more = np.concatenate([x, x])
    with pytest.raises(RuntimeError, match=rf"^{type(layer).__name__}: "):
        layer.Backward(more, *[np.zeros(layer.OutputShape(more.shape), dtype)] * 2)


def make_output_shape(case, dtype):
    layer, x, _ = make(case, dtype)
    return layer.Forward(x).shape


@check
def parameters_are_a_live_view(case, dtype):
    layer, x, rng = make(case, dtype)
    y = layer.Forward(x)
    if layer.parameters is None:
        with pytest.raises(ValueError, match=rf"^{type(layer).__name__}: parameters"):
            layer.parameters = np.zeros(3)
        return
    view = layer.parameters
    assert view.ndim == 1 and view.dtype == layer.dtype == dtype
    values = normal(rng, view.shape, dtype)
    view[:] = values
    changed = layer.Forward(x)
    layer.parameters = 0 * values
    assert not view.any()
    layer.parameters = values
    np.testing.assert_array_equal(layer.Forward(x), changed)
    assert view.size == 0 or not np.array_equal(changed, y)
    for bad, error in ((values[:-1], ValueError), (values.astype(complex), TypeError),
                       (None, TypeError)):
        with pytest.raises(error, match=rf"^{type(layer).__name__}: parameters"):
            layer.parameters = bad
    np.testing.assert_array_equal(view, values)


@check
def an_object_that_was_not_initialised_is_refused(case, dtype):
    layer, x, _ = make(case, dtype)
    y = layer.Forward(x)
    blank = type(layer).__new__(type(layer))
    for call in (lambda: blank.Forward(x), lambda: blank.Backward(x, y, y),
                 lambda: blank.Gradient(x, y), lambda: blank.OutputShape(x.shape), blank.Reset):
        with pytest.raises(RuntimeError, match="__init__ was not called"):
            call()


@check.parametrised(LAYERS)
def test_layer(check, case, dtype):
    check(case, dtype)


# ---------------------------------------------------------------- classes

CLASSES = {name: cls for name, cls in public_classes(package).items() if issubclass(cls, Layer)}


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.id)
def test_constructor_refuses(case):
    for arguments, error in case.invalid:
        with pytest.raises(error, match=rf"^{case.cls.__name__}: |argument"):
            case.cls(**arguments)


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.id)
def test_draws_are_various(case):
    shapes = [case.draw(generator(case, draw))[1] for draw in draws_of(case)]
    assert len(shapes) == DRAWS and len(set(shapes)) >= DRAWS // 2
    assert {shape[0] == 1 for shape in shapes} == {True, False}
    if all(len(shape) == 4 for shape in shapes):
        assert any(shape[1] > 1 for shape in shapes)
        assert any(shape[2] != shape[3] for shape in shapes)


def test_every_class_has_a_row():
    assert {case.cls.__name__ for case in LAYERS} == set(CLASSES) - BASES


@pytest.mark.parametrize("name", CLASSES)
def test_docstring(name):
    cls = CLASSES[name]
    text = inspect.getdoc(cls)
    for parameter in inspect.signature(cls).parameters:
        assert f"{parameter} :" in text or f"{parameter}, " in text or f", {parameter}" in text
    assert "batch" in text or "BaseLayer" in text
    assert "Source: mlpack ann/" in inspect.getmodule(cls).__doc__
