"""Separable resampling of images; see _resampling.pyx."""
from numpy cimport ndarray

from mlpack_ann._scratch cimport Scratch


cdef class Axis:
    cdef readonly Py_ssize_t sources, targets
    cdef Py_ssize_t _taps, _span
    cdef bint _plain
    cdef ndarray _start, _source, _weight           # of each target, one after the other
    cdef Py_ssize_t _padded                         # targets in whole vectors
    cdef ndarray _index, _factor32, _factor64       # (taps, padded), filled up with zeros


# Images are (planes, sources of rows, sources of columns), y (planes, their targets).
cdef int resample(ndarray x, ndarray y, Axis rows, Axis columns, Scratch scratch) except -1
