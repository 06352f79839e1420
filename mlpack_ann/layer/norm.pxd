from numpy cimport ndarray

from mlpack_ann._norm cimport Norms
from mlpack_ann.layer.layer cimport Layer


cdef class Norm(Layer):
    cdef readonly double eps
    cdef Py_ssize_t _size                   # 0 until known
    cdef ndarray _gamma, _beta              # views of the parameters

    cdef int _fill(self, Norms* t, ndarray x, ndarray gy, ndarray out) except -1
