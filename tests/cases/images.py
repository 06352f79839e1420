"""Rows of the layers that pool, unpool, rearrange and pad images."""
import numpy as np

from mlpack_ann import layer

from tests.case import LayerCase, numbers


def windows(m, height, width):
    """Slices of each window's rows, and of its columns, by mlpack's rules; clipped to the image."""
    if m.kernel_width is None:
        out = m.output_height, m.output_width
        strides = height // out[0], width // out[1]
        kernels = height - (out[0] - 1) * strides[0], width - (out[1] - 1) * strides[1]
        floor = True
    else:
        strides, kernels = (m.stride_height, m.stride_width), (m.kernel_height, m.kernel_width)
        floor = m.floor
    return [[slice(start, min(start + k, n)) for start in range(0, n, s)
             if start + k <= n or not floor and start - s + k < n]
            for n, s, k in zip((height, width), strides, kernels)]


def pool(reduce):
    def reference(m, x):
        rows, columns = windows(m, *x.shape[2:])
        return np.array([[reduce(x[:, :, i, j], axis=(2, 3)) for j in columns]
                         for i in rows]).transpose(2, 3, 0, 1)
    return reference


def draw_pooling(rng):
    """Kernels, strides below, at and above them, leftover pixels, and both roundings."""
    kernel_width, kernel_height = numbers(rng, 1, 4), numbers(rng, 1, 4)
    if rng.random() < 0.4:
        kernel_width = kernel_height = stride_width = stride_height = 2
    else:
        stride_width, stride_height = numbers(rng, 1, 5), numbers(rng, 1, 5)
    arguments = dict(kernel_width=kernel_width, kernel_height=kernel_height,
                     stride_width=stride_width, stride_height=stride_height,
                     floor=bool(rng.integers(2)))
    return arguments, (numbers(rng, 1, 3), numbers(rng, 1, 3), kernel_height + numbers(rng, 0, 6),
                       kernel_width + numbers(rng, 0, 7))


def draw_even_norm(rng):
    arguments, shape = draw_pooling(rng)
    return {"norm_type": int(rng.choice([2, 2, 4, 6])), **arguments}, shape


def draw_odd_norm(rng):
    arguments, shape = draw_pooling(rng)
    return {"norm_type": int(rng.choice([1, 3, 5])), **arguments}, shape


def off_zero(rng, shape):
    """The norm of a window has a kink where all of it is 0."""
    return rng.uniform(0.3, 2, shape) * rng.choice([-1, 1], shape)


def of_one_sign(rng, shape):
    """Sums of odd powers may be 0 otherwise, where their root is infinitely steep."""
    return rng.uniform(0.3, 2, shape) * rng.choice([-1, 1])


def draw_adaptive(rng):
    width, height = numbers(rng, 1, 4), numbers(rng, 1, 4)
    return (dict(output_width=width, output_height=height),
            (numbers(rng, 1, 3), numbers(rng, 1, 3), height + numbers(rng, 0, 7),
             width + numbers(rng, 0, 7)))


def distinct(rng, shape):
    """No two elements near each other: a difference step changes no maximum."""
    size = int(np.prod(shape))
    return (rng.permutation(size).reshape(shape) - size / 2) / 20


def torch_window(m, x):
    """Arguments of PyTorch's pooling functions."""
    if m.kernel_width is not None:
        return (m.kernel_height, m.kernel_width), (m.stride_height, m.stride_width)
    stride = x.shape[2] // m.output_height, x.shape[3] // m.output_width
    return (x.shape[2] - (m.output_height - 1) * stride[0],
            x.shape[3] - (m.output_width - 1) * stride[1]), stride


def torch_max(m, x, parameters):
    from torch.nn import functional
    return functional.max_pool2d(x, *torch_window(m, x), ceil_mode=m.floor is False)


def torch_mean(m, x, parameters):
    from torch.nn import functional
    return functional.avg_pool2d(x, *torch_window(m, x), ceil_mode=m.floor is False)


def norms(m, x):
    def norm(window, axis):
        total = (window ** m.norm_type).sum(axis)
        return np.sign(total) * np.abs(total) ** (1 / m.norm_type)
    return pool(norm)(m, x)


def torch_norm(m, x, parameters):
    """lp_pool2d, but where that clips windows or would take roots of negative sums."""
    from torch.nn import functional
    if m.floor and m.norm_type % 2 == 0:
        return functional.lp_pool2d(x, m.norm_type, *torch_window(m, x))
    total = functional.avg_pool2d(x ** m.norm_type, *torch_window(m, x), ceil_mode=not m.floor,
                                  divisor_override=1)
    return total.sign() * total.abs() ** (1 / m.norm_type)


BAD_KERNELS = [(dict(kernel_width=0, kernel_height=2), ValueError),
               (dict(kernel_width=2, kernel_height=-1), ValueError),
               (dict(kernel_width=2.5, kernel_height=2), TypeError),
               (dict(kernel_width=2), TypeError),
               (dict(kernel_width=2, kernel_height=2, stride_width=0), ValueError),
               (dict(kernel_width=2, kernel_height=2, stride_height="2"), TypeError),
               (dict(kernel_width=2, kernel_height=2, floor="yes"), TypeError)]
BAD_IMAGES = [(dict(kernel_width=3, kernel_height=2), shape)
              for shape in [(1, 1, 4, 2), (1, 1, 1, 4), (1, 1, 0, 0), (1, 1, 4), (2, 16), (4,)]]
BAD_OUTPUTS = [(dict(output_width=0, output_height=1), ValueError),
               (dict(output_width=1, output_height=None), TypeError)]
BAD_ADAPTIVE_IMAGES = [(dict(output_width=3, output_height=2), shape)
                       for shape in [(1, 1, 4, 2), (1, 1, 1, 4), (1, 1, 0, 0), (1, 4, 4)]]


def unpool(m, x):
    """Add each element to the pixel that its index names."""
    indices = m.pooling_indices.reshape(x.shape)
    y = np.zeros((*x.shape[:2], (x.shape[2] - 1) * m.stride_height + m.kernel_height,
                  (x.shape[3] - 1) * m.stride_width + m.kernel_width))
    for place in np.ndindex(x.shape):
        y[place[:2]].flat[indices[place]] += x[place]
    return y


def draw_unpooling(rng):
    """Indices in each form, in any order, several of them alike."""
    shape = numbers(rng, 1, 3), numbers(rng, 1, 3), numbers(rng, 1, 4), numbers(rng, 1, 4)
    kernel_width, kernel_height, stride_width, stride_height = numbers(rng, 1, 3, 4).tolist()
    pixels = (((shape[2] - 1) * stride_height + kernel_height)
              * ((shape[3] - 1) * stride_width + kernel_width))
    indices = rng.integers(pixels, size=shape, dtype=rng.choice([np.int32, np.int64, np.uint8]))
    form = [lambda a: a, lambda a: a.reshape(len(a), -1), lambda a: a.reshape(-1, *shape[2:]),
            lambda a: [np.zeros(3), a], np.ndarray.tolist][rng.integers(5)]
    return dict(pooling=form(indices), kernel_width=kernel_width, kernel_height=kernel_height,
                stride_width=stride_width, stride_height=stride_height), shape


def torch_unpool(m, x, parameters):
    """max_unpool2d takes every index once only; scatter_add as often as it comes."""
    import torch
    batch, channels, height, width = x.shape
    rows = (height - 1) * m.stride_height + m.kernel_height
    columns = (width - 1) * m.stride_width + m.kernel_width
    indices = torch.tensor(m.pooling_indices.reshape(batch, channels, -1))
    return torch.zeros(batch, channels, rows * columns, dtype=x.dtype).scatter_add(
        2, indices, x.flatten(2)).reshape(batch, channels, rows, columns)


def draw_shuffle(rng):
    factor, height, width = numbers(rng, 1, 3), numbers(rng, 1, 4), numbers(rng, 1, 4)
    size = factor ** 2 * numbers(rng, 1, 2) + numbers(rng, 0, factor ** 2 - 1)
    shape = numbers(rng, 1, 3), size, height, width
    return dict(upscale_factor=factor, height=height, width=width, size=size), shape


def draw_flat_shuffle(rng):
    arguments, (batch, *rest) = draw_shuffle(rng)
    return arguments, (batch, int(np.prod(rest)))


def shuffle(m, x):
    """The definition, one output pixel at a time."""
    u = m.upscale_factor
    y = np.empty((len(x), m.size // u ** 2, m.height * u, m.width * u))
    for _, c, h, w in np.ndindex(1, *y.shape[1:]):
        y[:, c, h, w] = x[:, c * u ** 2 + u * (h % u) + w % u, h // u, w // u]
    return y


def shuffle_flat(m, x):
    return shuffle(m, x.reshape(len(x), m.size, m.height, m.width)).reshape(len(x), -1)


def torch_shuffle(m, x, parameters):
    from torch.nn import functional
    used = m.size - m.size % m.upscale_factor ** 2
    return functional.pixel_shuffle(x[:, :used], m.upscale_factor)


def draw_padding(rng):
    sides = ["pad_w_left", "pad_w_right", "pad_h_top", "pad_h_bottom"]
    arguments = dict(zip(sides, numbers(rng, 0, 3, 4).tolist()))
    return dict(arguments, fill_value=rng.normal()), tuple(numbers(rng, 1, 4, 4).tolist())


def pad(m, x):
    return np.pad(x, ((0, 0), (0, 0), (m.pad_h_top, m.pad_h_bottom), (m.pad_w_left, m.pad_w_right)),
                  constant_values=m.fill_value)


def torch_pad(m, x, parameters):
    from torch.nn import functional
    return functional.pad(x, (m.pad_w_left, m.pad_w_right, m.pad_h_top, m.pad_h_bottom),
                          value=m.fill_value)


LAYERS = [
    LayerCase(layer.MaxPooling, draw_pooling, pool(np.max), inputs=distinct, torch=torch_max,
              keeps_forward=True, invalid=BAD_KERNELS, bad_shapes=BAD_IMAGES),
    LayerCase(layer.MeanPooling, draw_pooling, pool(np.mean), torch=torch_mean, invalid=BAD_KERNELS,
              bad_shapes=BAD_IMAGES),
    LayerCase(layer.LpPooling, draw_even_norm, norms, inputs=off_zero, torch=torch_norm,
              invalid=[({"norm_type": 2, **arguments}, error) for arguments, error in BAD_KERNELS]
              + [(dict(norm_type=p, kernel_width=2, kernel_height=2), error) for p, error in
                 [(0, ValueError), (-2, ValueError), (2.5, TypeError), (None, TypeError)]],
              bad_shapes=[({"norm_type": 2, **arguments}, shape)
                          for arguments, shape in BAD_IMAGES]),
    LayerCase(layer.LpPooling, draw_odd_norm, norms, name="-odd", inputs=of_one_sign,
              torch=torch_norm),
    LayerCase(layer.AdaptiveMaxPooling, draw_adaptive, pool(np.max), inputs=distinct,
              torch=torch_max, keeps_forward=True, invalid=BAD_OUTPUTS,
              bad_shapes=BAD_ADAPTIVE_IMAGES),
    LayerCase(layer.AdaptiveMeanPooling, draw_adaptive, pool(np.mean), torch=torch_mean,
              invalid=BAD_OUTPUTS, bad_shapes=BAD_ADAPTIVE_IMAGES),
    LayerCase(layer.UnPooling, draw_unpooling, unpool, torch=torch_unpool,
              invalid=[(dict(pooling=np.zeros((1, 1, 2, 2), int)), TypeError),
                       (dict(pooling=np.zeros((1, 4), int), kernel_width=2, kernel_height=0),
                        ValueError),
                       (dict(pooling=np.zeros(4, int), kernel_width=2, kernel_height=2),
                        ValueError),
                       (dict(pooling=np.full((1, 4), -1), kernel_width=2, kernel_height=2),
                        ValueError),
                       (dict(pooling=np.zeros((1, 4)), kernel_width=2, kernel_height=2), TypeError),
                       (dict(pooling=None, kernel_width=2, kernel_height=2), TypeError),
                       (dict(pooling=layer.MeanPooling(2, 2), kernel_width=2, kernel_height=2),
                        TypeError),
                       (dict(pooling=layer.MaxPooling(2, 2), kernel_width=2, kernel_height=2),
                        ValueError)],
              bad_shapes=[(dict(pooling=np.zeros((1, 1, 2, 2), int), kernel_width=2,
                                kernel_height=2), shape)
                          for shape in [(1, 1, 2, 3), (2, 1, 2, 2), (1, 1, 0, 2), (1, 4)]]),
    LayerCase(layer.PixelShuffle, draw_shuffle, shuffle, torch=torch_shuffle,
              invalid=[(dict(upscale_factor=2, height=1, width=1, size=3), ValueError),
                       (dict(upscale_factor=0, height=1, width=1, size=1), ValueError),
                       (dict(upscale_factor=1, height=1, width=1.5, size=1), TypeError)],
              bad_shapes=[(dict(upscale_factor=2, height=3, width=2, size=4), shape)
                          for shape in [(1, 4, 2, 3), (1, 5, 3, 2), (1, 23), (1, 4, 3), (24,)]]),
    LayerCase(layer.PixelShuffle, draw_flat_shuffle, shuffle_flat, name="_flat"),
    LayerCase(layer.Padding, draw_padding, pad, torch=torch_pad,
              invalid=[(dict(pad_w_left=-1), ValueError), (dict(pad_h_top=1.5), TypeError),
                       (dict(fill_value="x"), TypeError), (dict(fill_value=None), TypeError)],
              bad_shapes=[({}, (3, 4)), ({}, (3, 4, 5))]),
]
