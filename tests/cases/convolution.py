"""Rows of Convolution."""
import math

import numpy as np

from mlpack_ann import layer

from tests.case import LayerCase, numbers


def correlation(x, weight, bias, stride, padding):
    """The definition, one output pixel at a time."""
    (sh, sw), (top, bottom, left, right) = stride, padding
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    out, _, kh, kw = weight.shape
    rows, columns = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
    y = np.empty((len(x), out, rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
            y[:, :, i, j] = np.tensordot(window, weight, ((1, 2, 3), (1, 2, 3))) + bias
    return y


def span(m):
    """Rows and columns that a filter covers."""
    return ((m.kernel_height - 1) * m.dilation_height + 1,
            (m.kernel_width - 1) * m.dilation_width + 1)


def geometry(m, height, width):
    """Stride and the padding on four sides, by mlpack's rules."""
    stride = m.stride_height, m.stride_width
    kind = m.padding_type.lower()
    if kind == "valid":
        return stride, (0, 0, 0, 0)
    if kind == "same":              # the output is as large as the input
        total = [(s - 1) * n + k - s for s, n, k in zip(stride, (height, width), span(m))]
        return stride, (total[0] // 2, (total[0] + 1) // 2, total[1] // 2, (total[1] + 1) // 2)
    pads = [(pad, pad) if isinstance(pad, int) else pad for pad in (m.pad_h, m.pad_w)]
    return stride, (*pads[0], *pads[1])


def split(m, parameters):
    shape = m.out_size, m.in_size // m.groups, m.kernel_height, m.kernel_width
    weights = math.prod(shape)
    return parameters[:weights].reshape(shape), parameters[weights:] if m.use_bias else None


def reference(m, x):
    weight, bias = split(m, m.parameters)
    stride, padding = geometry(m, *x.shape[2:])
    return correlation(x, weight, 0 if bias is None else bias, stride, padding)


def reference_flat(m, x):
    images = x.reshape(len(x), m.in_size, m.input_height, m.input_width)
    return reference(m, images).reshape(len(x), -1)


def torch_convolution(m, x, parameters):
    from torch.nn import functional
    weight, bias = split(m, parameters)
    stride, (top, bottom, left, right) = geometry(m, *x.shape[2:])
    return functional.conv2d(functional.pad(x, (left, right, top, bottom)), weight, bias, stride)


def draw(rng):
    channels, maps, kw, kh = numbers(rng, 1, 4, 4).tolist()
    sw, sh = numbers(rng, 1, 3, 2).tolist()
    pads = [numbers(rng, 0, 2) if rng.random() < 0.5 else tuple(numbers(rng, 0, 3, 2).tolist())
            for _ in range(2)]
    kind = rng.choice(["None", "valid", "same", "SAME"], p=[0.55, 0.15, 0.2, 0.1])
    height, width = kh + numbers(rng, 0, 5), kw + numbers(rng, 0, 5)
    return ({"in_size": channels, "out_size": maps, "kernel_width": kw, "kernel_height": kh,
             "stride_width": sw, "stride_height": sh, "pad_w": pads[0], "pad_h": pads[1],
             "padding_type": str(kind), "use_bias": bool(rng.random() < 0.8)},
            (numbers(rng, 1, 3), channels, height, width))


def draw_flat(rng):
    arguments, (batch, channels, height, width) = draw(rng)
    return ({**arguments, "input_width": width, "input_height": height},
            (batch, channels * height * width))


def draw_inferred(rng):
    arguments, shape = draw(rng)
    del arguments["in_size"]
    return arguments, shape


SMALL = {"in_size": 2, "out_size": 3, "kernel_width": 3, "kernel_height": 2}
REFUSED = [({**SMALL, **change}, error) for change, error in [
    ({"in_size": 0}, ValueError), ({"out_size": -1}, ValueError), ({"kernel_width": 0}, ValueError),
    ({"stride_height": 0}, ValueError), ({"pad_w": -1}, ValueError),
    ({"pad_h": (1, 2, 3)}, ValueError),
    ({"pad_w": 1.5}, TypeError), ({"padding_type": "full"}, ValueError),
    ({"padding_type": None}, ValueError), ({"kernel_height": None}, TypeError),
    ({"use_bias": "yes"}, TypeError), ({"dtype": "float16"}, TypeError)]]
BAD_SHAPES = [(SMALL, (2, 3, 5, 5)), (SMALL, (2, 2, 1, 5)), (SMALL, (2, 2, 5, 2)), (SMALL, (2, 50)),
              (SMALL, (2, 2, 5)), (SMALL, (2, 2, 0, 5)), ({**SMALL, "pad_w": 3}, (2, 2, 4, 0)),
              ({**SMALL, "input_width": 5, "input_height": 5}, (2, 49)),
              ({**SMALL, "in_size": None}, (2, 0, 5, 5))]

LAYERS = [
    LayerCase(layer.Convolution, draw, reference, torch=torch_convolution, invalid=REFUSED,
              bad_shapes=BAD_SHAPES),
    LayerCase(layer.Convolution, draw_flat, reference_flat, name="-flat"),
    LayerCase(layer.Convolution, draw_inferred, reference, name="-inferred"),
]
