"""Kernels of the normalisation layers: a mean and a variance over planes of an array.

Statistics are doubles whatever the array's type, and every formula subtracts the mean first, so
that float32 keeps its accuracy far from 0.
"""
from cython cimport floating
from libc.math cimport isfinite

from mlpack_ann._reduce cimport dots_, moments_, sum_

cdef struct Split:                          # an array as (outer, groups, inner):
    Py_ssize_t outer, groups, inner         # each group has one mean and one variance

cdef struct Planes:                         # the elements of one group:
    Py_ssize_t number, stride, size         # runs of `size` elements, `stride` apart


cdef inline void measure(const floating* x, Planes p, double* mean,
                         double* variance) noexcept nogil:
    """Mean and biased variance of a group of at least one element."""
    # Shifted by the mean of an eighth of its elements, one pass cancels three bits at most, more
    # only by the number of planes.
    cdef Py_ssize_t head = (p.size + 7) // 8
    cdef floating shift = <floating>(sum_(x, head) / head)
    cdef double s = 0, q = 0
    cdef Py_ssize_t i
    for i in range(p.number):
        moments_(x + i * p.stride, p.size, shift, &s, &q)
    if isfinite(q):
        finish(shift, s, q, p.number * p.size, mean, variance)
    else:
        measure_wide(x, p, mean, variance)


cdef inline void measure_wide(const floating* x, Planes p, double* mean,
                              double* variance) noexcept nogil:
    """As :func:`measure`, where float32 may be too narrow for the squares."""
    cdef double shift = x[0], s = 0, q = 0, d
    cdef Py_ssize_t i, j
    for i in range(p.number):
        for j in range(p.size):
            d = x[i * p.stride + j] - shift
            s += d
            q += d * d
    finish(shift, s, q, p.number * p.size, mean, variance)


cdef inline void finish(double shift, double s, double q, Py_ssize_t n, double* mean,
                        double* variance) noexcept nogil:
    """Mean and variance from the sums of (x - shift) and (x - shift)^2."""
    cdef double offset = s / n, square = q / n - offset * offset
    mean[0] = shift + offset
    variance[0] = 0 if square < 0 else square


cdef inline void normalise(const floating* x, floating* y, Planes p, double mean, double slope,
                           double offset) noexcept nogil:
    """y = slope * (x - mean) + offset."""
    cdef floating shift = <floating>mean    # the mean's lower digits go into the offset
    cdef floating a = <floating>slope, b = <floating>(offset - slope * (mean - shift))
    cdef Py_ssize_t i, j, start
    for i in range(p.number):
        start = i * p.stride
        for j in range(start, start + p.size):
            y[j] = a * (x[j] - shift) + b


cdef inline void correlate(const floating* gy, const floating* x, Planes p, double mean,
                           double* s, double* q) noexcept nogil:
    """s = sum(gy), q = sum(gy * (x - mean))."""
    cdef floating shift = <floating>mean
    cdef Py_ssize_t i
    s[0] = q[0] = 0
    for i in range(p.number):
        dots_(gy + i * p.stride, x + i * p.stride, p.size, shift, s, q)
    q[0] -= (mean - shift) * s[0]


cdef inline void combine(const floating* gy, const floating* x, floating* g, Planes p, double level,
                         double mean, double a, double b) noexcept nogil:
    """g = a * (gy - level) + b * (x - mean); `g` may be `gy`."""
    cdef floating base = <floating>level, shift = <floating>mean
    cdef floating k = <floating>a, l = <floating>b
    cdef floating m = <floating>(-a * (level - base) - b * (mean - shift))
    cdef Py_ssize_t i, j, start
    for i in range(p.number):
        start = i * p.stride
        for j in range(start, start + p.size):
            g[j] = k * (gy[j] - base) + l * (x[j] - shift) + m
