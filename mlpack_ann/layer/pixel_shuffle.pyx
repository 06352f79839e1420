"""Pixel shuffle. Source: mlpack ann/layer/pixel_shuffle.hpp."""
from mlpack_ann._validation import integer

from cython cimport floating
from libc.string cimport memset

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.image_layer cimport ImageLayer

import_array()


cdef inline void interleave_row(const floating* source, floating* target, Py_ssize_t plane,
                                Py_ssize_t width, Py_ssize_t factor) noexcept nogil:
    """Write a row of pixels, by turns from rows that are a plane apart."""
    cdef Py_ssize_t w, j
    for w in range(width):
        for j in range(factor):
            target[w * factor + j] = source[j * plane + w]


cdef inline void separate_row(const floating* source, floating* target, Py_ssize_t plane,
                              Py_ssize_t width, Py_ssize_t factor) noexcept nogil:
    """The inverse of `interleave_row`."""
    cdef Py_ssize_t w, j
    for w in range(width):
        for j in range(factor):
            target[j * plane + w] = source[w * factor + j]


cdef inline void interleave(const floating[:, :, :, ::1] x, floating[:, :, :, ::1] y,
                            Py_ssize_t factor) noexcept nogil:
    """Write each pixel of y, a row at a time."""
    cdef Py_ssize_t n, c, h, i, width = x.shape[3], plane = x.shape[2] * width
    cdef const floating* source
    cdef floating* target
    for n in range(y.shape[0]):
        for c in range(y.shape[1]):
            for h in range(x.shape[2]):
                for i in range(factor):
                    target = &y[n, c, h * factor + i, 0]
                    source = &x[n, (c * factor + i) * factor, h, 0]
                    if factor == 2:     # one that the compiler knows makes faster code
                        interleave_row(source, target, plane, width, 2)
                    else:
                        interleave_row(source, target, plane, width, factor)


cdef inline void separate(const floating[:, :, :, ::1] y, floating[:, :, :, ::1] x,
                          Py_ssize_t factor) noexcept nogil:
    """The inverse of `interleave`; channels that it ignores become 0."""
    cdef Py_ssize_t n, c, h, i, width = x.shape[3], plane = x.shape[2] * width
    cdef Py_ssize_t used = y.shape[1] * factor * factor
    cdef const floating* source
    cdef floating* target
    for n in range(y.shape[0]):
        for c in range(y.shape[1]):
            for h in range(x.shape[2]):
                for i in range(factor):
                    source = &y[n, c, h * factor + i, 0]
                    target = &x[n, (c * factor + i) * factor, h, 0]
                    if factor == 2:
                        separate_row(source, target, plane, width, 2)
                    else:
                        separate_row(source, target, plane, width, factor)
        if used < x.shape[1]:
            memset(&x[n, used, 0, 0], 0,
                   (x.shape[1] - used) * x.shape[2] * width * sizeof(floating))


cdef class PixelShuffle(ImageLayer):
    """Rearrange channels into an image of `upscale_factor` times the height and width.

    ``output[n, c, h, w] = input[n, c * u**2 + u * (h % u) + w % u, h // u, w // u]`` with
    ``u = upscale_factor``.

    Parameters
    ----------
    upscale_factor : int
        Pixels of the output per pixel of the input, along each axis.
    height, width : int
        Size of the input images, in pixels.
    size : int
        Channels of the input, at least ``upscale_factor**2``.

    Notes
    -----
    Input (batch, size, height, width), or flat points (batch, size * height * width). Output
    (batch, size // u**2, height * u, width * u), or flat. Where `size` is no multiple of ``u**2``
    the channels left over are ignored, and their derivative is 0; mlpack's has no place for them.

    References
    ----------
    Shi et al. (2016), Real-time single image and video super-resolution using an efficient
    sub-pixel convolutional neural network.
    """
    cdef readonly Py_ssize_t upscale_factor, height, width, size

    def __init__(self, upscale_factor, height, width, size):
        self.upscale_factor = integer(upscale_factor, self, "upscale_factor")
        self.height = integer(height, self, "height")
        self.width = integer(width, self, "width")
        self.size = integer(size, self, "size", self.upscale_factor ** 2)
        super().__init__()

    cdef bint _complete(self):
        return self.upscale_factor > 0

    cdef tuple _flat_dimensions(self):
        return self.size, self.height, self.width

    cdef int _image_shape(self, const Shape* inner, Shape* outer) except -1:
        if (inner.dims[1] != self.size or inner.dims[2] != self.height
                or inner.dims[3] != self.width):
            return self._refuse_shape(inner, f"(batch, {self.size}, {self.height}, {self.width})")
        outer[0] = inner[0]
        outer.dims[1] = self.size // (self.upscale_factor * self.upscale_factor)
        outer.dims[2] = self.height * self.upscale_factor
        outer.dims[3] = self.width * self.upscale_factor
        return 0

    cdef int _forward_images(self, ndarray x, ndarray y) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            interleave[double](x, y, self.upscale_factor)
        else:
            interleave[float](x, y, self.upscale_factor)
        return 0

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            separate[double](gy, g, self.upscale_factor)
        else:
            separate[float](gy, g, self.upscale_factor)
        return 0
