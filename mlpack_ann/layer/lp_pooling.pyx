"""Power-average pooling. Source: mlpack ann/layer/not_adapted/lp_pooling.hpp (4.4)."""
from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._pooling cimport Windows, lp_pool, lp_spread
from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.layer.pooling cimport Pooling

import_array()


cdef class LpPooling(Pooling):
    """The p-norm of each window of an image, p being `norm_type`.

    ``output[n, c, i, j] = sum(input[n, c, top:top + kernel_height, left:left + kernel_width] ** p)
    ** (1 / p)`` with ``top = i * stride_height`` and ``left = j * stride_width``.

    Parameters
    ----------
    norm_type : int
        p, at least 1: 1 is the sum of a window, 2 its Euclidean norm.
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

    Powers keep their sign, as in mlpack and PyTorch. For an odd p the root is real, negative where
    the sum is; there these two give NaN (p > 1). Where an output is 0 the derivative is taken to be
    0 (p > 1). mlpack's Backward divides by the elements of the window, and by a power of the output
    rounded down to an integer.

    References
    ----------
    Sermanet, Chintala and LeCun (2012), Convolutional neural networks applied to house numbers
    digit classification.
    """
    cdef readonly object norm_type

    def __init__(self, norm_type, kernel_width, kernel_height, stride_width=1, stride_height=1,
                 floor=True):
        self._built = False
        self.norm_type = integer(norm_type, self, "norm_type")
        super().__init__(kernel_width, kernel_height, stride_width, stride_height, floor)

    cdef bint _complete(self):
        return self.norm_type is not None and Pooling._complete(self)

    cdef int _forward_images(self, ndarray x, ndarray y) except -1:
        cdef Shape images
        cdef Windows windows
        read_shape(x, &images)
        self._windows(&images, &windows)
        lp_pool(x, y, self.norm_type, &windows, self._rows(x))
        return 0

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Shape images
        cdef Windows windows
        read_shape(x, &images)
        self._windows(&images, &windows)
        lp_spread(x, y, gy, g, self.norm_type, &windows, self._rows(x))
        return 0
