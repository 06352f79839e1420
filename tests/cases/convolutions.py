"""Rows of the convolutions that are dilated, grouped or transposed."""
import numpy as np

from mlpack_ann import layer

from tests.case import LayerCase, numbers
from tests.cases import convolution
from tests.cases.convolution import REFUSED, SMALL, correlation, geometry, span, split


def whole_filters(m, weight):
    """The weight as a convolution without dilation and groups would have it: zeros between the
    taps, and for the channels of other groups."""
    filters, taps, *_ = weight.shape
    whole = np.zeros((filters, m.in_size, *span(m)))
    for o in range(filters):
        first = o // (filters // m.groups) * taps
        whole[o, first:first + taps, ::m.dilation_height, ::m.dilation_width] = weight[o]
    return whole


def reference(m, x):
    weight, bias = split(m, m.parameters)
    return correlation(x, whole_filters(m, weight), 0 if bias is None else bias,
                       *geometry(m, *x.shape[2:]))


def reference_flat(m, x):
    images = x.reshape(len(x), m.in_size, m.input_height, m.input_width)
    return reference(m, images).reshape(len(x), -1)


def torch_convolution(m, x, parameters):
    from torch.nn import functional
    weight, bias = split(m, parameters)
    stride, (top, bottom, left, right) = geometry(m, *x.shape[2:])
    return functional.conv2d(functional.pad(x, (left, right, top, bottom)), weight, bias, stride,
                             dilation=(m.dilation_height, m.dilation_width), groups=m.groups)


def draw_atrous(rng):
    arguments, (batch, channels, height, width) = convolution.draw(rng)
    across, down = numbers(rng, 1, 3, 2).tolist()
    arguments |= {"dilation_width": across, "dilation_height": down}
    return arguments, (batch, channels, height + (arguments["kernel_height"] - 1) * (down - 1),
                       width + (arguments["kernel_width"] - 1) * (across - 1))


def draw_grouped(rng):
    arguments, (batch, channels, height, width) = convolution.draw(rng)
    groups = numbers(rng, 1, 3)
    arguments |= {"in_size": channels * groups, "out_size": arguments["out_size"] * groups,
                  "groups": groups}
    return arguments, (batch, channels * groups, height, width)


def flat(draw):
    def draw_flat(rng):
        arguments, (batch, channels, height, width) = draw(rng)
        return ({**arguments, "input_width": width, "input_height": height},
                (batch, channels * height * width))
    return draw_flat


def inferred(draw):
    def draw_inferred(rng):
        arguments, shape = draw(rng)
        del arguments["in_size"]
        return arguments, shape
    return draw_inferred


# ---------------------------------------------------------------- transposed

def uncropped(m, x, weight):
    """What each pixel spreads, one tap at a time, as large as nothing but output padding makes
    it."""
    n, _, height, width = x.shape
    sh, sw = m.stride_height, m.stride_width
    full = np.zeros((n, m.out_size, sh * height + m.kernel_height, sw * width + m.kernel_width))
    for p in range(m.kernel_height):
        for q in range(m.kernel_width):
            full[:, :, p:p + sh * height:sh, q:q + sw * width:sw] += np.einsum(
                "ncij,oc->noij", x, weight[:, :, p, q])
    return full


def output_size(m, height, width):
    sizes = []
    (sh, sw), (top, bottom, left, right) = geometry(m, height, width)
    for given, n, s, k, pads, more in (
            (m.output_height, height, sh, m.kernel_height, top + bottom, m.output_pad_h),
            (m.output_width, width, sw, m.kernel_width, left + right, m.output_pad_w)):
        sizes.append(given or s * (n - 1) + k - pads + more)
    return sizes


def reference_transposed(m, x):
    weight, bias = split(m, m.parameters)
    _, (top, _, left, _) = geometry(m, *x.shape[2:])
    rows, columns = output_size(m, *x.shape[2:])
    y = uncropped(m, x, weight)[:, :, top:top + rows, left:left + columns]
    return y if bias is None else y + bias[:, None, None]


def torch_transposed(m, x, parameters):
    """PyTorch crops both sides alike: here by slices, of an output as large as it can be."""
    from torch.nn import functional
    weight, bias = split(m, parameters)
    stride, (top, _, left, _) = geometry(m, *x.shape[2:])
    rows, columns = output_size(m, *x.shape[2:])
    full = functional.conv_transpose2d(x, weight.swapaxes(0, 1), bias, stride,
                                       output_padding=(stride[0] - 1, stride[1] - 1))
    return full[:, :, top:top + rows, left:left + columns]


def draw_transposed(rng):
    arguments, (batch, channels, _, _) = convolution.draw(rng)
    height, width = numbers(rng, 1, 5, 2).tolist()
    for across, size, n in (("w", "width", width), ("h", "height", height)):
        kernel, stride = arguments[f"kernel_{size}"], arguments[f"stride_{size}"]
        more = numbers(rng, 0, stride - 1)
        pads = arguments[f"pad_{across}"]
        taken = sum(pads) if isinstance(pads, tuple) else 2 * pads
        if stride * (n - 1) + kernel - taken < 1:
            arguments[f"pad_{across}"] = taken = 0
        kind = arguments["padding_type"].lower()
        if rng.random() < 0.7:
            arguments[f"output_pad_{across}"] = more
        else:
            full = stride * (n - 1) + kernel + more
            arguments[f"output_{size}"] = {"none": full - taken, "valid": full,
                                           "same": n + more}[kind]
    return arguments, (batch, channels, height, width)


BAD_SHAPES = [(SMALL, (2, 3, 5, 5)), (SMALL, (2, 50)), (SMALL, (2, 2, 5)), (SMALL, (2, 2, 0, 5)),
              ({**SMALL, "pad_w": 3}, (2, 2, 4, 0)),
              ({**SMALL, "input_width": 5, "input_height": 5}, (2, 49)),
              ({**SMALL, "in_size": None}, (2, 0, 5, 5))]
HUGE = 2**31 - 1

LAYERS = [
    LayerCase(layer.AtrousConvolution, draw_atrous, reference, torch=torch_convolution,
              invalid=[*REFUSED, ({**SMALL, "dilation_width": 0}, ValueError),
                       ({**SMALL, "dilation_height": 1.5}, TypeError),
                       ({**SMALL, "dilation_width": 2, "kernel_height": 3,
                         "algorithm": "winograd"}, ValueError)],
              bad_shapes=[*BAD_SHAPES, ({**SMALL, "dilation_width": 2}, (2, 2, 5, 4)),
                          ({**SMALL, "dilation_height": 5}, (2, 2, 5, 5)),
                          ({**SMALL, "dilation_width": HUGE, "pad_w": HUGE, "pad_h": HUGE,
                            "stride_width": HUGE, "stride_height": HUGE}, (1, 2, 5, 5))]),
    LayerCase(layer.AtrousConvolution, flat(draw_atrous), reference_flat, name="-flat"),
    LayerCase(layer.AtrousConvolution, inferred(draw_atrous), reference, name="-inferred"),
    LayerCase(layer.GroupedConvolution, draw_grouped, reference, torch=torch_convolution,
              invalid=[*[({**arguments, "groups": 1}, error) for arguments, error in REFUSED],
                       (SMALL, TypeError), ({**SMALL, "groups": 2}, ValueError),
                       ({**SMALL, "groups": 3}, ValueError), ({**SMALL, "groups": 0}, ValueError),
                       ({**SMALL, "out_size": 2, "groups": 2, "kernel_height": 3,
                         "algorithm": "winograd"}, ValueError)],
              bad_shapes=[*[({**arguments, "groups": 1}, shape) for arguments, shape in BAD_SHAPES],
                          ({**SMALL, "groups": 1}, (2, 2, 1, 5)),
                          ({**SMALL, "in_size": None, "groups": 3}, (2, 4, 5, 5))]),
    LayerCase(layer.GroupedConvolution, flat(draw_grouped), reference_flat, name="-flat"),
    LayerCase(layer.GroupedConvolution, inferred(draw_grouped), reference, name="-inferred"),
    LayerCase(layer.TransposedConvolution, draw_transposed, reference_transposed,
              torch=torch_transposed,
              invalid=[*REFUSED, ({**SMALL, "output_width": -1}, ValueError),
                       ({**SMALL, "output_pad_h": 1}, ValueError),
                       ({**SMALL, "stride_width": 3, "output_pad_w": 3}, ValueError),
                       ({**SMALL, "stride_width": 3, "output_pad_w": 1, "output_width": 9},
                        ValueError), ({**SMALL, "stride_width": "3"}, TypeError)],
              bad_shapes=[*BAD_SHAPES, ({**SMALL, "pad_w": (2, 1)}, (1, 2, 1, 1)),
                          ({**SMALL, "output_width": 8}, (1, 2, 5, 5)),
                          ({**SMALL, "output_width": 6}, (1, 2, 5, 5)),
                          ({**SMALL, "stride_height": 2, "output_height": 12}, (1, 2, 5, 5)),
                          ({**SMALL, "stride_width": HUGE, "stride_height": HUGE}, (1, 2, 5, 5))]),
    LayerCase(layer.TransposedConvolution, flat(draw_transposed),
              lambda m, x: reference_transposed(m, x.reshape(
                  len(x), m.in_size, m.input_height, m.input_width)).reshape(len(x), -1),
              name="-flat"),
    LayerCase(layer.TransposedConvolution, inferred(draw_transposed), reference_transposed,
              name="-inferred"),
]
