"""Nearest-neighbour interpolation. Source: mlpack ann/layer/nearest_interpolation.hpp."""
import numpy as np

from mlpack_ann.layer.resampling cimport Resampling


cdef class NearestInterpolation(Resampling):
    """Images of another size, whose pixels are copies of the input's.

    Along an axis of n pixels that become m, pixel i of the output is ``input[i * n // m]``, or by
    a scale factor f, ``input[floor(i / f)]``, m being ``n * f`` rounded, halves up.

    Parameters
    ----------
    in_row_size, in_col_size : int, optional
        Width and height of the input, in pixels: mlpack's rows are the axis that varies fastest.
        Omitted (give the rest by keyword), any.
    out_row_size, out_col_size : int
        Width and height of the output, in pixels.
    depth : int, optional
        Channels. Omitted, any number.
    scale_factors : (float, float), optional
        Of the height and of the width, instead of the output's size.

    Notes
    -----
    Input (batch, depth, in_col_size, in_row_size), output (batch, depth, out_col_size,
    out_row_size); or both flat, where width, height and depth are given or `input_dimensions` is
    set. Other shapes and numbers raise ValueError, other types TypeError.

    The derivative by a pixel is the sum of those by its copies. mlpack 4's `scaleFactors` begin
    with the width.
    """
    def __init__(self, in_row_size=None, in_col_size=None, out_row_size=None, out_col_size=None,
                 depth=None, *, scale_factors=None):
        super().__init__(in_row_size, in_col_size, out_row_size, out_col_size, depth,
                         scale_factors)

    cdef tuple _weights(self, Py_ssize_t sources, Py_ssize_t targets, int axis):
        place = np.arange(targets)[:, None]
        if self.scale_factors is None:
            return place * sources // targets, np.ones((targets, 1))
        nearest = np.minimum(np.floor(place / self.scale_factors[axis]), sources - 1)
        return nearest.astype(np.intp), np.ones((targets, 1))
