from libc.stdint cimport uint8_t, uint32_t, uint64_t
from numpy cimport ndarray

from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer


cdef struct Task:
    const char* x
    char* y
    uint8_t* mask
    Py_ssize_t entries, run                 # of the mask, which repeats; elements for each of them
    bint wide, drawn, streamed              # float64; whether to draw the mask; past the caches
    uint32_t threshold
    uint64_t key
    double scale


cdef class Masked(Layer):
    cdef double _ratio
    cdef ndarray _given                     # the mask to use, or None to draw one
    cdef ndarray _drawn                     # memory of the masks drawn

    # Of the latest Forward:
    cdef ndarray _mask                      # None in inference mode
    cdef double _scale                      # of what is kept

    cdef int _mask_shape(self, const Shape* inner, Shape* mask) except -1
    cdef int _next_mask(self, ndarray x, Task* t) except -1
    cdef int _apply(self, ndarray x, ndarray y, Task* t) except -1
