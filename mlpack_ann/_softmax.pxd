"""Kernels of the softmax family, over rows.

Rows are taken in blocks that stay in the cache: exp runs over a whole block at once, so that short
rows cost little more per element than long ones; only maxima, sums and scales go row by row.
"""
from cython cimport floating

from mlpack_ann._math cimport decay_, exp_, log_
from mlpack_ann._reduce cimport dot_, max_, sum_

cdef enum:
    BLOCK = 4096                # elements
    SHORT = 32                  # up to this length a plain loop beats a SIMD reduction


cdef inline floating row_max(const floating* x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef floating largest = x[0]
    if n > SHORT:
        return max_(x, n)
    for j in range(1, n):
        largest = x[j] if x[j] > largest else largest
    return largest


cdef inline floating row_sum(const floating* x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef floating total = 0
    if n > SHORT:
        return <floating>sum_(x, n)
    for j in range(n):
        total += x[j]
    return total


cdef inline floating row_dot(const floating* a, const floating* b, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef floating total = 0
    if n > SHORT:
        return <floating>dot_(a, b, n)
    for j in range(n):
        total += a[j] * b[j]
    return total


cdef inline Py_ssize_t rows_of_block(Py_ssize_t n) noexcept nogil:
    return max(BLOCK // n, <Py_ssize_t>1)


# x less the largest of its row, so that exp cannot overflow. Elements equal to the largest give 0
# where it is infinite, too.
cdef inline floating below_largest(floating x, floating largest) noexcept nogil:
    return 0 if x == largest else x - largest


cdef inline void exp_of_rows(const floating* x, floating* y, floating* largest, Py_ssize_t rows,
                             Py_ssize_t n) noexcept nogil:
    """y = exp(x - largest) in each row; the flat loop is where the time goes."""
    cdef Py_ssize_t i, j
    for i in range(rows):
        largest[i] = row_max(x + i * n, n)
        for j in range(n):
            y[i * n + j] = below_largest(x[i * n + j], largest[i])
    for i in range(rows * n):
        y[i] = decay_(-y[i])


cdef inline void softmax_rows(const floating[:, ::1] x, floating[:, ::1] y) noexcept nogil:
    """y = exp(x) / sum(exp(x)) in each row."""
    cdef floating largest[BLOCK]
    cdef Py_ssize_t start = 0, rows, i, j, n = x.shape[1]
    cdef floating scale
    cdef floating* out
    if n == 0:
        return
    while start < x.shape[0]:
        rows = min(x.shape[0] - start, rows_of_block(n))
        out = &y[start, 0]
        exp_of_rows(&x[start, 0], out, &largest[0], rows, n)
        for i in range(rows):
            scale = <floating>1 / row_sum(out + i * n, n)
            for j in range(n):
                out[i * n + j] = out[i * n + j] * scale
        start += rows


cdef inline void softmax_rows_back(const floating[:, ::1] x, const floating[:, ::1] y,
                                   const floating[:, ::1] gy,
                                   floating[:, ::1] g) noexcept nogil:
    """g = y * (gy - sum(y * gy)) in each row."""
    cdef Py_ssize_t i, j, n = y.shape[1]
    cdef floating mean
    if n == 0:
        return
    for i in range(y.shape[0]):
        mean = row_dot(&y[i, 0], &gy[i, 0], n)
        for j in range(n):
            g[i, j] = y[i, j] * (gy[i, j] - mean)


cdef inline void log_softmax_rows(const floating[:, ::1] x, floating[:, ::1] y) noexcept nogil:
    """y = x - log(sum(exp(x))) in each row; y serves as scratch for the exponentials."""
    cdef floating largest[BLOCK]
    cdef floating shift[BLOCK]
    cdef Py_ssize_t start = 0, rows, i, j, n = x.shape[1]
    cdef const floating* given
    cdef floating* out
    if n == 0:
        return
    while start < x.shape[0]:
        rows = min(x.shape[0] - start, rows_of_block(n))
        given = &x[start, 0]
        out = &y[start, 0]
        exp_of_rows(given, out, &largest[0], rows, n)
        for i in range(rows):
            shift[i] = row_sum(out + i * n, n)
        for i in range(rows):
            shift[i] = log_(shift[i])
        for i in range(rows):
            for j in range(n):
                out[i * n + j] = below_largest(given[i * n + j], largest[i]) - shift[i]
        start += rows


cdef inline void log_softmax_rows_back(const floating[:, ::1] x,
                                       const floating[:, ::1] y, const floating[:, ::1] gy,
                                       floating[:, ::1] g) noexcept nogil:
    """g = gy - exp(y) * sum(gy) in each row."""
    cdef Py_ssize_t start = 0, rows, i, j, n = y.shape[1]
    cdef const floating* log_p
    cdef floating* p
    cdef floating total
    if n == 0:
        return
    while start < y.shape[0]:
        rows = min(y.shape[0] - start, rows_of_block(n))
        log_p = &y[start, 0]
        p = &g[start, 0]
        for i in range(rows * n):
            p[i] = exp_(log_p[i])
        for i in range(start, start + rows):
            total = row_sum(&gy[i, 0], n)
            for j in range(n):
                g[i, j] = gy[i, j] - g[i, j] * total
        start += rows
