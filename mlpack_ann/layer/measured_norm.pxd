from numpy cimport ndarray

from mlpack_ann._norm cimport Norms, Split
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.norm cimport Norm


cdef class MeasuredNorm(Norm):
    # Of the latest Forward:
    cdef Split _n
    cdef ndarray _mean, _variance           # of each group of elements that has its own
    cdef bint _measured                     # of the batch; else running ones
    cdef ndarray _scratch

    # Hooks.
    cdef Py_ssize_t _split(self, const Shape* inner, Split* n) except -1
    cdef int _measures(self, Split n) except -1
    cdef int _note(self, Split n) except -1

    cdef int _run(self, int step, ndarray x, ndarray gy, ndarray out) except -1
    cdef Split _split_of(self, ndarray x) except *
    cdef int _reserve(self, Py_ssize_t groups) except -1
