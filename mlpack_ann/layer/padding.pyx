"""Padding of images. Source: mlpack ann/layer/padding.hpp."""
from mlpack_ann._validation import integer, real

from cython cimport floating
from numpy cimport PyArray_DATA, PyArray_DIM, PyArray_ITEMSIZE, PyArray_NBYTES

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._rows_out cimport RowsOut, copy_row, end_rows, is_streamed, next_row, start_rows
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.image_layer cimport ImageLayer

import_array()


cdef struct Images:
    const char* x                           # without the padding
    char* y                                 # with it, or to be cropped
    Py_ssize_t height, width, outer_height, outer_width, top, left
    double value
    bint wide, streamed


cdef void surround(const Images* t, Py_ssize_t start, Py_ssize_t stop, const floating* x,
                   floating* y) noexcept nogil:
    """Write images of x into those of y from (top, left) on, and `value` around them."""
    cdef Py_ssize_t n, i, j, right = t.left + t.width
    cdef floating value = <floating>t.value
    cdef floating* row
    cdef RowsOut out
    start_rows(&out, y + start * t.outer_height * t.outer_width, t.streamed)
    for n in range(start, stop):
        for i in range(t.outer_height):
            row = <floating*>next_row(&out, t.outer_width * sizeof(floating))
            if i < t.top or i >= t.top + t.height:
                for j in range(t.outer_width):
                    row[j] = value
                continue
            for j in range(t.left):
                row[j] = value
            copy_row(<char*>(row + t.left),
                     <const char*>(x + (n * t.height + i - t.top) * t.width),
                     t.width * sizeof(floating))
            for j in range(right, t.outer_width):
                row[j] = value
    end_rows(&out)


cdef void surround_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Images* t = <const Images*>task
    if t.wide:
        surround(t, start, stop, <const double*>t.x, <double*>t.y)
    else:
        surround(t, start, stop, <const float*>t.x, <float*>t.y)


cdef void crop_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    """Write into x what `surround` took from it."""
    cdef const Images* t = <const Images*>task
    cdef Py_ssize_t n, i, item = sizeof(double) if t.wide else sizeof(float)
    cdef Py_ssize_t size = t.width * item
    cdef RowsOut out
    start_rows(&out, <char*>t.x + start * t.height * size, False)
    for n in range(start, stop):
        for i in range(t.height):
            copy_row(next_row(&out, size), t.y + ((n * t.outer_height + t.top + i) * t.outer_width
                                                  + t.left) * item, size)
    end_rows(&out)


cdef class Padding(ImageLayer):
    """Surround images with a constant.

    Parameters
    ----------
    pad_w_left, pad_w_right, pad_h_top, pad_h_bottom : int, default=0
        Pixels to add on each side.
    fill_value : float, default=0.0
        Their value; may be infinite or NaN.

    Notes
    -----
    Input (batch, channels, height, width), output (batch, channels, pad_h_top + height +
    pad_h_bottom, pad_w_left + width + pad_w_right). Flat points: see `input_dimensions`. mid-2020's
    mlpack pads the matrix of all points; this is the padding of mlpack 4.
    """
    cdef readonly Py_ssize_t pad_w_left, pad_w_right, pad_h_top, pad_h_bottom
    cdef double _fill_value

    def __init__(self, pad_w_left=0, pad_w_right=0, pad_h_top=0, pad_h_bottom=0, fill_value=0.0):
        self.pad_w_left = integer(pad_w_left, self, "pad_w_left", 0)
        self.pad_w_right = integer(pad_w_right, self, "pad_w_right", 0)
        self.pad_h_top = integer(pad_h_top, self, "pad_h_top", 0)
        self.pad_h_bottom = integer(pad_h_bottom, self, "pad_h_bottom", 0)
        self.fill_value = fill_value
        super().__init__()

    @property
    def fill_value(self):
        return self._fill_value

    @fill_value.setter
    def fill_value(self, value):
        # mlpack allows -inf, to pad what is pooled next.
        self._fill_value = real(value, self, "fill_value")

    cdef int _image_shape(self, const Shape* inner, Shape* outer) except -1:
        outer[0] = inner[0]
        outer.dims[2] += self.pad_h_top + self.pad_h_bottom
        outer.dims[3] += self.pad_w_left + self.pad_w_right
        return 0

    cdef int _forward_images(self, ndarray x, ndarray y) except -1:
        cdef Images t = self._images(x, y, y)
        in_parts(surround_work, &t, PyArray_DIM(x, 0) * PyArray_DIM(x, 1),
                 t.outer_height * t.outer_width)
        return 0

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Images t = self._images(g, gy, g)
        in_parts(crop_work, &t, PyArray_DIM(x, 0) * PyArray_DIM(x, 1), t.height * t.width)
        return 0

    cdef Images _images(self, ndarray x, ndarray y, ndarray written) noexcept:
        cdef Images t
        t.x, t.y = <const char*>PyArray_DATA(x), <char*>PyArray_DATA(y)
        t.height, t.width = PyArray_DIM(x, 2), PyArray_DIM(x, 3)
        t.outer_height, t.outer_width = PyArray_DIM(y, 2), PyArray_DIM(y, 3)
        t.top, t.left, t.value = self.pad_h_top, self.pad_w_left, self._fill_value
        t.wide = PyArray_TYPE(x) == NPY_DOUBLE
        t.streamed = is_streamed(PyArray_NBYTES(written),
                                 PyArray_DIM(written, 3) * PyArray_ITEMSIZE(written))
        return t
