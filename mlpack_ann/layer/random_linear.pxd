from numpy cimport ndarray

from mlpack_ann.layer.linear cimport Linear


cdef class RandomLinear(Linear):
    # Of the latest Forward:
    cdef bint _varied                       # whether it had weights of its own
    cdef ndarray _used                      # flat, weight and bias; kept
    cdef ndarray _used_weight, _used_bias   # views of it

    cdef bint _vary(self) except -1
    cdef int _chain(self, ndarray gradient) except -1

    cdef ndarray _own_weights(self)
    cdef int _require_weights(self, ndarray parameters) except -1
