from numpy cimport ndarray

from mlpack_ann._planes cimport Geometry
from mlpack_ann._validation cimport Shape


cdef class ConvolutionRule:
    cdef readonly str border_mode
    cdef bint _built

    cdef int _convolve(self, const Geometry* k, ndarray x, ndarray w, ndarray y) except -1

    cdef int _place(self, Geometry* k, ndarray w, Py_ssize_t height, Py_ssize_t width,
                    Shape* outer) except -1
    cdef int _run(self, const Geometry* k, ndarray x, ndarray w, ndarray y, bint adds) except -1
    cdef int _refuse(self, str name, ndarray given, str expected) except -1
