"""Padding of images. Source: mlpack ann/layer/padding.hpp."""
from mlpack_ann._validation import integer, real

from cython cimport floating
from libc.string cimport memcpy

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.image_layer cimport ImageLayer

import_array()


cdef void surround(const floating[:, :, :, ::1] x, floating[:, :, :, ::1] y, Py_ssize_t top,
                   Py_ssize_t left, floating value) noexcept nogil:
    """Write x into y from (top, left) on, and `value` around it."""
    cdef Py_ssize_t n, c, i, j, height = x.shape[2], width = x.shape[3], inside
    for n in range(y.shape[0]):
        for c in range(y.shape[1]):
            for i in range(y.shape[2]):
                inside = width if top <= i < top + height else 0
                for j in range(left if inside else y.shape[3]):
                    y[n, c, i, j] = value
                if inside:
                    memcpy(&y[n, c, i, left], &x[n, c, i - top, 0], width * sizeof(floating))
                    for j in range(left + width, y.shape[3]):
                        y[n, c, i, j] = value


cdef void crop(const floating[:, :, :, ::1] y, floating[:, :, :, ::1] x, Py_ssize_t top,
               Py_ssize_t left) noexcept nogil:
    """Write into x what `surround` took from it."""
    cdef Py_ssize_t n, c, i
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(x.shape[2]):
                memcpy(&x[n, c, i, 0], &y[n, c, top + i, left], x.shape[3] * sizeof(floating))


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
        if PyArray_TYPE(x) == NPY_DOUBLE:
            surround[double](x, y, self.pad_h_top, self.pad_w_left, self._fill_value)
        else:
            surround[float](x, y, self.pad_h_top, self.pad_w_left, <float>self._fill_value)
        return 0

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            crop[double](gy, g, self.pad_h_top, self.pad_w_left)
        else:
            crop[float](gy, g, self.pad_h_top, self.pad_w_left)
        return 0
