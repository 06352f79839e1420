"""What the pooling layers share: windows over images, and how many of them there are."""
import numpy as np

from numpy cimport PyArray_BYTES, PyArray_NBYTES, import_array, ndarray

from mlpack_ann._validation import flag, integer

from mlpack_ann._pooling cimport Windows, scratch_bytes
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.image_layer cimport ImageLayer

import_array()


cdef class Pooling(ImageLayer):
    """A layer that reduces windows of an image, channel by channel, to one value each."""

    def __init__(self, kernel_width, kernel_height, stride_width, stride_height, floor):
        self._built = False
        self.kernel_width = integer(kernel_width, self, "kernel_width")
        self.kernel_height = integer(kernel_height, self, "kernel_height")
        self.stride_width = integer(stride_width, self, "stride_width")
        self.stride_height = integer(stride_height, self, "stride_height")
        self.floor = flag(floor, self, "floor")
        super().__init__()

    cdef bint _complete(self):
        return self.stride_width is not None

    cdef int _windows(self, const Shape* images, Windows* windows) except -1:
        """The windows that the constructor was given. Adaptive layers override it."""
        windows.kernel_height, windows.kernel_width = self.kernel_height, self.kernel_width
        windows.stride_height, windows.stride_width = self.stride_height, self.stride_width
        if (images.dims[2] < windows.kernel_height or images.dims[3] < windows.kernel_width):
            return refuse_size(self, images, windows.kernel_height, windows.kernel_width)
        windows.height = count(images.dims[2], windows.kernel_height, windows.stride_height,
                               self.floor)
        windows.width = count(images.dims[3], windows.kernel_width, windows.stride_width,
                              self.floor)
        windows.whole = count(images.dims[3], windows.kernel_width, windows.stride_width, True)
        return 0

    cdef int _image_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Windows windows
        self._windows(inner, &windows)
        outer[0] = inner[0]
        outer.dims[2], outer.dims[3] = windows.height, windows.width
        return 0

    cdef char* _rows(self, ndarray images) except NULL:
        """Return scratch memory for the loops over these images; it is kept."""
        cdef Py_ssize_t size = scratch_bytes(images)
        if self._scratch is None or PyArray_NBYTES(self._scratch) < size:
            self._scratch = np.empty(size, np.uint8)
        return PyArray_BYTES(self._scratch)


cdef Py_ssize_t count(Py_ssize_t size, Py_ssize_t kernel, Py_ssize_t stride, bint floor) noexcept:
    """How many windows lie along an axis; without `floor` the last may reach past its end."""
    cdef Py_ssize_t rest = size - kernel
    if floor or rest % stride == 0 or (rest // stride + 1) * stride >= size:
        return rest // stride + 1
    return rest // stride + 2


cdef int refuse_size(Pooling layer, const Shape* images, Py_ssize_t height,
                     Py_ssize_t width) except -1:
    return layer._refuse_shape(images, "(batch, channels, height, width) with a height of at least "
                                       f"{height} and a width of at least {width}")


cdef int fit_windows(Pooling layer, const Shape* images, Py_ssize_t width, Py_ssize_t height,
                     Windows* windows) except -1:
    """Lay height x width windows over an image: the stride is the quotient of the sizes, and the
    kernel what is left for the last window."""
    if images.dims[2] < height or images.dims[3] < width:
        return refuse_size(layer, images, height, width)
    windows.height, windows.width, windows.whole = height, width, width
    windows.stride_height, windows.stride_width = images.dims[2] // height, images.dims[3] // width
    windows.kernel_height = images.dims[2] - (height - 1) * windows.stride_height
    windows.kernel_width = images.dims[3] - (width - 1) * windows.stride_width
    return 0
