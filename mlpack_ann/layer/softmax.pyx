"""Softmax. Source: mlpack ann/layer/softmax.hpp."""
from mlpack_ann._softmax cimport softmax_rows, softmax_rows_back
from mlpack_ann.layer.row_layer cimport RowLayer, RowMaps


cdef class Softmax(RowLayer):
    """``y = exp(x) / sum(exp(x))`` over the features of each point.

    Notes
    -----
    Input and output: (batch, features), or (batch, ...) where all the axes of a point count as its
    features, as in mlpack's flat points.
    Exact for inputs of any size: the largest of each point is subtracted first. Inputs equal to an
    infinite largest one share the probability among them.
    """
    def __init__(self):
        self._maps = RowMaps(softmax_rows[float], softmax_rows[double], softmax_rows_back[float],
                             softmax_rows_back[double])
        super().__init__()
