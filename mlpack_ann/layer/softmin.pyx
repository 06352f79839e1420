"""Softmin. Source: mlpack ann/layer/softmin.hpp."""
from cython cimport floating

from mlpack_ann._math cimport exp_
from mlpack_ann._softmax cimport BLOCK, softmax_rows, softmax_rows_back
from mlpack_ann.layer.row_layer cimport RowLayer, RowMaps


cdef void softmin_rows(const floating* x, floating* y, Py_ssize_t start, Py_ssize_t stop,
                       Py_ssize_t n, bint streamed) noexcept nogil:
    """Softmax of -x, by blocks of rows that stay in the cache; a longer row goes by way of y."""
    cdef floating[BLOCK] block
    cdef Py_ssize_t rows, i, size
    while start < stop:
        rows = max(<Py_ssize_t>1, min(stop - start, BLOCK // n))
        size = rows * n
        if n <= BLOCK:
            for i in range(size):
                block[i] = -x[start * n + i]
            softmax_rows(&block[0], y + start * n, 0, rows, n, streamed)
        else:
            softmin_long(x + start * n, y + start * n, n)
        start += rows


cdef void softmin_long(const floating* x, floating* y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef floating smallest = x[0], shared
    cdef double total = 0
    for i in range(n):
        smallest = x[i] if x[i] < smallest or x[i] != x[i] else smallest
    for i in range(n):
        # Equal to an infinite smallest one, the difference would be NaN.
        y[i] = exp_(<floating>0 if x[i] == smallest else smallest - x[i])
        total += y[i]
    shared = <floating>(1 / total)
    for i in range(n):
        y[i] *= shared


cdef void softmin_rows_back(const floating* x, const floating* y, const floating* gy, floating* g,
                            Py_ssize_t start, Py_ssize_t stop, Py_ssize_t n,
                            bint streamed) noexcept nogil:
    """g = -y * (gy - sum(y * gy)) in each row."""
    cdef Py_ssize_t rows, i
    while start < stop:
        rows = max(<Py_ssize_t>1, min(stop - start, BLOCK // n))
        softmax_rows_back(x, y, gy, g, start, start + rows, n, False)
        for i in range(start * n, (start + rows) * n):
            g[i] = -g[i]
        start += rows


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
