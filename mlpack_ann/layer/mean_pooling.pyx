"""Mean pooling. Source: mlpack ann/layer/mean_pooling.hpp."""
from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._pooling cimport Windows, mean_pool, mean_spread
from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.layer.pooling cimport Pooling

import_array()


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
        mean_pool(x, y, &windows, self._rows(x))
        return 0

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Shape images
        cdef Windows windows
        read_shape(x, &images)
        self._windows(&images, &windows)
        mean_spread(gy, g, &windows, self._rows(x))
        return 0
