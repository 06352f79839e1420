from numpy cimport ndarray

from mlpack_ann.layer.linear_no_bias cimport LinearNoBias


cdef class Linear(LinearNoBias):
    cdef ndarray _bias                      # (out,), a view of the parameters
