"""Rows of the layers that give images another size."""
import math

import numpy as np

from mlpack_ann import layer

from tests.case import LayerCase, numbers
from tests.cases.arrangements import sizes
from tests.cases.elementwise import NOT_A_NUMBER


def drawing(wide=1):
    """Sizes that grow, shrink or stay, an axis of one pixel at times; sizes given or left open."""
    def draw(rng):
        batch, channels = numbers(rng, 1, 3, 2).tolist()
        height, width = numbers(rng, 1, 7, 2).tolist()
        rows, columns = numbers(rng, 1, 9, 2).tolist()
        if rng.integers(4) == 0:
            rows, columns = height, width
        arguments = dict(out_row_size=wide * columns, out_col_size=rows)
        if rng.integers(2):
            arguments |= dict(in_row_size=wide * width, in_col_size=height, depth=channels)
        return arguments, (batch, channels, height, wide * width)
    return draw


def draw_flat(rng):
    arguments, (batch, channels, height, width) = drawing()(rng)
    arguments |= dict(in_row_size=width, in_col_size=height, depth=channels)
    return arguments, (batch, channels * height * width)


def draw_cubic(rng):
    arguments, shape = drawing()(rng)
    return dict(arguments, alpha=rng.uniform(-1, 0)), shape


def draw_factors(rng):
    """Factors that are whole or not, and halves that are rounded up."""
    shape = tuple(numbers(rng, 1, 6, 4).tolist())
    factors = [[rng.uniform(0.5, 3), numbers(rng, 1, 3), 1.5, 0.5][rng.integers(4)]
               for _ in range(2)]
    return dict(scale_factors=tuple(max(f, 1 / n) for f, n in zip(factors, shape[2:]))), shape


def target(m, x):
    if m.scale_factors is None:
        return m.out_col_size, m.out_row_size
    return [math.floor(n * f + 0.5) for n, f in zip(x.shape[2:], m.scale_factors)]


def separable(matrix):
    """Forward by a matrix for each axis: (layer, n, m, axis) -> (m, n), axis 0 the height."""
    def reference(m, x):
        rows, columns = target(m, x)
        return np.einsum("ih,nchw,jw->ncij", matrix(m, x.shape[2], rows, 0), x,
                         matrix(m, x.shape[3], columns, 1))
    return reference


def flat(reference):
    def of_points(m, x):
        images = x.reshape(len(x), m.depth, m.in_col_size, m.in_row_size)
        return reference(m, images).reshape(len(x), -1)
    return of_points


def linear_matrix(m, n, size, axis):
    """The definition, one pixel at a time."""
    result = np.zeros((size, n))
    for i in range(size):
        place = i * n / size
        k = max(0, min(math.floor(place), n - 2))
        t = min(place - k, 1.0)
        result[i, k] += 1 - t
        result[i, min(k + 1, n - 1)] += t
    return result


def cubic_matrix(m, n, size, axis):
    def weight(d):
        a, d = m.alpha, abs(d)
        if d <= 1:
            return (a + 2) * d**3 - (a + 3) * d**2 + 1
        return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a

    result = np.zeros((size, n))
    for i in range(size):
        place = (i + 0.5) * n / size - 0.5
        for k in range(math.floor(place) - 1, math.floor(place) + 3):
            result[i, min(max(k, 0), n - 1)] += weight(place - k)
    return result


def nearest_matrix(m, n, size, axis):
    result = np.zeros((size, n))
    for i in range(size):
        place = i * n // size if m.scale_factors is None else math.floor(i / m.scale_factors[axis])
        result[i, min(place, n - 1)] = 1
    return result


def torch_linear(m, x, parameters):
    """At the same places of the grid between the corners' centres; beyond the last is the last."""
    import torch
    from torch.nn import functional
    places = [torch.arange(size, dtype=x.dtype) * n / size / max(n - 1, 1) * 2 - 1
              for n, size in zip(x.shape[2:], target(m, x))]
    rows, columns = torch.meshgrid(*places, indexing="ij")
    grid = torch.stack([columns, rows], 2).expand(len(x), -1, -1, -1)
    return functional.grid_sample(x, grid, padding_mode="border", align_corners=True)


def torch_cubic(m, x, parameters):
    from torch.nn import functional
    return functional.interpolate(x, target(m, x), mode="bicubic")


def torch_nearest(m, x, parameters):
    from torch.nn import functional
    return functional.interpolate(x, target(m, x), mode="nearest")


OUT = dict(out_row_size=3, out_col_size=2)
INVALID = [*sizes(OUT, "out_row_size", "out_col_size"),
           *sizes(OUT, "in_row_size", "in_col_size", "depth", allowed=(None,)),
           ({}, TypeError), (dict(out_row_size=2**31, out_col_size=1), ValueError)]
BAD_SHAPES = [*[(OUT, shape) for shape in [(3,), (3, 4), (1, 4, 4), (1, 1, 0, 4), (1, 1, 4, 0),
                                           (1, 1, 1, 4, 4)]],
              *[(dict(OUT, in_row_size=4, in_col_size=5, depth=2), shape)
                for shape in [(1, 2, 4, 5), (1, 1, 5, 4), (1, 2, 5, 3), (1, 2, 6, 4), (1, 41),
                              (2, 20)]],
              (dict(out_row_size=2**30, out_col_size=2**30), (1, 1, 2, 2))]

LAYERS = [
    LayerCase(layer.BilinearInterpolation, drawing(), separable(linear_matrix), torch=torch_linear,
              invalid=INVALID, bad_shapes=BAD_SHAPES),
    LayerCase(layer.BilinearInterpolation, draw_flat, flat(separable(linear_matrix)),
              name="_flat"),
    LayerCase(layer.BilinearInterpolation, drawing(40), separable(linear_matrix), name="_wide"),
    LayerCase(layer.BicubicInterpolation, drawing(), separable(cubic_matrix), torch=torch_cubic,
              invalid=[*INVALID, *[(dict(OUT, alpha=value), error)
                                   for value, error in NOT_A_NUMBER]], bad_shapes=BAD_SHAPES),
    LayerCase(layer.BicubicInterpolation, draw_cubic, separable(cubic_matrix), name="_alpha"),
    LayerCase(layer.BicubicInterpolation, draw_flat, flat(separable(cubic_matrix)), name="_flat"),
    LayerCase(layer.NearestInterpolation, drawing(), separable(nearest_matrix),
              torch=torch_nearest,
              invalid=[*INVALID, (dict(OUT, scale_factors=(1, 1)), ValueError),
                       *[(dict(scale_factors=value), error) for value, error in [
                           (2, TypeError), ((2,), TypeError), ((1, 2, 3), TypeError),
                           ("12", TypeError), ((1, "2"), TypeError), ((1, 0), ValueError),
                           ((-1, 2), ValueError), ((1, np.inf), ValueError),
                           ((np.nan, 1), ValueError)]]],
              bad_shapes=[*BAD_SHAPES, (dict(scale_factors=(0.2, 1)), (1, 1, 2, 2)),
                          (dict(scale_factors=(1, 1e30)), (1, 1, 2, 2))]),
    LayerCase(layer.NearestInterpolation, draw_factors, separable(nearest_matrix),
              name="_factors"),
    LayerCase(layer.NearestInterpolation, draw_flat, flat(separable(nearest_matrix)),
              name="_flat"),
]
