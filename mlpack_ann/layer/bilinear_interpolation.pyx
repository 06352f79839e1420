"""Bilinear interpolation. Source: mlpack ann/layer/bilinear_interpolation.hpp."""
import numpy as np

from mlpack_ann.layer.resampling cimport Resampling


cdef class BilinearInterpolation(Resampling):
    """Images of another size, interpolated linearly between the two nearest pixels of each axis.

    Along an axis of n pixels that become m, pixel i of the output lies at ``s = i * n / m``: it is
    ``(1 - t) * input[k] + t * input[k + 1]`` with ``k = min(floor(s), n - 2)`` and ``t = min(s - k,
    1)``.

    Parameters
    ----------
    in_row_size, in_col_size : int, optional
        Width and height of the input, in pixels: mlpack's rows are the axis that varies fastest.
        Omitted (give the rest by keyword), any.
    out_row_size, out_col_size : int
        Width and height of the output, in pixels.
    depth : int, optional
        Channels. Omitted, any number.

    Notes
    -----
    Input (batch, depth, in_col_size, in_row_size), output (batch, depth, out_col_size,
    out_row_size); or both flat, where width, height and depth are given or `input_dimensions` is
    set. Other shapes and numbers raise ValueError, other types TypeError.

    The first pixels of input and output coincide, as in no mode of PyTorch's. Where pixels are left
    out, their derivative is 0. An axis of one pixel repeats it; mlpack refuses it.
    """
    def __init__(self, in_row_size=None, in_col_size=None, out_row_size=None, out_col_size=None,
                 depth=None):
        super().__init__(in_row_size, in_col_size, out_row_size, out_col_size, depth)

    cdef tuple _weights(self, Py_ssize_t sources, Py_ssize_t targets, int axis):
        place = np.arange(targets) * (<double>sources / targets)
        first = np.minimum(np.floor(place).astype(np.intp), max(sources - 2, 0))
        second = np.minimum(first + 1, sources - 1)
        part = np.minimum(place - first, 1.0)
        return np.stack([first, second], 1), np.stack([1 - part, part], 1)
