from numpy cimport ndarray

from mlpack_ann._norm cimport Split
from mlpack_ann.layer.measured_norm cimport MeasuredNorm


cdef class ChannelNorm(MeasuredNorm):
    cdef readonly bint average
    cdef readonly double momentum
    cdef ndarray _running_mean, _running_variance       # of each channel
    cdef Py_ssize_t _count

    cdef int _recall(self, Split n) except -1
    cdef int _update(self, Split n) except -1
    cdef ndarray _statistic(self, object value, str name)
