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
    bint shifted                            # whether something is added: `run` is 1
    uint32_t threshold
    uint64_t key
    double scale
    double kept, dropped                    # what is added to either kind


cdef ndarray as_mask(object value, object owner)
cdef ndarray next_mask(Task* t, ndarray memory, tuple shape, double ratio, object rng)
cdef int multiply_by(ndarray mask, ndarray x, ndarray y, double scale, Task* t) except -1


cdef class Masked(Layer):
    cdef double _ratio
    cdef ndarray _given                     # the mask to use, or None to draw one
    cdef ndarray _drawn                     # memory of the masks drawn

    # Of the latest Forward:
    cdef ndarray _mask                      # None in inference mode
    cdef double _scale                      # of what is kept

    cdef int _mask_shape(self, const Shape* inner, Shape* mask) except -1
    cdef int _next_mask(self, ndarray x, Task* t) except -1
    cdef double _factor(self, Task* t)
    cdef int _apply(self, ndarray x, ndarray y, Task* t) except -1
