"""Rules of convolution: all of them against the definition, and against each other."""
import copy
import pickle

import numpy as np
import pytest

import mlpack_ann
from mlpack_ann import convolution_rules
from mlpack_ann.bench import table
from mlpack_ann.convolution_rules import (FFTConvolution, FullConvolution, Im2ColConvolution,
                                          NaiveConvolution, SVDConvolution, ValidConvolution)
from tests.case import numbers
from tests.checks import DRAWS, FLOATS, assert_close, public_classes, torch_or_skip

RULES = [NaiveConvolution, Im2ColConvolution, FFTConvolution, SVDConvolution]
DIRECT = [NaiveConvolution, Im2ColConvolution]      # which form every output from its own pixels
MODES = ["full", "valid"]
PRECISION = {np.float32: 5e-6, np.float64: 1e-13}

rules = pytest.mark.parametrize("rule", RULES)
modes = pytest.mark.parametrize("mode", MODES)
floats = pytest.mark.parametrize("dtype", FLOATS)


def correlation(image, filter_, mode, step, dilation):
    """The definition, one output pixel at a time."""
    spread = np.zeros([(n - 1) * d + 1 for n, d in zip(filter_.shape, dilation)])
    spread[::dilation[0], ::dilation[1]] = filter_
    if mode == "full":
        image = np.pad(image, [(n - 1, n - 1) for n in spread.shape])
    size = [(n - k) // s + 1 for n, k, s in zip(image.shape, spread.shape, step)]
    y = np.empty(size)
    for i, j in np.ndindex(*size):
        top, left = i * step[0], j * step[1]
        y[i, j] = (image[top:top + spread.shape[0], left:left + spread.shape[1]] * spread).sum()
    return y


def reference(x, w, mode, step=(1, 1), dilation=(1, 1)):
    """All that may be passed, by the definition on one image and filter."""
    def one(image, filter_):
        return correlation(image, filter_, mode, step, dilation)
    if w.ndim == 4:
        return np.array([sum(map(one, x, filters)) for filters in w])
    if x.ndim == 3:
        return np.array([one(*pair) for pair in zip(x, w if w.ndim == 3 else [w] * len(x))])
    return one(x, w) if w.ndim == 2 else np.array([one(x, filter_) for filter_ in w])


def draw(rng, mode):
    """Return image, filter, (d_h, d_w) and (dilation_h, dilation_w): all forms, sizes and steps."""
    size = numbers(rng, 1, 5, 2)
    step, dilation = numbers(rng, 1, 3, 2).tolist(), numbers(rng, 1, 3, 2).tolist()
    span = [(n - 1) * d + 1 for n, d in zip(size, dilation)]
    image = [numbers(rng, 1, 9) if mode == "full" else n + numbers(rng, 0, 8) for n in span]
    n, m = numbers(rng, 1, 4, 2).tolist()
    leading = [((), ()), ((n,), ()), ((), (m,)), ((n,), (n,)), ((n,), (m, n))][rng.integers(5)]
    x = rng.normal(size=(*leading[0], *image))
    w = rng.normal(size=(*leading[1], *size))
    if rng.integers(2):                     # of rank 1
        w = rng.normal(size=(*leading[1], size[0], 1)) * rng.normal(size=(*leading[1], 1, size[1]))
    return x, w, step, dilation


def options(step, dilation):
    return dict(d_h=step[0], d_w=step[1], dilation_h=dilation[0], dilation_w=dilation[1])


@rules
@modes
@floats
def test_definition(rule, mode, dtype):
    object_ = rule(mode)                    # one for all: nothing is left from call to call
    for draw_ in range(3 * DRAWS):
        x, w, step, dilation = draw(np.random.default_rng(draw_), mode)
        x, w = x.astype(dtype), w.astype(dtype)
        expected = reference(x.astype(float), w.astype(float), mode, step, dilation)
        y = object_.Convolution(x, w, **options(step, dilation))
        assert y.dtype == dtype and y.shape == expected.shape and y.flags.c_contiguous
        assert_close(y, expected, PRECISION[dtype] * w[0].size)


@rules
@modes
@floats
def test_output_given_and_appending(rule, mode, dtype):
    for draw_ in range(DRAWS):
        rng = np.random.default_rng(draw_)
        x, w, step, dilation = draw(rng, mode)
        x, w, steps = x.astype(dtype), w.astype(dtype), options(step, dilation)
        y = rule(mode).Convolution(x, w, **steps)
        output = np.full_like(y, np.nan)
        assert rule(mode).Convolution(x, w, output, **steps) is output
        np.testing.assert_array_equal(output, y)
        before = rng.normal(size=y.shape).astype(dtype)
        output = before.copy()
        rule(mode).Convolution(x, w, output, step[1], step[0], dilation[1], dilation[0], True)
        np.testing.assert_array_equal(output, before + y)


@rules
@modes
@floats
def test_sizes_that_are_shared_out(rule, mode, dtype):
    """More pixels, channels and filter elements than a block has, on one and on several threads."""
    rng = np.random.default_rng(3)
    torch = torch_or_skip()
    for image, filter_ in [((70, 131), (7, 9)), ((5, 40, 37), (5, 4)), ((90, 3), (11, 2, 1)),
                           ((6, 33, 29), (6, 3, 3)), ((130, 12, 13), (3, 130, 3, 3))]:
        x, w = rng.normal(size=image).astype(dtype), rng.normal(size=filter_).astype(dtype)
        results = []
        try:
            for threads in (1, 3):
                mlpack_ann.set_num_threads(threads)
                results.append(rule(mode).Convolution(x, w, d_w=2))
        finally:
            mlpack_ann.set_num_threads(1)
        np.testing.assert_array_equal(*results)
        assert_close(results[0], torch_convolution(torch, x, w, mode), 1e-4 if dtype == np.float32
                     else 1e-12)


def torch_convolution(torch, x, w, mode):
    """PyTorch's, in double, with a stride of 2 along the width."""
    x, w = (torch.from_numpy(a.astype(float)) for a in (x, w))
    pads = (w.shape[-2] - 1, w.shape[-1] - 1) if mode == "full" else 0
    stride = 1, 2
    if w.ndim == 4:
        return torch.conv2d(x[None], w, None, stride, pads)[0].numpy()
    if w.ndim == 3 and x.ndim == 3:
        return torch.conv2d(x[None], w[:, None], None, stride, pads, 1, len(x))[0].numpy()
    images = x.reshape(-1, 1, *x.shape[-2:])
    y = torch.conv2d(images, w.reshape(-1, 1, *w.shape[-2:]), None, stride, pads).numpy()
    return y[0, 0] if x.ndim == w.ndim == 2 else y[:, 0] if w.ndim == 2 else y[0]


@modes
@floats
def test_filters_of_low_rank(mode, dtype):
    """The separable passes, which short or full filters never take."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(3, 20, 23)).astype(dtype)
    for rank in (1, 2, 3):
        w = (rng.normal(size=(2, 3, 9, rank)) @ rng.normal(size=(2, 3, rank, 8))).astype(dtype)
        w[1, 2] = 0                         # of rank 0
        for steps in ({}, dict(d_w=2, dilation_h=2), dict(d_h=3, dilation_w=2)):
            expected = NaiveConvolution(mode).Convolution(x, w, **steps)
            assert_close(SVDConvolution(mode).Convolution(x, w, **steps), expected,
                         PRECISION[dtype] * 20)
            for pair in ((x[0], w[0, 0]), (x, w[0, 0]), (x[0], w[0]), (x, w[0])):
                assert_close(SVDConvolution(mode).Convolution(*pair, **steps),
                             NaiveConvolution(mode).Convolution(*pair, **steps),
                             PRECISION[dtype] * 20)


def test_rank_takes_the_nearest_filter():
    rng = np.random.default_rng(5)
    x, w = rng.normal(size=(2, 9, 8)), rng.normal(size=(5, 4))
    u, s, v = np.linalg.svd(w, full_matrices=False)
    for rank in (1, 2, 3, 4, 9):
        near = (u[:, :rank] * s[:rank]) @ v[:rank]
        assert_close(SVDConvolution("valid", rank).Convolution(x, w),
                     reference(x, near, "valid"), 1e-13)
    assert SVDConvolution(rank=2).rank == 2 and SVDConvolution().rank is None


def test_padding_the_last_dimension_changes_no_number():
    rng = np.random.default_rng(6)
    x, w = rng.normal(size=(7, 5)), rng.normal(size=(2, 3))
    for mode in MODES:
        assert_close(FFTConvolution(mode, True).Convolution(x, w),
                     FFTConvolution(mode).Convolution(x, w), 1e-14)


@pytest.mark.parametrize("rule", DIRECT)
@modes
@floats
def test_not_a_number_and_infinity_stay_where_the_filter_meets_them(rule, mode, dtype):
    for special in (np.nan, np.inf):
        x, w = np.ones((9, 40), dtype), np.ones((3, 2), dtype)
        x[4, 7] = special
        with np.errstate(invalid="ignore"):
            expected = reference(x, w, mode)
        np.testing.assert_array_equal(rule(mode).Convolution(x, w), expected)
    w[1, 1] = np.nan
    np.testing.assert_array_equal(np.isnan(rule(mode).Convolution(x, w)), True)


@rules
@pytest.mark.filterwarnings("error")
def test_what_is_not_finite_is_nowhere_silently_lost(rule):
    for special in (np.nan, np.inf):
        for place in ("input", "filter"):
            x, w = np.ones((9, 9)), np.ones((3, 3))
            (x if place == "input" else w)[1, 1] = special
            assert not np.isfinite(rule("valid").Convolution(x, w)[0, 0])


@rules
@modes
def test_zero_sizes(rule, mode):
    r = rule(mode)
    x, w = np.ones((5, 5)), np.ones((3, 3))
    size = r.Convolution(x, w).shape
    for image, filter_, leading in [(np.ones((0, 5, 5)), w, 0), (x, np.ones((0, 3, 3)), 0),
                                    (np.ones((0, 5, 5)), np.ones((0, 3, 3)), 0),
                                    (np.ones((0, 5, 5)), np.ones((2, 0, 3, 3)), 2),
                                    (np.ones((2, 5, 5)), np.ones((0, 2, 3, 3)), 0)]:
        y = r.Convolution(image, filter_)
        assert y.shape == (leading, *size) and (y == 0).all()
        output = np.full(y.shape, 7.0)
        r.Convolution(image, filter_, output, appending=True)
        assert (output == 7).all()
    for image, filter_ in [(np.ones((0, 5)), w), (np.ones((2, 5, 0)), w), (x, np.ones((0, 3))),
                           (x, np.ones((2, 3, 0))), (np.ones((0, 0)), np.ones((0, 0)))]:
        with pytest.raises(ValueError, match=f"^{rule.__name__}: (input|filter) has shape"):
            r.Convolution(image, filter_)


@rules
def test_shapes_that_do_not_fit(rule):
    x, w, stack = np.ones((5, 6)), np.ones((3, 2)), np.ones((2, 5, 6))
    for image, filter_, name in [
            (np.ones(5), w, "input"), (np.ones((1, 1, 5, 6)), w, "input"), (1.0, w, "input"),
            (x, np.ones(3), "filter"), (x, 1.0, "filter"), (x, np.ones((1, 1, 3, 2)), "filter"),
            (stack, np.ones((3, 3, 2)), "filter"), (stack, np.ones((2, 3, 3, 2)), "filter"),
            (stack, np.ones((1, 1, 2, 3, 2)), "filter"), (x, np.ones((6, 2)), "filter"),
            (x, np.ones((2, 7)), "filter")]:
        with pytest.raises(ValueError, match=f"^{rule.__name__}: {name} has shape"):
            rule("valid").Convolution(image, filter_)
    with pytest.raises(ValueError, match="at most as large as the image"):
        rule("valid").Convolution(x, w, dilation_h=3)
    for steps in (dict(dilation_h=2**31 - 1), dict(dilation_w=2**30, dilation_h=2**30)):
        with pytest.raises((ValueError, MemoryError)):
            rule("full").Convolution(np.ones((2**20, 1)), np.ones((2**20, 2)), **steps)


@rules
@modes
def test_strides_beyond_the_image(rule, mode):
    x, w = np.arange(1.0, 13).reshape(3, 4), np.ones((2, 2))
    for steps in (dict(d_w=2**31 - 1), dict(d_h=10**6, d_w=10**6)):
        y = rule(mode).Convolution(x, w, **steps)
        every = rule(mode).Convolution(x, w)
        assert_close(y, every[::steps.get("d_h", 1), ::steps["d_w"]], 1e-13)


@rules
def test_arguments(rule):
    name, r = rule.__name__, rule("valid")
    x, w = np.ones((5, 6)), np.ones((3, 2))
    for parameter in ("d_w", "d_h", "dilation_w", "dilation_h"):
        for value, error in ((0, ValueError), (-1, ValueError), (2**31, ValueError),
                             (1.5, TypeError), ("1", TypeError), (None, TypeError)):
            with pytest.raises(error, match=f"^{name}: {parameter} "):
                r.Convolution(x, w, **{parameter: value})
    with pytest.raises(TypeError, match=f"^{name}: appending "):
        r.Convolution(x, w, np.ones((3, 5)), appending="yes")
    with pytest.raises(TypeError, match=f"^{name}: output is None"):
        r.Convolution(x, w, appending=True)
    for bad in (None, "text", x.astype(complex), x.astype(np.float16), x.astype(object)):
        with pytest.raises(TypeError, match=f"^{name}: input "):
            r.Convolution(bad, w)
        with pytest.raises(TypeError, match=f"^{name}: filter "):
            r.Convolution(x, bad)
    with pytest.raises(TypeError, match=f"^{name}: filter is float32, expected float64"):
        r.Convolution(x, w.astype(np.float32))
    readonly = np.ones((3, 5))
    readonly.flags.writeable = False
    for bad, error in ((np.ones((3, 5), np.float32), TypeError), (np.ones((5, 3)).T, ValueError),
                       (np.ones((3, 4)), ValueError), (np.ones((1, 3, 5)), ValueError),
                       (readonly, ValueError), ([[0.0] * 5] * 3, TypeError)):
        for appending in (False, True):
            with pytest.raises(error, match=f"^{name}: output "):
                r.Convolution(x, w, bad, appending=appending)


@rules
def test_overlap(rule):
    name, memory = rule.__name__, np.ones(60)
    x, w = memory[:30].reshape(5, 6), memory[40:46].reshape(3, 2)
    for start, other in ((20, "input"), (0, "input"), (44, "filter"), (30, "filter")):
        with pytest.raises(ValueError, match=f"^{name}: output shares memory with {other}"):
            rule("valid").Convolution(x, w, memory[start:start + 15].reshape(3, 5))
    strided = np.ones((5, 12))
    with pytest.raises(ValueError, match=f"^{name}: output shares memory with input"):
        rule("valid").Convolution(strided[:, ::2], w, strided.ravel()[1:16].reshape(3, 5))


@rules
def test_what_else_is_an_array(rule):
    rng = np.random.default_rng(7)
    x, w = rng.integers(-3, 4, (6, 5)), rng.integers(-3, 4, (2, 3))
    expected = reference(x.astype(float), w.astype(float), "valid")
    r = rule("valid")
    big = np.zeros((12, 10))
    big[::2, ::-2] = x
    for image, filter_ in [(x, w), (x.tolist(), w.tolist()), (np.asfortranarray(x, float), w),
                           (big[::2, ::-2], w.astype(">f8")), (memoryview(x.astype(float)), w),
                           (x.astype(bool) * x, w)]:
        y = r.Convolution(image, filter_)
        assert y.dtype == np.float64
        assert_close(y, expected, 1e-13)
    assert r.Convolution(x.astype(np.float32), w).dtype == np.float32


def test_every_rule_is_in_the_benchmarks():
    rules_ = {case.name for case in table.CASES if case.package is convolution_rules}
    assert rules_ == {rule.__name__ for rule in RULES}


def test_border_modes_and_their_names():
    assert set(public_classes(convolution_rules)) == {
        "FullConvolution", "ValidConvolution", *[rule.__name__ for rule in RULES]}
    for rule in RULES:
        assert rule().border_mode == "full"
        for mode, name in ((FullConvolution, "full"), (ValidConvolution, "valid"),
                           ("full", "full"), ("valid", "valid")):
            r = rule(mode)
            assert r.border_mode == name == rule(border_mode=mode).border_mode
            for other in (copy.copy(r), copy.deepcopy(r), pickle.loads(pickle.dumps(r))):
                assert type(other) is rule and repr(other) == repr(r)
                assert other.border_mode == name
        for bad, error in (("same", ValueError), ("Full", ValueError), (None, TypeError),
                           (1, TypeError), (FullConvolution(), TypeError), (int, TypeError)):
            with pytest.raises(error, match=f"^{rule.__name__}: border_mode is "):
                rule(bad)
        with pytest.raises(AttributeError):
            rule().border_mode = "valid"
    assert repr(NaiveConvolution(ValidConvolution)) == "NaiveConvolution(border_mode='valid')"
    assert repr(SVDConvolution(rank=3)) == "SVDConvolution(rank=3)"
    for cls, arguments, error in ((SVDConvolution, {"rank": 0}, ValueError),
                                  (SVDConvolution, {"rank": 1.5}, TypeError),
                                  (FFTConvolution, {"pad_last_dim": 2}, TypeError)):
        with pytest.raises(error, match=f"^{cls.__name__}: "):
            cls(**arguments)


@rules
def test_objects_that_are_not_complete(rule):
    x, w = np.ones((5, 5)), np.ones((3, 3))
    blank = rule.__new__(rule)
    with pytest.raises(RuntimeError, match=f"^{rule.__name__}: __init__ was not called"):
        blank.Convolution(x, w)
    for base in rule.__mro__[1:-1]:
        base.__init__(blank)
        assert blank.Convolution(x, w).shape == (7, 7)
    r = rule("valid")
    with pytest.raises(ValueError):
        r.__init__("neither")
    assert r.Convolution(x, w).shape == (3, 3)
    base = rule.__mro__[-2]("valid")
    with pytest.raises(NotImplementedError, match="^ConvolutionRule: "):
        base.Convolution(x, w)


@rules
def test_arrays_that_change_while_they_are_read(rule):
    x = np.ones((4, 6))

    class Filter:
        def __array__(self, dtype=None, copy=None):
            x.shape = 2, 12
            return np.ones((3, 3))

    with pytest.raises(ValueError, match=f"^{rule.__name__}: filter has shape"):
        rule("valid").Convolution(x, Filter())
