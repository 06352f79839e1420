"""Softmin. Source: mlpack ann/layer/softmin.hpp."""
from cython cimport floating

from mlpack_ann._softmax cimport row_dot, rows_of_block, softmax_rows
from mlpack_ann.layer.row_layer cimport RowLayer, RowMaps


cdef void softmin_rows(const floating[:, ::1] x, floating[:, ::1] y) noexcept nogil:
    """Softmax of -x, by blocks of rows that stay in the cache."""
    cdef Py_ssize_t start = 0, stop, i, j, n = x.shape[1]
    if n == 0:
        return
    while start < x.shape[0]:
        stop = min(start + rows_of_block(n), x.shape[0])
        for i in range(start, stop):
            for j in range(n):
                y[i, j] = -x[i, j]
        softmax_rows[floating](y[start:stop], y[start:stop])
        start = stop


cdef void softmin_rows_back(const floating[:, ::1] x, const floating[:, ::1] y,
                            const floating[:, ::1] gy, floating[:, ::1] g) noexcept nogil:
    """g = -y * (gy - sum(y * gy)) in each row."""
    cdef Py_ssize_t i, j, n = y.shape[1]
    cdef floating mean
    if n == 0:
        return
    for i in range(y.shape[0]):
        mean = row_dot(&y[i, 0], &gy[i, 0], n)
        for j in range(n):
            g[i, j] = y[i, j] * (mean - gy[i, j])


cdef class Softmin(RowLayer):
    """``y = exp(-x) / sum(exp(-x))`` over the features of each point.

    Notes
    -----
    Input and output: (batch, features), or (batch, ...) where all the axes of a point count as its
    features, as in mlpack's flat points.
    Exact for inputs of any size: the smallest of each point is subtracted first. Inputs equal to an
    infinite smallest one share the probability among them. mlpack's derivative has the wrong sign.
    """
    def __init__(self):
        self._maps = RowMaps(softmin_rows[float], softmin_rows[double], softmin_rows_back[float],
                             softmin_rows_back[double])
        super().__init__()
