from numpy cimport ndarray

from mlpack_ann.layer.pooling cimport Pooling


cdef class MaxPooling(Pooling):
    cdef ndarray _indices               # of the latest Forward, shaped as its output images
    cdef bint _apart                    # whether no two of them can be the same
