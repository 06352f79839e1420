"""Batch and instance normalisation of planes: a group is one plane of each of `outer` images.

Groups outnumber channels where every point has statistics of its own: the channel of group k is
k modulo the number of channels.
"""
from cython cimport floating
from libc.math cimport sqrt

from mlpack_ann._norm cimport Planes, Split, combine, correlate, measure, normalise


cdef inline Planes planes_of(Split n) noexcept nogil:
    return Planes(n.outer, n.groups * n.inner, n.inner)


cdef inline void forward_planes(const floating[::1] x, floating[::1] y, const floating[::1] gamma,
                                const floating[::1] beta, Split n, double eps, bint measured,
                                double[::1] mean, double[::1] variance) noexcept nogil:
    cdef Planes p = planes_of(n)
    cdef Py_ssize_t k, c, start
    for k in range(n.groups):               # each is read again while it is in the cache
        c, start = k % gamma.shape[0], k * n.inner
        if measured:
            measure(&x[start], p, &mean[k], &variance[k])
        normalise(&x[start], &y[start], p, mean[k], gamma[c] / sqrt(variance[k] + eps), beta[c])


cdef inline void backward_planes(const floating[::1] x, const floating[::1] gy, floating[::1] g,
                                 const floating[::1] gamma, Split n, double eps, bint measured,
                                 const double[::1] mean, const double[::1] variance) noexcept nogil:
    cdef Planes p = planes_of(n)
    cdef Py_ssize_t k, start
    cdef double s = 0, q = 0, a
    for k in range(n.groups):
        start = k * n.inner
        if measured:
            correlate(&gy[start], &x[start], p, mean[k], &s, &q)
            s /= n.outer * n.inner
            q /= n.outer * n.inner * (variance[k] + eps)
        a = gamma[k % gamma.shape[0]] / sqrt(variance[k] + eps)
        combine(&gy[start], &x[start], &g[start], p, s, mean[k], a, -a * q)


cdef inline void gradient_planes(const floating[::1] x, const floating[::1] error,
                                 floating[::1] gamma, floating[::1] beta, Split n, double eps,
                                 const double[::1] mean, const double[::1] variance) noexcept nogil:
    cdef Planes p = planes_of(n)
    cdef Py_ssize_t size = gamma.shape[0], c, i, k
    cdef double s, q, sums, dots
    for c in range(size):
        sums = dots = 0
        for i in range(n.groups // size):
            k = i * size + c
            correlate(&error[k * n.inner], &x[k * n.inner], p, mean[k], &s, &q)
            sums += s
            dots += q / sqrt(variance[k] + eps)
        gamma[c], beta[c] = <floating>dots, <floating>sums
