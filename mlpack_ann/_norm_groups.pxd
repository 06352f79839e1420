"""Group normalisation: a group is a run of channels of a point, and these have gamma and beta.

A group is read twice, the second time from a cache: the limit is memory. Threads share the groups;
the derivatives by gamma and beta are those of _norm_planes.pxd.
"""
from cython cimport floating
from libc.math cimport sqrt

from mlpack_ann._norm cimport (Norms, Planes, ann_norm_map_back_f32, ann_norm_map_back_f64,
                               ann_stream_end, correlate, measure, normalise)
from mlpack_ann._norm_planes cimport ahead_of
from mlpack_ann._norm_points cimport (ann_point_dots_f32, ann_point_dots_f64, ann_point_map_back_f32,
                                      ann_point_map_back_f64, ann_point_map_f32, ann_point_map_f64)

cdef inline void forward_groups(const Norms* t, Py_ssize_t first, Py_ssize_t last,
                                const floating* x, floating* y, const floating* gamma,
                                const floating* beta) noexcept nogil:
    """Groups first..last of y = gamma * (x - mean) / sqrt(variance + eps) + beta."""
    cdef Py_ssize_t n = t.n.inner, ahead = ahead_of(t, sizeof(floating)), k, c, i
    cdef Planes group = Planes(1, 0, n), plane = Planes(1, 0, n // t.members)
    cdef double factor
    cdef floating shift, a, b
    for k in range(first, last):
        i, c = k * n, k % (t.channels // t.members) * t.members
        measure(x + i, group, t.mean + k, t.variance + k)
        factor = 1 / sqrt(t.variance[k] + t.eps)
        ahead = ahead if k + 1 < last else 0
        if plane.size > 1:
            for c in range(c, c + t.members):
                normalise(x + i, y + i, plane, t.mean[k], gamma[c] * factor, beta[c], t.streamed,
                          ahead)
                i += plane.size
            continue
        shift, a = <floating>t.mean[k], <floating>factor
        b = <floating>(factor * (shift - t.mean[k]))
        if floating is float:
            ann_point_map_f32(x + i, y + i, gamma + c, beta + c, n, shift, a, b, t.streamed,
                              x + i + ahead)
        else:
            ann_point_map_f64(x + i, y + i, gamma + c, beta + c, n, shift, a, b, t.streamed,
                              x + i + ahead)
    ann_stream_end()


cdef inline void backward_groups(const Norms* t, Py_ssize_t first, Py_ssize_t last,
                                 const floating* x, const floating* gy, floating* g,
                                 const floating* gamma) noexcept nogil:
    # As batch normalisation's, of gamma * gy and without a factor gamma.
    cdef Py_ssize_t n = t.n.inner, ahead = ahead_of(t, 2 * sizeof(floating)), k, c, i, j
    cdef Planes plane = Planes(1, 0, n // t.members)
    cdef double factor, slope, mean, s, q, sum_ = 0, dot = 0
    cdef floating shift, level, a, b, d
    for k in range(first, last):
        i, c, mean = k * n, k % (t.channels // t.members) * t.members, t.mean[k]
        shift, s, q = <floating>mean, 0, 0
        if plane.size > 1:
            for j in range(t.members):
                correlate(gy + i + j * plane.size, x + i + j * plane.size, plane, mean, &sum_, &dot)
                s += gamma[c + j] * sum_
                q += gamma[c + j] * dot
        elif floating is float:
            ann_point_dots_f32(gamma + c, gy + i, x + i, n, shift, &s, &q)
        else:
            ann_point_dots_f64(gamma + c, gy + i, x + i, n, shift, &s, &q)
        if plane.size == 1:
            q -= (mean - shift) * s
        s /= n
        factor = 1 / sqrt(t.variance[k] + t.eps)
        slope = -factor * factor * factor * q / n
        ahead = ahead if k + 1 < last else 0
        b, d = <floating>slope, <floating>(-factor * s - slope * (mean - shift))
        if plane.size > 1:
            for c in range(c, c + t.members):
                a = <floating>(factor * gamma[c])
                if floating is float:
                    ann_norm_map_back_f32(x + i, gy + i, g + i, plane.size, 0, shift, a, b, d,
                                          t.streamed, x + i + ahead, gy + i + ahead)
                else:
                    ann_norm_map_back_f64(x + i, gy + i, g + i, plane.size, 0, shift, a, b, d,
                                          t.streamed, x + i + ahead, gy + i + ahead)
                i += plane.size
            continue
        level, a = <floating>s, <floating>factor
        d = <floating>(-factor * (s - level) - slope * (mean - shift))
        if floating is float:
            ann_point_map_back_f32(x + i, gy + i, g + i, gamma + c, n, level, shift, a, b, d,
                                   t.streamed, x + i + ahead, gy + i + ahead)
        else:
            ann_point_map_back_f64(x + i, gy + i, g + i, gamma + c, n, level, shift, a, b, d,
                                   t.streamed, x + i + ahead, gy + i + ahead)
    ann_stream_end()
