"""Softmin. Source: mlpack ann/layer/softmin.hpp."""
import numpy as np

from mlpack_ann._arrays cimport PyArray_TYPE, import_array, ndarray
from mlpack_ann._softmax cimport softmax_rows, softmax_rows_back
from mlpack_ann._validation cimport Shape, has_shape, read_shape
from mlpack_ann.layer.row_layer cimport RowLayer, RowMaps

import_array()


cdef class Softmin(RowLayer):
    """``y = exp(-x) / sum(exp(-x))`` over the features of each point.

    Notes
    -----
    Input and output: (batch, features), or (batch, ...) where all the axes of a point count as its
    features, as in mlpack's flat points.
    Exact for inputs of any size: the smallest of each point is subtracted first. Inputs equal to an
    infinite smallest one share the probability among them. mlpack's derivative has the wrong sign.
    """
    cdef ndarray _negated                   # memory for -x

    def __init__(self):
        self._maps = RowMaps(softmax_rows[float], softmax_rows[double], softmax_rows_back[float],
                             softmax_rows_back[double])
        super().__init__()

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef ndarray negated = self._negated
        cdef Shape shape
        read_shape(x, &shape)
        if (negated is None or PyArray_TYPE(negated) != PyArray_TYPE(x)
                or not has_shape(negated, &shape)):
            negated = np.empty_like(x)
        np.negative(x, negated)
        self._negated = negated
        return RowLayer._forward(self, negated, y)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        RowLayer._backward(self, x, y, gy, g)
        np.negative(g, g)
        return 0
