"""Pixel shuffle. Source: mlpack ann/layer/pixel_shuffle.hpp."""
from mlpack_ann._validation import integer

from cython cimport floating
from libc.string cimport memset
from numpy cimport PyArray_DATA, PyArray_DIM, PyArray_ITEMSIZE, PyArray_NBYTES

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._rows_out cimport RowsOut, end_rows, is_streamed, next_row, start_rows
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


cdef struct Images:
    const char* x                           # (points, channels, height, width)
    char* y                                 # (points, results, height * factor, width * factor)
    Py_ssize_t channels, results, height, width, factor
    bint wide, streamed


cdef void interleave(const Images* t, Py_ssize_t start, Py_ssize_t stop, const floating* x,
                     floating* y) noexcept nogil:
    """Write the channels of y, a row at a time."""
    cdef Py_ssize_t item, n, c, h, i, width = t.width, plane = t.height * width, factor = t.factor
    cdef const floating* source
    cdef floating* target
    cdef RowsOut out
    start_rows(&out, y + start * plane * factor * factor, t.streamed)
    for item in range(start, stop):
        n, c = item // t.results, item % t.results
        for h in range(t.height):
            for i in range(factor):
                target = <floating*>next_row(&out, width * factor * sizeof(floating))
                source = x + (n * t.channels + (c * factor + i) * factor) * plane + h * width
                if factor == 2:     # one that the compiler knows makes faster code
                    interleave_row(source, target, plane, width, 2)
                else:
                    interleave_row(source, target, plane, width, factor)
    end_rows(&out)


cdef void interleave_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Images* t = <const Images*>task
    if t.wide:
        interleave(t, start, stop, <const double*>t.x, <double*>t.y)
    else:
        interleave(t, start, stop, <const float*>t.x, <float*>t.y)


cdef void separate(const Images* t, Py_ssize_t start, Py_ssize_t stop, floating* x,
                   const floating* y) noexcept nogil:
    """The inverse of `interleave`, point by point; channels that it ignores become 0."""
    cdef Py_ssize_t n, c, h, i, width = t.width, plane = t.height * width, factor = t.factor
    cdef Py_ssize_t used = t.results * factor * factor
    cdef const floating* source = y + start * used * plane
    cdef floating* target
    for n in range(start, stop):
        for c in range(t.results):
            for h in range(t.height):
                for i in range(factor):
                    target = x + (n * t.channels + (c * factor + i) * factor) * plane + h * width
                    if factor == 2:
                        separate_row(source, target, plane, width, 2)
                    else:
                        separate_row(source, target, plane, width, factor)
                    source += width * factor
        memset(x + (n * t.channels + used) * plane, 0,
               (t.channels - used) * plane * sizeof(floating))


cdef void separate_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Images* t = <const Images*>task
    if t.wide:
        separate(t, start, stop, <double*>t.x, <const double*>t.y)
    else:
        separate(t, start, stop, <float*>t.x, <const float*>t.y)


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
        cdef Images t = self._images(x, y)
        in_parts(interleave_work, &t, PyArray_DIM(y, 0) * t.results,
                 t.height * t.width * t.factor * t.factor)
        return 0

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Images t = self._images(g, gy)
        in_parts(separate_work, &t, PyArray_DIM(g, 0), t.channels * t.height * t.width)
        return 0

    cdef Images _images(self, ndarray x, ndarray y) noexcept:
        cdef Images t
        t.x, t.y = <const char*>PyArray_DATA(x), <char*>PyArray_DATA(y)
        t.channels, t.results = PyArray_DIM(x, 1), PyArray_DIM(y, 1)
        t.height, t.width, t.factor = PyArray_DIM(x, 2), PyArray_DIM(x, 3), self.upscale_factor
        t.wide = PyArray_TYPE(x) == NPY_DOUBLE
        t.streamed = is_streamed(PyArray_NBYTES(y), PyArray_DIM(y, 3) * PyArray_ITEMSIZE(y))
        return t
