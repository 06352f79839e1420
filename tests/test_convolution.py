"""Convolution where it computes in other ways: many channels, Winograd's transforms, threads."""
import numpy as np
import pytest

from mlpack_ann import get_num_threads, set_num_threads
from mlpack_ann.layer import Convolution
from tests.cases.convolution import correlation
from tests.checks import FLOATS

# Relative to the largest value; what the layer's docstring promises.
DIRECT = {np.float32: 2e-6, np.float64: 5e-15}
WINOGRAD = {np.float32: 2e-5, np.float64: 5e-14}


def derivatives(x, weight, gy, stride, padding):
    """By the input and by the weights: the definition, one tap at a time."""
    (sh, sw), (top, bottom, left, right) = stride, padding
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    g, dw = np.zeros_like(padded), np.empty_like(weight)
    rows, columns = gy.shape[2:]
    for a in range(weight.shape[2]):
        for b in range(weight.shape[3]):
            seen = np.s_[:, :, a:a + rows * sh:sh, b:b + columns * sw:sw]
            g[seen] += np.einsum("noij,oc->ncij", gy, weight[:, :, a, b])
            dw[:, :, a, b] = np.einsum("noij,ncij->oc", gy, padded[seen])
    height, width = x.shape[2:]
    return g[:, :, top:top + height, left:left + width], dw


def draw(seed, dtype, kernel=None, stride=None):
    """Return a layer and an input of some channels."""
    rng = np.random.default_rng(seed)
    channels, maps = rng.integers(5, 36, 2).tolist()
    kernel = kernel or tuple(rng.integers(1, 6, 2).tolist())
    stride = stride or tuple(rng.integers(1, 4, 2).tolist())
    pads = [tuple(rng.integers(0, k, 2).tolist()) for k in kernel]
    height, width = (k + int(rng.integers(0, 24)) for k in kernel)
    layer = Convolution(channels, maps, kernel[1], kernel[0], stride[1], stride[0], pads[1],
                        pads[0], dtype=dtype, rng=rng)
    return layer, rng.normal(size=(int(rng.integers(1, 5)), channels, height, width)).astype(dtype)


def check(layer, x, tolerances):
    """Compare with the definition in float64."""
    rng = np.random.default_rng(0)
    y = layer.Forward(x)
    gy = rng.normal(size=y.shape).astype(x.dtype)
    results = y, layer.Backward(x, y, gy), layer.Gradient(x, gy)
    wide, weight, bias, error = (a.astype(np.float64) for a in (x, layer.weight, layer.bias, gy))
    stride = layer.stride_height, layer.stride_width
    padding = (layer.pad_h_top, layer.pad_h_bottom, layer.pad_w_left, layer.pad_w_right)
    g, dw = derivatives(wide, weight, error, stride, padding)
    y = correlation(wide, weight, bias, stride, padding)
    for result, expected in zip(results, (y, g, np.r_[dw.ravel(), error.sum((0, 2, 3))])):
        scale = abs(expected).max()
        np.testing.assert_allclose(result, expected, 0, tolerances[x.dtype.type] * scale)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("seed", range(40))
def test_many_channels(seed, dtype):
    layer, x = draw(seed, dtype)
    layer.algorithm = "direct"
    check(layer, x, DIRECT)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("seed", range(12))
def test_winograd(seed, kernel, dtype):
    layer, x = draw(seed, dtype, (kernel, kernel), (1, 1))
    layer.algorithm = "winograd"
    check(layer, x, WINOGRAD)
    layer.algorithm = "auto"
    check(layer, x, WINOGRAD)


def test_winograd_is_what_it_is_called():
    layer, x = draw(1, np.float32, (3, 3), (1, 1))
    results = []
    for layer.algorithm in ("direct", "winograd"):
        results.append(layer.Forward(x))
    assert not np.array_equal(*results)         # other sums, rounded differently


def test_algorithms_that_do_not_serve_are_refused():
    for arguments in ({"kernel_width": 4, "kernel_height": 4}, {"stride_width": 2},
                      {"kernel_height": 5}):
        with pytest.raises(ValueError, match="^Convolution: algorithm is 'winograd', expected"):
            Convolution(**{"in_size": 2, "out_size": 3, "kernel_width": 3, "kernel_height": 3,
                           **arguments}, algorithm="winograd")
    layer = Convolution(2, 3, 3, 3, algorithm="direct")
    for bad in ("fft", None, 3):
        with pytest.raises(ValueError, match="^Convolution: algorithm is .*, expected 'auto'"):
            layer.algorithm = bad
    assert layer.algorithm == "direct" and "algorithm='direct'" in repr(layer)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("algorithm", ["direct", "winograd"])
@pytest.mark.parametrize("batch", [1, 2, 3])
def test_threads_give_the_same_bits(batch, algorithm, dtype):
    rng = np.random.default_rng(batch)
    before = get_num_threads()
    try:
        for channels, maps, kernel, stride in ((24, 40, 3, 1), (3, 6, 5, 1), (17, 33, 5, 2)):
            if algorithm == "winograd" and stride > 1:
                continue
            layer = Convolution(channels, maps, kernel, kernel, stride, stride, 1, 1, dtype=dtype,
                                algorithm=algorithm, rng=rng)
            x = rng.normal(size=(batch, channels, 40, 37)).astype(dtype)
            results = []
            for threads in (1, 2, 3):
                set_num_threads(threads)
                y = layer.Forward(x)
                results.append((y, layer.Backward(x, y, y), layer.Gradient(x, y)))
            for other in results[1:]:
                for result, expected in zip(other, results[0]):
                    np.testing.assert_array_equal(result, expected)
    finally:
        set_num_threads(before)
