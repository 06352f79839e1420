"""Bicubic interpolation. Source: mlpack ann/layer/bicubic_interpolation.hpp."""
import numpy as np

from mlpack_ann._validation import number

from mlpack_ann.layer.resampling cimport Resampling


cdef class BicubicInterpolation(Resampling):
    """Images of another size, interpolated by cubic convolution of four pixels along each axis.

    Along an axis of n pixels that become m, pixel i of the output lies at ``s = (i + 0.5) * n / m -
    0.5``: it is ``sum(w(s - k) * input[k])`` over the four k from floor(s) - 1 on, where pixels
    beyond the edge are those at it, and ``w(d)``, with ``a = alpha`` and d taken positive, is
    ``(a + 2) * d**3 - (a + 3) * d**2 + 1`` up to 1 and ``a * (d**3 - 5 * d**2 + 8 * d - 4)`` from 1
    to 2.

    Parameters
    ----------
    in_row_size, in_col_size : int, optional
        Width and height of the input, in pixels: mlpack's rows are the axis that varies fastest.
        Omitted (give the rest by keyword), any.
    out_row_size, out_col_size : int
        Width and height of the output, in pixels.
    depth : int, optional
        Channels. Omitted, any number.
    alpha : float, default=-0.75
        Slope of w at 1; -0.5 reproduces parabolas.

    Notes
    -----
    Input (batch, depth, in_col_size, in_row_size), output (batch, depth, out_col_size,
    out_row_size); or both flat, where width, height and depth are given or `input_dimensions` is
    set. Other shapes and numbers raise ValueError, other types TypeError.

    PyTorch's, with its default ``align_corners=False``, is the one with `alpha` = -0.75.

    References
    ----------
    Keys (1981), Cubic convolution interpolation for digital image processing.
    """
    cdef readonly double alpha

    def __init__(self, in_row_size=None, in_col_size=None, out_row_size=None, out_col_size=None,
                 depth=None, alpha=-0.75):
        self._built = False
        self.alpha = number(alpha, self, "alpha")
        super().__init__(in_row_size, in_col_size, out_row_size, out_col_size, depth)

    cdef tuple _weights(self, Py_ssize_t sources, Py_ssize_t targets, int axis):
        a = self.alpha
        place = (np.arange(targets) + 0.5) * (<double>sources / targets) - 0.5
        taps = np.floor(place)[:, None] + np.arange(-1, 3)
        d = abs(place[:, None] - taps)
        weight = np.where(d <= 1, ((a + 2) * d - (a + 3)) * d * d + 1,
                          ((d - 5) * d + 8) * a * d - 4 * a)
        return np.clip(taps, 0, sources - 1).astype(np.intp), weight
