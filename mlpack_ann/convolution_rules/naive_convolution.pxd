from numpy cimport ndarray

from mlpack_ann._convolution cimport Convolver
from mlpack_ann._planes cimport Geometry
from mlpack_ann.convolution_rules.convolution_rule cimport ConvolutionRule


cdef class DirectRule(ConvolutionRule):
    cdef Convolver _convolver               # with the scratch memory that it keeps

    cdef int _direct(self, const Geometry* k, ndarray x, ndarray w, ndarray y) except -1


cdef class NaiveConvolution(DirectRule):
    pass
