from numpy cimport ndarray

from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.container cimport Container


cdef class Merge(Container):
    cdef readonly bint model, run
    cdef ndarray _slope                     # kept: the derivative that one layer gives

    # Hooks of a merge.
    cdef int _merged_shape(self, list shapes, const Shape* inner, Shape* outer) except -1
    cdef int _merge(self, tuple places, ndarray y) except -1
    cdef int _split(self, tuple places, ndarray gy) except -1
