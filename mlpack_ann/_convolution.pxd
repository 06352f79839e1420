"""Convolution of images; the layers' hooks call the methods that take arrays."""
from cython cimport floating
from numpy cimport ndarray

cdef enum:
    SCRATCH = 8


cdef class Convolver:
    cdef readonly Py_ssize_t in_channels, out_channels, groups
    cdef readonly Py_ssize_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w
    cdef readonly Py_ssize_t top, bottom, left, right
    cdef char* _memory[SCRATCH]
    cdef size_t _size[SCRATCH]

    cdef int forward_images(self, ndarray x, ndarray weight, ndarray bias, ndarray y) except -1
    cdef int backward_images(self, ndarray gy, ndarray weight, ndarray g) except -1
    cdef int gradient_images(self, ndarray x, ndarray gy, ndarray dw, ndarray db) except -1

    cdef int forward(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* x,
                     const floating* weight, const floating* bias, floating* y) except -1 nogil
    cdef int backward(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* gy,
                      const floating* weight, floating* g) except -1 nogil
    cdef int gradient(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* x,
                      const floating* gy, floating* dw, floating* db) except -1 nogil
    cdef void* _take(self, int use, size_t size) except NULL nogil
