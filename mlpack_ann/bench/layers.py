"""Layers with weights, of images, and of rows."""
from types import SimpleNamespace

import numpy as np

from mlpack_ann.bench.case import LayerCase, aten, nn, normal, torch
from mlpack_ann.layer import MaxPooling

BOTH = ("Forward", "Backward")
FROM_GY = {"Backward": ("gy",)}             # a Backward that needs no more
WITH_INDICES = {"Forward": ("x", "y"), "Backward": ("gy", "gy")}    # as wide as the values


# ---------------------------------------------------------------- products

def linear_sizes(*shapes):
    return {f"{i}x{o}-b{batch}": ({"in_size": i, "out_size": o}, (batch, i)) for i, o in shapes
            for batch in (1, 32, 256)}


def weight(a):
    """The (in, out) weight of a Linear layer."""
    count = a.layer.in_size * a.layer.out_size
    return a.p[:count].reshape(a.layer.in_size, a.layer.out_size)


def transposed_weight(a):
    """The weight as torch.nn.Linear keeps it, (out, in) in memory, seen as (in, out)."""
    return weight(a).T.contiguous().T


def bias(a):
    return a.p[-a.layer.out_size:]


def linear_gradient(m, x, gy):
    return m.matmul(x.T, gy), m.sum(gy, 0)


PRODUCTS = [
    LayerCase("Linear", linear_sizes((784, 256), (1024, 1024)), {
        "Forward": lambda a: (torch.addmm, bias(a), a.x, transposed_weight(a)),
        "Backward": lambda a: (torch.mm, a.gy, transposed_weight(a).T),
        "Gradient": lambda a: (linear_gradient, torch, a.x, a.gy),
    }, {
        "Forward": lambda a: (lambda x, w, b: x @ w + b, a.x, weight(a), bias(a)),
        "Backward": lambda a: (np.matmul, a.gy, weight(a).T),
        "Gradient": lambda a: (linear_gradient, np, a.x, a.gy),
    }, given=BOTH, reads={"Backward": ("gy", "p")}),
    LayerCase("LinearNoBias", linear_sizes((784, 256)), {
        "Forward": lambda a: (torch.mm, a.x, transposed_weight(a)),
        "Backward": lambda a: (torch.mm, a.gy, transposed_weight(a).T),
        "Gradient": lambda a: (torch.mm, a.x.T, a.gy),
    }, {
        "Forward": lambda a: (np.matmul, a.x, weight(a)),
        "Backward": lambda a: (np.matmul, a.gy, weight(a).T),
        "Gradient": lambda a: (np.matmul, a.x.T, a.gy),
    }, given=BOTH, reads={"Backward": ("gy", "p")}),
    LayerCase("Add", {f"{n}-b{batch}": ({"out_size": n}, (batch, n)) for n in (256, 1024)
                      for batch in (1, 32, 256)}, {
        "Forward": lambda a: (torch.add, a.x, a.p),
        "Backward": lambda a: (torch.clone, a.gy),
        "Gradient": lambda a: (torch.sum, a.gy, 0),
    }, {
        "Forward": lambda a: (np.add, a.x, a.p),
        "Backward": lambda a: (np.copy, a.gy),
        "Gradient": lambda a: (np.sum, a.gy, 0),
    }, given=("Forward",), reads={"Backward": ("gy",), "Gradient": ("gy",)}),
]


# ---------------------------------------------------------------- convolution

def convolution_arguments(channels, maps, kernel, stride):
    return {"in_size": channels, "out_size": maps, "kernel_width": kernel, "kernel_height": kernel,
            "stride_width": stride, "stride_height": stride,
            "pad_w": kernel // 2, "pad_h": kernel // 2}


CONVOLUTION_SIZES = {
    f"{channels}-{maps}@{side}-k{kernel}-s{stride}-b{batch}":
        (convolution_arguments(channels, maps, kernel, stride), (batch, channels, side, side))
    for channels, maps, side in ((3, 16, 32), (32, 64, 28), (64, 64, 56))
    for batch in (1, 16, 32) for kernel in (3, 1, 5) for stride in (1, 2)}


def convolution(a):
    c = a.layer
    w = a.p[:-c.out_size].reshape(c.out_size, c.in_size, c.kernel_height, c.kernel_width)
    return (torch.conv2d, a.x, w, bias(a), (c.stride_height, c.stride_width), padding(c))


def padding(layer):
    return layer.kernel_height // 2, layer.kernel_width // 2


def convolution_backward(a, wanted):
    """Derivatives by input, weight and bias, of which only those wanted are computed."""
    _, x, w, b, stride, pad = convolution(a)
    return (aten.convolution_backward.default, a.gy, x, w, b.shape, stride, pad, (1, 1), False,
            (0, 0), 1, wanted)


CONVOLUTION = [
    LayerCase("Convolution", CONVOLUTION_SIZES, {
        "Forward": convolution,
        "Backward": lambda a: convolution_backward(a, (True, False, False)),
        "Gradient": lambda a: convolution_backward(a, (False, True, True)),
    }, reads={"Backward": ("gy", "p")}),
]


# ---------------------------------------------------------------- pooling

IMAGES = [(1, 16, 32, 32), (32, 32, 28, 28), (32, 64, 112, 112)]


def pooling_sizes(kernel, stride):
    arguments = {"kernel_width": kernel, "kernel_height": kernel,
                 "stride_width": stride, "stride_height": stride}
    return {f"k{kernel}s{stride}-{label(shape)}": (arguments, shape) for shape in IMAGES}


def label(shape):
    return "x".join(map(str, shape))


def window(a):
    return ((a.layer.kernel_height, a.layer.kernel_width),
            (a.layer.stride_height, a.layer.stride_width))


def blocks(x):
    """The 2 x 2 blocks of images, on axes 3 and 5."""
    n, channels, height, width = x.shape
    return x.reshape(n, channels, height // 2, 2, width // 2, 2)


MAX = {
    "Forward": lambda a: (nn.max_pool2d_with_indices, a.x, *window(a)),
    "Backward": lambda a: (aten.max_pool2d_with_indices_backward.default, a.gy, a.x, *window(a),
                           (0, 0), (1, 1), False, nn.max_pool2d_with_indices(a.x, *window(a))[1]),
}
MEAN = {
    "Forward": lambda a: (nn.avg_pool2d, a.x, *window(a)),
    "Backward": lambda a: (aten.avg_pool2d_backward.default, a.gy, a.x, *window(a),
                           (0, 0), False, True, None),
}


def pooled(cls, arguments, shape, dtype):
    """Return an UnPooling whose input has this shape."""
    n, channels, height, width = shape
    pooling = MaxPooling(2, 2, 2, 2)
    pooling.Forward(normal((n, channels, 2 * height, 2 * width), dtype, seed=2))
    return cls(pooling)


def indices(a):
    return torch.from_numpy(np.array(a.layer.pooling.pooling_indices, np.int64))


def adaptive_sizes(side):
    return {f"{side}x{side}-{label(shape)}": ({"output_width": side, "output_height": side}, shape)
            for shape in [(1, 16, 32, 32), (32, 32, 32, 32), (32, 64, 64, 64)]}


def target(a):
    return a.layer.output_height, a.layer.output_width


POOLING = [
    LayerCase("MaxPooling", pooling_sizes(2, 2), MAX,
              {"Forward": lambda a: (lambda x: blocks(x).max((3, 5)), a.x)}, given=("Backward",),
              reads=WITH_INDICES),
    LayerCase("MaxPooling", pooling_sizes(3, 2), MAX, given=("Backward",),
              reads=WITH_INDICES),
    LayerCase("MeanPooling", pooling_sizes(2, 2), MEAN,
              {"Forward": lambda a: (lambda x: blocks(x).mean((3, 5)), a.x)}, given=BOTH,
              reads=FROM_GY),
    LayerCase("MeanPooling", pooling_sizes(3, 2), MEAN, given=BOTH, reads=FROM_GY),
    LayerCase("AdaptiveMaxPooling", adaptive_sizes(8), {
        "Forward": lambda a: (nn.adaptive_max_pool2d, a.x, target(a)),
        "Backward": lambda a: (aten.adaptive_max_pool2d_backward.default, a.gy, a.x,
                               nn.adaptive_max_pool2d(a.x, target(a))[1]),
    }, given=("Backward",), reads=WITH_INDICES),
    LayerCase("AdaptiveMeanPooling", adaptive_sizes(8), {
        "Forward": lambda a: (torch._adaptive_avg_pool2d, a.x, target(a)),
        "Backward": lambda a: (aten._adaptive_avg_pool2d_backward.default, a.gy, a.x),
    }, reads=FROM_GY),
]

UNPOOLING = [
    LayerCase("UnPooling", {f"k2s2-{label(shape)}": ({}, shape) for shape in
                            [(1, 16, 16, 16), (32, 32, 14, 14), (32, 64, 56, 56)]}, {
        "Forward": lambda a: (nn.max_unpool2d, a.x, indices(a), a.y.shape[2:]),
        "Backward": lambda a: (torch.gather, a.gy.flatten(2), 2, indices(a).flatten(2)),
    }, given=("Forward",), make=pooled, reads={"Forward": ("x", "x"), "Backward": ("gy", "x")}),
]


# ---------------------------------------------------------------- normalisation

NORM_IMAGES = [(4, 16, 16, 16), (32, 32, 28, 28), (32, 64, 56, 56)]
NORM_SIZES = {label(shape): ({"size": shape[1]}, shape) for shape in NORM_IMAGES}


def scale_and_shift(a):
    return a.p[:a.layer.size], a.p[a.layer.size:]


def running(a):
    """Running mean and variance, which both sides update."""
    return a.x.new_zeros(a.layer.size), a.x.new_ones(a.layer.size)


def batch_norm(a):
    return (torch.native_batch_norm, a.x, *scale_and_shift(a), *running(a), True, 0.1, a.layer.eps)


def batch_norm_backward(a, wanted):
    function, *arguments = batch_norm(a)
    _, mean, deviation = function(*arguments)
    return (aten.native_batch_norm_backward.default, a.gy, a.x, arguments[1], *running(a), mean,
            deviation, True, a.layer.eps, wanted)


def as_one_point(a):
    """The images of a batch as channels of one, on which batch norm is instance norm."""
    n, channels, height, width = a.x.shape
    x, gy = (images.reshape(1, n * channels, height, width) for images in (a.x, a.gy))
    return SimpleNamespace(layer=SimpleNamespace(size=n * channels, eps=a.layer.eps), x=x, gy=gy,
                           p=torch.cat([part.repeat(n) for part in scale_and_shift(a)]))


def instance_norm_gradient(a):
    function, *arguments = batch_norm_backward(as_one_point(a), (False, True, True))

    def gradient(*arguments):
        return [part.view(len(a.x), -1).sum(0) for part in function(*arguments)[1:]]
    return gradient, *arguments


def layer_norm(a):
    return torch.native_layer_norm, a.x, (a.layer.size,), *scale_and_shift(a), a.layer.eps


def layer_norm_backward(a, wanted):
    function, *arguments = layer_norm(a)
    _, mean, deviation = function(*arguments)
    x, shape, gamma, beta, _ = arguments
    return (aten.native_layer_norm_backward.default, a.gy, x, shape, mean, deviation, gamma, beta,
            wanted)


def standardised(axes, shape):
    """NumPy's normalisation over `axes`, with gamma and beta of `shape` (but for the points)."""
    def forward(x, gamma, beta, eps):
        mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
        return (x - mean) / np.sqrt(variance + x.dtype.type(eps)) * gamma + beta
    return {"Forward": lambda a: (forward, a.x, *[v.reshape(shape) for v in scale_and_shift(a)],
                                  a.layer.eps)}


NORMALISATION = [
    LayerCase("BatchNorm", NORM_SIZES, {
        "Forward": batch_norm,
        "Backward": lambda a: batch_norm_backward(a, (True, False, False)),
        "Gradient": lambda a: batch_norm_backward(a, (False, True, True)),
    }, standardised((0, 2, 3), (-1, 1, 1))),
    LayerCase("InstanceNorm", NORM_SIZES, {
        "Forward": lambda a: (torch.instance_norm, a.x, *scale_and_shift(a), *running(a), True, 0.1,
                              a.layer.eps, False),
        "Backward": lambda a: batch_norm_backward(as_one_point(a), (True, False, False)),
        "Gradient": instance_norm_gradient,
    }, standardised((2, 3), (-1, 1, 1))),
    LayerCase("LayerNorm", {f"{n}x{size}": ({"size": size}, (n, size))
                            for n, size in ((8, 128), (256, 1024), (4096, 1024))}, {
        "Forward": layer_norm,
        "Backward": lambda a: layer_norm_backward(a, (True, False, False)),
        "Gradient": lambda a: layer_norm_backward(a, (False, True, True)),
    }, standardised(1, -1)),
]


# ---------------------------------------------------------------- rows and rearrangements

ROW_SIZES = {f"{n}x{columns}": ({}, (n, columns))
             for n, columns in ((100, 10), (10000, 10), (100, 1000), (10000, 1000))}


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def log_softmax(x):
    z = x - x.max(1, keepdims=True)
    return z - np.log(np.exp(z).sum(1, keepdims=True))


def channel_mask(a):
    """What SpatialDropout multiplied each channel by."""
    kept = (a.y.flatten(2).abs().sum(2) > 0).to(a.y.dtype)
    return kept[:, :, None, None] / (1 - a.layer.ratio)


PADS = {"pad_w_left": 1, "pad_w_right": 2, "pad_h_top": 3, "pad_h_bottom": 4}

SOFTMAX = [
    LayerCase("Softmax", ROW_SIZES, {
        "Forward": lambda a: (torch._softmax, a.x, 1, False),
        "Backward": lambda a: (torch._softmax_backward_data, a.gy, a.y, 1, a.y.dtype),
    }, {"Forward": lambda a: (softmax, a.x)}, given=("Forward",)),
    LayerCase("LogSoftMax", ROW_SIZES, {
        "Forward": lambda a: (torch._log_softmax, a.x, 1, False),
        "Backward": lambda a: (torch._log_softmax_backward_data, a.gy, a.y, 1, a.y.dtype),
    }, {"Forward": lambda a: (log_softmax, a.x)}, given=("Forward",)),
]

DROPOUT = [
    LayerCase("SpatialDropout", {label(shape): ({"size": shape[1], "ratio": 0.5}, shape)
                                 for shape in NORM_IMAGES}, {
        "Forward": lambda a: (torch.feature_dropout, a.x, 0.5, True),
        "Backward": lambda a: (torch.mul, a.gy, channel_mask(a)),
    }, reads=FROM_GY),
]

REARRANGEMENTS = [
    LayerCase("PixelShuffle", {label(shape): (
        {"upscale_factor": 2, "height": shape[2], "width": shape[3], "size": shape[1]}, shape)
        for shape in NORM_IMAGES}, {
        "Forward": lambda a: (torch.pixel_shuffle, a.x, 2),
        "Backward": lambda a: (torch.pixel_unshuffle, a.gy, 2),
    }, reads=FROM_GY),
    LayerCase("Padding", {label(shape): (PADS, shape) for shape in NORM_IMAGES}, {
        "Forward": lambda a: (torch.constant_pad_nd, a.x, tuple(PADS.values())),
        "Backward": lambda a: (torch.constant_pad_nd, a.gy, tuple(-n for n in PADS.values())),
    }, {
        "Forward": lambda a: (np.pad, a.x, ((0, 0), (0, 0), (3, 4), (1, 2))),
        "Backward": lambda a: (lambda gy: gy[:, :, 3:-4, 1:-2].copy(), a.gy),
    }, reads=FROM_GY),
]

CASES = (PRODUCTS + CONVOLUTION + POOLING + UNPOOLING + NORMALISATION + SOFTMAX + DROPOUT
         + REARRANGEMENTS)
