"""Mean pooling. Source: mlpack ann/layer/mean_pooling.hpp."""
import numpy as np

from cython cimport floating
from libc.string cimport memset

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._pooling cimport (Row, Windows, clipped_window, mean_row, spread_row,
                                  whole_windows)
from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.layer.pooling cimport Pooling

import_array()


cdef void pool(const floating[:, :, :, ::1] x, floating[:, :, :, ::1] y, const Windows* windows,
               floating[::1] scratch) noexcept nogil:
    """Write the means; `scratch` is one row of the image."""
    cdef Py_ssize_t n, c, i, top
    cdef Row row
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(windows.height):
                top = i * windows.stride_height
                row = whole_windows(windows, top, x.shape[2], x.shape[3])
                mean_row(&row, &x[n, c, top, 0], &y[n, c, i, 0], &scratch[0])
                if windows.whole < windows.width:
                    row = clipped_window(&row)
                    mean_row(&row, &x[n, c, top, x.shape[3] - row.reach],
                             &y[n, c, i, windows.whole], &scratch[0])


cdef void spread(const floating[:, :, :, ::1] gy, floating[:, :, :, ::1] g, const Windows* windows,
                 floating[::1] scratch) noexcept nogil:
    """The derivative of `pool`: give each element of a window its share."""
    cdef Py_ssize_t n, c, i, top
    cdef Row row
    for n in range(g.shape[0]):
        for c in range(g.shape[1]):
            memset(&g[n, c, 0, 0], 0, g.shape[2] * g.shape[3] * sizeof(floating))
            for i in range(windows.height):
                top = i * windows.stride_height
                row = whole_windows(windows, top, g.shape[2], g.shape[3])
                spread_row(&row, &gy[n, c, i, 0], &g[n, c, top, 0], &scratch[0])
                if windows.whole < windows.width:
                    row = clipped_window(&row)
                    spread_row(&row, &gy[n, c, i, windows.whole],
                               &g[n, c, top, g.shape[3] - row.reach], &scratch[0])


cdef class MeanPooling(Pooling):
    """The mean of each window of an image.

    ``output[n, c, i, j] = mean(input[n, c, top:top + kernel_height, left:left + kernel_width])``
    with ``top = i * stride_height`` and ``left = j * stride_width``.

    Parameters
    ----------
    kernel_width, kernel_height : int
        Size of a window, in pixels.
    stride_width, stride_height : int, default=1
        From one window to the next, in pixels.
    floor : bool, default=True
        Whether pixels that no whole window reaches are left out. If False, a last window covers
        what is left of them inside the image, and divides by the number of those; there is none
        where it would cover nothing.

    Notes
    -----
    Input (batch, channels, height, width), not smaller than a window. Output (batch, channels,
    rows, columns) with ``rows = (height - kernel_height) / stride_height + 1`` and columns alike,
    rounded down, or up if `floor` is False. Flat points: see `input_dimensions`.

    mid-2020's mlpack ignores kernel and stride in Backward; with ``floor=False`` it cuts every
    window short, and mlpack 4 can throw.
    """
    def __init__(self, kernel_width, kernel_height, stride_width=1, stride_height=1, floor=True):
        super().__init__(kernel_width, kernel_height, stride_width, stride_height, floor)

    cdef int _forward_images(self, ndarray x, ndarray y) except -1:
        cdef Shape images
        cdef Windows windows
        read_shape(x, &images)
        self._windows(&images, &windows)
        scratch = np.empty(images.dims[3], (<object>x).dtype)
        if PyArray_TYPE(x) == NPY_DOUBLE:
            pool[double](x, y, &windows, scratch)
        else:
            pool[float](x, y, &windows, scratch)
        return 0

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Shape images
        cdef Windows windows
        read_shape(x, &images)
        self._windows(&images, &windows)
        scratch = np.empty(images.dims[3], (<object>x).dtype)
        if PyArray_TYPE(x) == NPY_DOUBLE:
            spread[double](gy, g, &windows, scratch)
        else:
            spread[float](gy, g, &windows, scratch)
        return 0
