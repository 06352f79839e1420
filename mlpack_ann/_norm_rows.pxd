"""Batch normalisation of features: a group is a column, and loops run along the rows.

Sums and formulas are doubles, one for each column; `scratch` has three rows of them.
"""
from cython cimport floating
from libc.math cimport sqrt

from mlpack_ann._norm cimport Split, finish

cdef enum:
    BLOCK = 256                             # columns at a time, whose sums stay in the first cache


cdef inline void measure_columns(const floating[::1] x, Split n, double[::1] mean,
                                 double[::1] variance, double[:, ::1] scratch) noexcept nogil:
    """Mean and biased variance of every column."""
    cdef Py_ssize_t start = 0, stop, i, j
    cdef double d
    for j in range(n.groups):
        mean[j] = x[j]                      # shifted by an element, one pass does not cancel
        scratch[0, j] = scratch[1, j] = 0
    while start < n.groups:
        stop = min(start + BLOCK, n.groups)
        for i in range(n.outer):
            for j in range(start, stop):
                d = x[i * n.groups + j] - mean[j]
                scratch[0, j] += d
                scratch[1, j] += d * d
        start = stop
    for j in range(n.groups):
        finish(mean[j], scratch[0, j], scratch[1, j], n.outer, &mean[j], &variance[j])


cdef inline void correlate_columns(const floating[::1] gy, const floating[::1] x, Split n,
                                   const double[::1] mean, double[:, ::1] scratch) noexcept nogil:
    """scratch[0] = sum(gy), scratch[1] = sum(gy * (x - mean)), of every column."""
    cdef Py_ssize_t start = 0, stop, i, j
    cdef double d
    for j in range(n.groups):
        scratch[0, j] = scratch[1, j] = 0
    while start < n.groups:
        stop = min(start + BLOCK, n.groups)
        for i in range(n.outer):
            for j in range(start, stop):
                d = gy[i * n.groups + j]
                scratch[0, j] += d
                scratch[1, j] += d * (x[i * n.groups + j] - mean[j])
        start = stop


cdef inline void forward_rows(const floating[::1] x, floating[::1] y, const floating[::1] gamma,
                              const floating[::1] beta, Split n, double eps, bint measured,
                              double[::1] mean, double[::1] variance,
                              double[:, ::1] scratch) noexcept nogil:
    cdef Py_ssize_t i, j
    if measured:
        measure_columns(x, n, mean, variance, scratch)
    for j in range(n.groups):
        scratch[0, j] = gamma[j] / sqrt(variance[j] + eps)
        scratch[1, j] = beta[j]
    for i in range(n.outer):
        for j in range(n.groups):
            y[i * n.groups + j] = <floating>(scratch[0, j] * (x[i * n.groups + j] - mean[j])
                                             + scratch[1, j])


cdef inline void backward_rows(const floating[::1] x, const floating[::1] gy, floating[::1] g,
                               const floating[::1] gamma, Split n, double eps, bint measured,
                               const double[::1] mean, const double[::1] variance,
                               double[:, ::1] scratch) noexcept nogil:
    cdef Py_ssize_t i, j
    if measured:
        correlate_columns(gy, x, n, mean, scratch)
    for j in range(n.groups):
        scratch[0, j] = scratch[0, j] / n.outer if measured else 0
        scratch[1, j] = scratch[1, j] / (n.outer * (variance[j] + eps)) if measured else 0
        scratch[2, j] = gamma[j] / sqrt(variance[j] + eps)
    for i in range(n.outer):
        for j in range(n.groups):
            g[i * n.groups + j] = <floating>(
                scratch[2, j] * (gy[i * n.groups + j] - scratch[0, j]
                                 - (x[i * n.groups + j] - mean[j]) * scratch[1, j]))


cdef inline void gradient_rows(const floating[::1] x, const floating[::1] error,
                               floating[::1] gamma, floating[::1] beta, Split n, double eps,
                               const double[::1] mean, const double[::1] variance,
                               double[:, ::1] scratch) noexcept nogil:
    cdef Py_ssize_t j
    correlate_columns(error, x, n, mean, scratch)
    for j in range(n.groups):
        gamma[j] = <floating>(scratch[1, j] / sqrt(variance[j] + eps))
        beta[j] = <floating>scratch[0, j]
