from numpy cimport ndarray

from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer


cdef class Masked(Layer):
    cdef double _ratio
    cdef ndarray _given                     # the mask to use, or None to draw one
    cdef ndarray _drawn                     # memory of the masks drawn

    # Of the latest Forward:
    cdef ndarray _mask                      # None in inference mode
    cdef double _scale                      # of what is kept

    cdef int _mask_shape(self, const Shape* inner, Shape* mask) except -1
    cdef ndarray _next_mask(self, ndarray x)
    cdef int _apply(self, ndarray x, ndarray y) except -1
