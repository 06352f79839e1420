"""What every loss promises, checked on every row of `cases.LOSSES`."""
import inspect
import pickle

import numpy as np
import pytest

import mlpack_ann
from mlpack_ann import layer
from mlpack_ann import loss_functions as package
from mlpack_ann.loss_functions.loss import Loss
from tests.cases import LOSSES
from tests.checks import (DRAWS, Checks, assert_close, draws_of, generator, public_classes,
                          slope, torch_or_skip)

check = Checks()
REDUCTIONS = [True, False, "sum", "mean", "none"]


def make(case, dtype, draw=0, reduction=True):
    """Return a loss, a prediction, a target, and the generator for more."""
    rng = generator(case, draw)
    arguments, p, t = case.draw(rng)
    t = np.asarray(t)
    loss = case.cls(**{**arguments, "reduction": reduction})
    return (loss, np.asarray(p, np.float64).astype(dtype),
            t.astype(dtype) if t.dtype.kind == "f" else t, rng)


def reduced(case, terms, p, reduction):
    if reduction in (True, "sum"):
        return terms.sum()
    return terms.sum() / (case.count(p) if case.count else terms.size)


def assert_same_bits(actual, expected):
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def on_threads(number, call):
    before = mlpack_ann.get_num_threads()
    mlpack_ann.set_num_threads(number)
    try:
        return call()
    finally:
        mlpack_ann.set_num_threads(before)


@check
def forward_is_the_reference(case, dtype):
    for draw in draws_of(case):
        for reduction in REDUCTIONS:
            loss, p, t, _ = make(case, dtype, draw, reduction)
            wide = t.astype(np.float64) if t.dtype == np.float32 else t
            terms = np.asarray(case.reference(loss, p.astype(np.float64), wide))
            value = loss.Forward(p, t)
            tolerance = case.rtol32 if dtype == np.float32 else 1e-12
            if reduction == "none":
                assert value.dtype == dtype and value.shape == terms.shape
                assert_close(value, terms, tolerance)
            else:
                assert type(value) is float
                expected = reduced(case, terms, p, reduction)
                # Rounding grows with the terms, which may cancel in their sum.
                assert abs(value - expected) <= tolerance * max(1, abs(expected), abs(terms).sum())


@check
def backward_is_the_derivative(case, dtype):
    for draw in draws_of(case):
        for reduction in (True, False, "none"):
            loss, p, t, _ = make(case, np.float64, draw, reduction)
            g = loss.Backward(p, t)
            assert g.shape == p.shape
            if dtype == np.float32:
                t32 = t.astype(dtype) if t.dtype.kind == "f" else t
                assert_close(loss.Backward(p.astype(dtype), t32), g, 10 * case.rtol32)
            else:
                assert_close(g, slope(lambda: np.sum(loss.Forward(p, t)), p), 1e-6)


@check
def agrees_with_torch(case, dtype):
    if case.torch is None:
        pytest.skip("PyTorch has no such loss")
    torch = torch_or_skip()
    for draw in draws_of(case):
        loss, p, t, _ = make(case, np.float64, draw, "sum")
        leaf = torch.tensor(p, requires_grad=True)
        expected = case.torch(loss, leaf, torch.tensor(t)).sum()
        assert_close(loss.Forward(p, t), expected.item(), 1e-12)
        expected.backward()
        assert_close(loss.Backward(p, t), leaf.grad.numpy(), 1e-12)


@check
def edges_are_right(case, dtype):
    for arguments, p, t, expected in case.edges:
        loss = case.cls(**arguments)
        t = np.asarray(t)
        t = t.astype(dtype) if t.dtype.kind == "f" else t
        p = np.asarray(p, dtype)
        np.testing.assert_allclose(loss.Forward(p, t), expected, rtol=case.rtol32)
        assert not np.isnan(loss.Backward(p, t)).any()


@check
def nan_stays_visible(case, dtype):
    loss, p, t, _ = make(case, dtype)
    if case.cls.__name__ != "EmptyLoss":
        assert np.isnan(loss.Forward(np.full_like(p, np.nan), t))


@check
def arrays_given_are_filled_and_checked(case, dtype):
    loss, p, t, _ = make(case, dtype)
    name = case.cls.__name__
    g = loss.Backward(p, t)
    out = np.full_like(g, np.nan)
    assert loss.Backward(p, t, out) is out
    np.testing.assert_array_equal(out, g)
    np.testing.assert_array_equal(loss.Backward(np.asfortranarray(p), np.asfortranarray(t)), g)
    assert loss.Forward(np.asfortranarray(p), t) == loss.Forward(p, t)
    other = np.float64 if dtype == np.float32 else np.float32
    for call, error, argument in [
            (lambda: loss.Forward(None, t), TypeError, "prediction"),
            (lambda: loss.Forward("a", t), TypeError, "prediction"),
            (lambda: loss.Forward(p.astype(complex), t), TypeError, "prediction"),
            (lambda: loss.Forward(dtype(1), t), ValueError, "prediction"),
            (lambda: loss.Forward(p, None), TypeError, "target"),
            (lambda: loss.Forward(p, t.astype(complex)), TypeError, "target"),
            (lambda: loss.Forward(p, np.concatenate([t, t])), ValueError, "target"),
            (lambda: loss.Backward(p, t, p), ValueError, "loss"),
            (lambda: loss.Backward(p, t, out.astype(other)), TypeError, "loss"),
            (lambda: loss.Backward(p, t, out[..., None]), ValueError, "loss"),
            (lambda: loss.Backward(p, t, np.repeat(out, 2, -1)[..., ::2]), ValueError, "loss")]:
        with pytest.raises(error, match=rf"^{name}: {argument} "):
            call()
    for arguments, p, t, error in case.bad_input:
        with pytest.raises(error, match=rf"^{name}: "):
            case.cls(**arguments).Forward(np.asarray(p, dtype), np.asarray(t))


@check
def value_with_gradient_is_forward_and_backward(case, dtype):
    name = case.cls.__name__
    for draw in draws_of(case):
        for reduction in REDUCTIONS:
            loss, p, t, _ = make(case, dtype, draw, reduction)
            value, g = loss.EvaluateWithGradient(p, t)
            assert type(value) is type(loss.Forward(p, t))
            assert_same_bits((value, g), (loss.Forward(p, t), loss.Backward(p, t)))
            given = np.full_like(g, np.nan)
            value, g = loss.EvaluateWithGradient(p, t, given)
            assert g is given
            assert_same_bits((value, g), (loss.Forward(p, t), loss.Backward(p, t)))
    for arguments, p_edge, t_edge, _ in case.edges:
        edge, p_edge, t_edge = case.cls(**arguments), np.asarray(p_edge, dtype), np.asarray(t_edge)
        t_edge = t_edge.astype(dtype) if t_edge.dtype.kind == "f" else t_edge
        assert_same_bits(edge.EvaluateWithGradient(p_edge, t_edge),
                         (edge.Forward(p_edge, t_edge), edge.Backward(p_edge, t_edge)))
    for arguments, error, argument in [((None, t), TypeError, "prediction"),
                                       ((p, None), TypeError, "target"),
                                       ((p, np.concatenate([t, t])), ValueError, "target"),
                                       ((p, t, p), ValueError, "loss"),
                                       ((p, t, given[..., None]), ValueError, "loss")]:
        with pytest.raises(error, match=rf"^{name}: {argument} "):
            loss.EvaluateWithGradient(*arguments)
    with pytest.raises(RuntimeError, match="__init__ was not called"):
        case.cls.__new__(case.cls).EvaluateWithGradient(p, t)


@check
def large_batches_are_as_small_ones_on_any_threads(case, dtype):
    # Of many blocks and chunks, the last of them not whole, and of a derivative above 12 MB.
    for elements in (70_000, 13_000_000 // np.dtype(dtype).itemsize):
        loss, small_p, small_t, _ = make(case, dtype, 1, "none")
        copies = elements // small_p.size + 1
        p, t = (np.concatenate([small] * copies) for small in (small_p, small_t))
        wide = t.astype(np.float64) if t.dtype == np.float32 else t
        terms = np.asarray(case.reference(loss, p.astype(np.float64), wide))
        assert_close(loss.Forward(p, t), terms, case.rtol32 if dtype == np.float32 else 1e-12)
        g = loss.Backward(p, t)
        if terms.size > 1:              # or else a point's derivative depends on all others
            np.testing.assert_array_equal(g, np.concatenate([g[:len(small_p)]] * copies))
        for reduction in ("sum", "none"):
            loss.reduction = reduction
            results = [on_threads(n, lambda: (loss.Forward(p, t), loss.Backward(p, t),
                                              *loss.EvaluateWithGradient(p, t)))
                       for n in (1, 2, 3)]
            assert_same_bits(results[0][:2], results[0][2:])
            assert_same_bits(results[0], results[1])
            assert_same_bits(results[0], results[2])


@check
def an_empty_batch_sums_to_nothing(case, dtype):
    for reduction in REDUCTIONS:
        loss, p, t, _ = make(case, dtype, reduction=reduction)
        value = loss.Forward(p[:0], t[:0])
        assert loss.Backward(p[:0], t[:0]).shape == p[:0].shape
        if reduction == "none":
            assert value.size == 0
        elif reduction in (True, "sum"):
            assert value == 0
        else:
            assert np.isnan(value) or value == 0


@check
def objects_can_be_copied(case, dtype):
    for reduction in REDUCTIONS:
        loss, p, t, _ = make(case, dtype, reduction=reduction)
        other = pickle.loads(pickle.dumps(loss))
        assert type(other) is type(loss) and repr(other) == repr(loss)
        assert other.reduction == reduction
        np.testing.assert_array_equal(other.Forward(p, t), loss.Forward(p, t))
    for bad, error in (("max", ValueError), (None, TypeError), (2, TypeError)):
        with pytest.raises(error, match=rf"^{case.cls.__name__}: reduction"):
            loss.reduction = bad
    with pytest.raises(RuntimeError, match="__init__ was not called"):
        case.cls.__new__(case.cls).Forward(p, t)


@check.parametrised(LOSSES)
def test_loss(check, case, dtype):
    check(case, dtype)


def test_empty_loss_hands_on_its_target():
    p, t = np.ones((2, 3)), np.arange(6.0).reshape(2, 3)
    assert package.EmptyLoss().Forward(p, t) == 0
    np.testing.assert_array_equal(package.EmptyLoss().Backward(p, t), t)


CLASSES = {**public_classes(package),      # and mlpack's losses among the layers
           **{f"layer.{name}": cls for name, cls in public_classes(layer).items()
              if issubclass(cls, Loss)}}


@pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.id)
def test_constructor_refuses(case):
    for arguments, error in case.invalid:
        with pytest.raises(error, match=rf"^{case.cls.__name__}: "):
            case.cls(**arguments)


@pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.id)
def test_draws_are_various(case):
    shapes = [case.draw(generator(case, draw))[1].shape for draw in draws_of(case)]
    assert len(shapes) == DRAWS and len(set(shapes)) >= DRAWS // 2
    assert {shape[0] == 1 for shape in shapes} == {True, False}


def test_every_class_has_a_row():
    assert {case.cls for case in LOSSES} == set(CLASSES.values())


@pytest.mark.parametrize("name", CLASSES)
def test_docstring(name):
    text = inspect.getdoc(CLASSES[name])
    for parameter in inspect.signature(CLASSES[name]).parameters:
        assert f"{parameter} :" in text or f"{parameter}, " in text or f", {parameter}" in text
    assert "batch" in text
    folder = "layer" if name.startswith("layer.") else "loss_functions"
    assert f"Source: mlpack ann/{folder}/" in inspect.getmodule(CLASSES[name]).__doc__
