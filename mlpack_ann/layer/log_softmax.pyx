"""Logarithm of softmax. Source: mlpack ann/layer/log_softmax.hpp."""
from mlpack_ann._softmax cimport log_softmax_rows, log_softmax_rows_back
from mlpack_ann.layer.row_layer cimport RowLayer, RowMaps


cdef class LogSoftMax(RowLayer):
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
        self._maps = RowMaps(log_softmax_rows[float], log_softmax_rows[double],
                             log_softmax_rows_back[float], log_softmax_rows_back[double])
        super().__init__()
