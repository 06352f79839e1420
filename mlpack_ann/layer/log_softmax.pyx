"""Logarithm of softmax. Source: mlpack ann/layer/log_softmax.hpp."""
from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._rows cimport as_rows
from mlpack_ann._softmax cimport log_softmax_rows, log_softmax_rows_back
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class LogSoftMax(Layer):
    """``y = x - log(sum(exp(x)))`` over the features of each point.

    Notes
    -----
    Input and output: (batch, features), or (batch, ...) where all the axes of a point count as its
    features, as in mlpack's flat points.
    Exact for inputs of any size: the largest of each point is subtracted first. Inputs equal to an
    infinite largest one share the probability among them. mlpack approximates exp in Forward
    (1e-4), and its Backward is right only behind NegativeLogLikelihood.
    """
    def __init__(self):
        super().__init__()

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        if inner.ndim < 2:
            return self._refuse_shape(inner, "(batch, features, ...)")
        outer[0] = inner[0]
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            log_softmax_rows[double](as_rows(x), as_rows(y))
        else:
            log_softmax_rows[float](as_rows(x), as_rows(y))
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            log_softmax_rows_back[double](as_rows(y), as_rows(gy), as_rows(g))
        else:
            log_softmax_rows_back[float](as_rows(y), as_rows(gy), as_rows(g))
        return 0
