"""All points of a batch as one. Source: mlpack ann/layer/join.hpp."""
from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._copies cimport copy_all
from mlpack_ann._points cimport point_size
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class Join(Layer):
    """``output[0] = concatenate(input)``: the points of a batch, one after the other, as one.

    Notes
    -----
    Input (batch, ...), output (1, batch * elements of a point).
    """
    def __init__(self):
        super().__init__()

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        outer.ndim = 2
        outer.dims[0], outer.dims[1] = 1, inner.dims[0] * point_size(inner)
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        copy_all(x, y)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        copy_all(gy, g)
        return 0

