"""Random numbers into given C-contiguous arrays of float32 or float64."""
from numpy cimport ndarray

cdef int draw_uniform(object generator, ndarray out, double low, double high) except -1
cdef int draw_roots(object generator, ndarray out, double low, double high) except -1
cdef int draw_normal(object generator, ndarray out, double mean, double deviation) except -1
