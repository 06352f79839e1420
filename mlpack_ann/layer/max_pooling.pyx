"""Max pooling. Source: mlpack ann/layer/max_pooling.hpp."""
import numpy as np

from libc.stdint cimport INT32_MAX

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._pooling cimport Windows, max_pool, scatter
from mlpack_ann._validation cimport Shape, has_shape, read_shape
from mlpack_ann.layer.pooling cimport Pooling

import_array()


cdef class MaxPooling(Pooling):
    """The largest element of each window of an image.

    ``output[n, c, i, j] = max(input[n, c, top:top + kernel_height, left:left + kernel_width])``
    with ``top = i * stride_height`` and ``left = j * stride_width``.

    Parameters
    ----------
    kernel_width, kernel_height : int
        Size of a window, in pixels.
    stride_width, stride_height : int, default=1
        From one window to the next, in pixels.
    floor : bool, default=True
        Whether pixels that no whole window reaches are left out. If False, a last window covers
        what is left of them inside the image; there is none where it would cover nothing.

    Notes
    -----
    Input (batch, channels, height, width), not smaller than a window. Output (batch, channels,
    rows, columns) with ``rows = (height - kernel_height) / stride_height + 1`` and columns alike,
    rounded down, or up if `floor` is False. Flat points: see `input_dimensions`.

    The derivative goes to the element that was the largest, of equal ones to the first in row-major
    order; a NaN counts as larger than any number, the last of several as the largest. With
    ``floor=False`` mid-2020's mlpack cuts every window short, and mlpack 4 misplaces derivatives.
    """
    def __init__(self, kernel_width, kernel_height, stride_width=1, stride_height=1, floor=True):
        super().__init__(kernel_width, kernel_height, stride_width, stride_height, floor)

    @property
    def pooling_indices(self):
        """ndarray of int64, (batch, channels, rows, columns): where the latest Forward found the
        maxima, as ``row * width + column`` within the image. A copy; None before the first Forward.
        """
        return None if self._indices is None else (<object>self._indices).astype(np.int64)

    cdef int _forward_images(self, ndarray x, ndarray y) except -1:
        cdef Shape inner, outer
        cdef Windows windows
        cdef bint wide = PyArray_TYPE(x) == NPY_DOUBLE
        cdef ndarray indices = self._indices
        read_shape(x, &inner)
        read_shape(y, &outer)
        self._windows(&inner, &windows)
        if not wide and inner.dims[2] * inner.dims[3] > INT32_MAX:
            self._refuse_shape(&inner, f"images of at most {INT32_MAX} pixels for float32")
        dtype = np.int64 if wide else np.int32
        if indices is None or (<object>indices).dtype != dtype or not has_shape(indices, &outer):
            indices = np.empty((<object>y).shape, dtype)
        max_pool(x, y, indices, &windows, self._rows(x))
        self._indices = indices
        self._apart = (windows.stride_height >= windows.kernel_height
                       and windows.stride_width >= windows.kernel_width)
        return self._remember(x)

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        self._require_forward(x)
        return scatter(gy, self._indices, g, self._apart)
