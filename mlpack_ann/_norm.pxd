"""Kernels of the normalisation layers: a mean and a variance over planes of an array.

Statistics are doubles whatever the array's type, and every formula subtracts the mean first, so
that float32 keeps its accuracy far from 0. The loops over a run, and what limits them: _norm.h.
"""
from cython cimport floating
from libc.math cimport isfinite

from mlpack_ann._reduce cimport moments_, sum_

cdef struct Split:                          # an array as (outer, groups, inner):
    Py_ssize_t outer, groups, inner         # each group has one mean and one variance

cdef struct Planes:                         # the elements of one group:
    Py_ssize_t number, stride, size         # runs of `size` elements, `stride` apart

cdef struct Norms:                          # a pass of a layer, for the threads:
    int step                                # of the caller's
    bint wide, streamed                     # float64; written past the caches
    bint columns                            # a group is a column
    Split n
    Py_ssize_t channels
    Py_ssize_t members                      # channels of a group, where it has several
    double eps
    bint measured                           # statistics are those of the batch
    double own                              # how much these count; the rest are, of each channel:
    const double* other_mean
    const double* other_variance
    const void* x
    const void* gy
    void* out
    const void* gamma
    const void* beta
    double* mean
    double* variance                        # LayerNorm: 1 / sqrt(variance + eps)
    double* scratch

cdef extern from "_norm.h" nogil:
    const Py_ssize_t ANN_STREAM_BYTES
    void ann_stream_end()
    void ann_norm_dots_f32(const float* g, const float* x, Py_ssize_t n, float shift, double* s,
                           double* q)
    void ann_norm_dots_f64(const double* g, const double* x, Py_ssize_t n, double shift, double* s,
                           double* q)
    void ann_norm_map_f32(const float* x, float* y, Py_ssize_t n, float shift, float a, float b,
                          bint streamed, const float* after)
    void ann_norm_map_f64(const double* x, double* y, Py_ssize_t n, double shift, double a,
                          double b, bint streamed, const double* after)
    void ann_norm_map_back_f32(const float* x, const float* gy, float* g, Py_ssize_t n, float level,
                               float shift, float a, float b, float c, bint streamed,
                               const float* after, const float* gy_after)
    void ann_norm_map_back_f64(const double* x, const double* gy, double* g, Py_ssize_t n,
                               double level, double shift, double a, double b, double c,
                               bint streamed, const double* after, const double* gy_after)


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


cdef inline void mix(const Norms* t, Py_ssize_t k, Py_ssize_t c) noexcept nogil:
    """Mix the statistics of group k, of channel c, with the others."""
    cdef double rest = 1 - t.own, d = t.mean[k] - t.other_mean[c]
    t.mean[k] = t.other_mean[c] + t.own * d
    t.variance[k] = rest * t.other_variance[c] + t.own * (t.variance[k] + rest * d * d)


# `ahead` is how far from x (and gy) what is read next lies, for outputs past the caches.

cdef inline void normalise(const floating* x, floating* y, Planes p, double mean, double slope,
                           double offset, bint streamed, Py_ssize_t ahead) noexcept nogil:
    """y = slope * (x - mean) + offset."""
    cdef floating shift = <floating>mean    # the mean's lower digits go into the offset
    cdef floating a = <floating>slope, b = <floating>(offset - slope * (mean - shift))
    cdef Py_ssize_t i
    for i in range(p.number):
        if floating is float:
            ann_norm_map_f32(x, y, p.size, shift, a, b, streamed, x + ahead)
        else:
            ann_norm_map_f64(x, y, p.size, shift, a, b, streamed, x + ahead)
        x += p.stride
        y += p.stride


cdef inline void correlate(const floating* gy, const floating* x, Planes p, double mean,
                           double* s, double* q) noexcept nogil:
    """s = sum(gy), q = sum(gy * (x - mean))."""
    cdef floating shift = <floating>mean
    cdef Py_ssize_t i
    s[0] = q[0] = 0
    for i in range(p.number):
        if floating is float:
            ann_norm_dots_f32(gy + i * p.stride, x + i * p.stride, p.size, shift, s, q)
        else:
            ann_norm_dots_f64(gy + i * p.stride, x + i * p.stride, p.size, shift, s, q)
    q[0] -= (mean - shift) * s[0]


cdef inline void combine(const floating* gy, const floating* x, floating* g, Planes p, double level,
                         double mean, double a, double b, bint streamed,
                         Py_ssize_t ahead) noexcept nogil:
    """g = a * (gy - level) + b * (x - mean)."""
    cdef floating base = <floating>level, shift = <floating>mean
    cdef floating k = <floating>a, l = <floating>b
    cdef floating m = <floating>(-a * (level - base) - b * (mean - shift))
    cdef Py_ssize_t i
    for i in range(p.number):
        if floating is float:
            ann_norm_map_back_f32(x, gy, g, p.size, base, shift, k, l, m, streamed, x + ahead,
                                  gy + ahead)
        else:
            ann_norm_map_back_f64(x, gy, g, p.size, base, shift, k, l, m, streamed, x + ahead,
                                  gy + ahead)
        x += p.stride
        gy += p.stride
        g += p.stride
