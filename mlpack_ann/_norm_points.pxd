"""Layer normalisation: a group is a point, and gamma and beta run along it.

A point is read twice, the second time from the first cache or the second; the limit is what these
deliver, or memory. Threads share the points.
"""
from cython cimport floating
from libc.math cimport sqrt

from mlpack_ann._norm cimport Norms, Planes, ann_stream_end, measure

cdef extern from "_norm.h" nogil:
    void ann_point_dots_f32(const float* gamma, const float* g, const float* x, Py_ssize_t n,
                            float shift, double* s, double* q)
    void ann_point_dots_f64(const double* gamma, const double* g, const double* x, Py_ssize_t n,
                            double shift, double* s, double* q)
    void ann_point_map_f32(const float* x, float* y, const float* gamma, const float* beta,
                           Py_ssize_t n, float shift, float a, float b, bint streamed,
                           const float* after)
    void ann_point_map_f64(const double* x, double* y, const double* gamma, const double* beta,
                           Py_ssize_t n, double shift, double a, double b, bint streamed,
                           const double* after)
    void ann_point_map_back_f32(const float* x, const float* gy, float* g, const float* gamma,
                                Py_ssize_t n, float level, float shift, float a, float b, float c,
                                bint streamed, const float* after, const float* gy_after)
    void ann_point_map_back_f64(const double* x, const double* gy, double* g, const double* gamma,
                                Py_ssize_t n, double level, double shift, double a, double b,
                                double c, bint streamed, const double* after,
                                const double* gy_after)


cdef inline void forward_points(const Norms* t, Py_ssize_t start, Py_ssize_t stop,
                                const floating* x, floating* y, const floating* gamma,
                                const floating* beta) noexcept nogil:
    """Points start..stop of y = gamma * (x - mean) / sqrt(variance + eps) + beta."""
    cdef Py_ssize_t n = t.n.inner, i
    cdef Planes point = Planes(1, 0, n)
    cdef double variance = 0
    cdef floating shift, a, b
    cdef const floating* after
    x += start * n
    y += start * n
    for i in range(start, stop):
        measure(x, point, t.mean + i, &variance)
        t.variance[i] = 1 / sqrt(variance + t.eps)
        shift, a = <floating>t.mean[i], <floating>t.variance[i]
        b = <floating>(t.variance[i] * (shift - t.mean[i]))
        after = x + n if i + 1 < stop else x
        if floating is float:
            ann_point_map_f32(x, y, gamma, beta, n, shift, a, b, t.streamed, after)
        else:
            ann_point_map_f64(x, y, gamma, beta, n, shift, a, b, t.streamed, after)
        x, y = after, y + n
    ann_stream_end()


cdef inline void backward_points(const Norms* t, Py_ssize_t start, Py_ssize_t stop,
                                 const floating* x, const floating* gy, floating* g,
                                 const floating* gamma) noexcept nogil:
    # As batch normalisation's, of gamma * gy and without a factor gamma.
    cdef Py_ssize_t n = t.n.inner, i, ahead
    cdef double s, q, factor, slope, mean
    cdef floating shift, level, a, b, c
    x += start * n
    gy += start * n
    g += start * n
    for i in range(start, stop):
        mean, factor = t.mean[i], t.variance[i]
        shift = <floating>mean
        s = q = 0
        if floating is float:
            ann_point_dots_f32(gamma, gy, x, n, shift, &s, &q)
        else:
            ann_point_dots_f64(gamma, gy, x, n, shift, &s, &q)
        q -= (mean - shift) * s
        s /= n
        slope = -factor * factor * factor * q / n
        level, a, b = <floating>s, <floating>factor, <floating>slope
        c = <floating>(-factor * (s - level) - slope * (mean - shift))
        ahead = n if i + 1 < stop else 0
        if floating is float:
            ann_point_map_back_f32(x, gy, g, gamma, n, level, shift, a, b, c, t.streamed,
                                   x + ahead, gy + ahead)
        else:
            ann_point_map_back_f64(x, gy, g, gamma, n, level, shift, a, b, c, t.streamed,
                                   x + ahead, gy + ahead)
        x, gy, g = x + n, gy + n, g + n
    ann_stream_end()
