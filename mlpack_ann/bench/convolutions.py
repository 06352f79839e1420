"""Convolutions that are dilated, grouped or transposed."""
from functools import partial

from mlpack_ann.bench.case import LayerCase, aten, torch
from mlpack_ann.bench.layers import convolution_arguments


def sizes(*cases, **names):
    """(channels, maps, side, kernel, stride, pad, others) -> what a case takes; `names` gives the
    others' arguments, and their letters in the label."""
    made = {}
    for channels, maps, side, kernel, stride, pad, *others in cases:
        arguments = {**convolution_arguments(channels, maps, kernel, stride), "pad_w": pad,
                     "pad_h": pad}
        label = f"{channels}-{maps}@{side}-k{kernel}-s{stride}"
        for (letter, given), value in zip(names.items(), others):
            arguments |= dict.fromkeys(given, value)
            label += f"-{letter}{value}"
        for batch in (1, 16):
            made[f"{label}-b{batch}"] = arguments, (batch, channels, side, side)
    return made


def weight(layer, p):
    """The weight as PyTorch has it."""
    w = p[:-layer.out_size].reshape(layer.out_size, -1, layer.kernel_height, layer.kernel_width)
    return w.swapaxes(0, 1).contiguous() if is_transposed(layer) else w


def is_transposed(layer):
    return hasattr(layer, "output_pad_w")


def operands(a):
    return a.x, weight(a.layer, a.p), a.p[-a.layer.out_size:]


def options(layer):
    """Stride, padding and dilation; whether transposed, output padding, groups."""
    return ((layer.stride_height, layer.stride_width), (layer.pad_h, layer.pad_w),
            (layer.dilation_height, layer.dilation_width), is_transposed(layer), (0, 0),
            layer.groups)


def forward(a):
    stride, padding, dilation, transposed, more, groups = options(a.layer)
    if transposed:
        return torch.conv_transpose2d, *operands(a), stride, padding, more
    return torch.conv2d, *operands(a), stride, padding, dilation, groups


def backward(a, wanted):
    """Derivatives by input, weight and bias, of which only those wanted are computed."""
    x, w, b = operands(a)
    return aten.convolution_backward.default, a.gy, x, w, b.shape, *options(a.layer), wanted


def gradient(a):
    if not is_transposed(a.layer):
        return backward(a, (False, True, True))
    return partial(in_our_order, *backward(a, (False, True, True))),


def in_our_order(function, *arguments):
    """The weight's gradient with its first two axes exchanged, as a view; and the bias's."""
    _, by_weight, by_bias = function(*arguments)
    return by_weight.swapaxes(0, 1), by_bias


in_our_order.kind = "operation"             # what is exchanged is a view

PASSES = {"Forward": forward, "Backward": lambda a: backward(a, (True, False, False)),
          "Gradient": gradient}
READS = {"Backward": ("gy", "p")}

CASES = [
    LayerCase("AtrousConvolution", sizes(
        (3, 16, 32, 3, 1, 2, 2), (32, 64, 28, 3, 1, 2, 2), (64, 64, 56, 3, 1, 4, 4),
        (64, 64, 56, 3, 2, 2, 2), d=("dilation_width", "dilation_height")), PASSES, reads=READS),
    LayerCase("GroupedConvolution", sizes(
        (16, 16, 32, 3, 1, 1, 16), (32, 64, 28, 3, 1, 1, 4), (64, 64, 56, 3, 1, 1, 64),
        (64, 64, 56, 3, 2, 1, 64), (64, 64, 56, 5, 1, 2, 8), g=("groups",)), PASSES, reads=READS),
    LayerCase("TransposedConvolution", sizes(
        (16, 3, 16, 4, 2, 1), (64, 32, 28, 4, 2, 1), (64, 64, 28, 2, 2, 0), (64, 64, 56, 3, 1, 1),
        (64, 64, 28, 5, 1, 2)), PASSES, reads=READS),
]
