"""Convolution of images; the layers' hooks call the methods that take arrays."""
from cython cimport floating
from numpy cimport ndarray

from mlpack_ann._planes cimport Geometry
from mlpack_ann._scratch cimport Scratch
from mlpack_ann._winograd cimport Filtering

cdef enum Algorithm:
    AUTO, DIRECT, WINOGRAD


cdef class Convolver:
    cdef Geometry _k
    cdef Algorithm _algorithm
    cdef Scratch _scratch
    cdef Scratch _filter_scratch

    cdef int forward_images(self, ndarray x, ndarray weight, ndarray bias, ndarray y) except -1
    cdef int backward_images(self, ndarray gy, ndarray weight, ndarray bias, ndarray g) except -1
    cdef int gradient_images(self, ndarray x, ndarray gy, ndarray dw, ndarray db) except -1

    cdef bint _filters(self, const Filtering* f, double direct, Py_ssize_t item) noexcept nogil

    cdef int forward(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* x,
                     const floating* weight, const floating* bias, floating* y) except -1 nogil
    cdef int backward(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* gy,
                      const floating* weight, const floating* bias, floating* g) except -1 nogil
    cdef int gradient(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* x,
                      const floating* gy, floating* dw, floating* db) except -1 nogil


cdef bint winograd_serves(const Geometry* k) noexcept nogil
cdef int sum_images(ndarray images, ndarray sums) except -1
