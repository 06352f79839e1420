"""Batch and instance normalisation of planes: a group is one plane of each of `outer` images.

Groups outnumber channels where every point has statistics of its own: the channel of group k is
k modulo the number of channels. Threads share the groups, or the channels for their gradients.

A group is read twice, the second time from the second cache where it fits: the limit is memory.
"""
from cython cimport floating
from libc.math cimport sqrt

from mlpack_ann._norm cimport (Norms, Planes, Split, ann_stream_end, combine, correlate, measure,
                               mix, normalise)

cdef enum:
    FETCHED = 1 << 19               # bytes of a group up to which the next is fetched meanwhile


cdef inline Planes planes_of(Split n) noexcept nogil:
    return Planes(n.outer, n.groups * n.inner, n.inner)


cdef inline Py_ssize_t ahead_of(const Norms* t, Py_ssize_t width) noexcept nogil:
    """How far from a plane lies what is read after it: in the next group, if there is room."""
    return t.n.inner if t.n.outer * t.n.inner * width <= FETCHED else 0


cdef inline void forward_planes(const Norms* t, Py_ssize_t first, Py_ssize_t last,
                                const floating* x, floating* y, const floating* gamma,
                                const floating* beta) noexcept nogil:
    """Groups first..last of y = gamma * (x - mean) / sqrt(variance + eps) + beta."""
    cdef Planes p = planes_of(t.n)
    cdef Py_ssize_t ahead = ahead_of(t, sizeof(floating)), k, c, start
    for k in range(first, last):            # each is read again while it is in the cache
        c, start = k % t.channels, k * t.n.inner
        if t.measured:
            measure(x + start, p, t.mean + k, t.variance + k)
            if t.own < 1:
                mix(t, k, c)
        normalise(x + start, y + start, p, t.mean[k], gamma[c] / sqrt(t.variance[k] + t.eps),
                  beta[c], t.streamed, ahead if k + 1 < last else 0)
    ann_stream_end()


cdef inline void backward_planes(const Norms* t, Py_ssize_t first, Py_ssize_t last,
                                 const floating* x, const floating* gy, floating* g,
                                 const floating* gamma) noexcept nogil:
    cdef Planes p = planes_of(t.n)
    cdef Py_ssize_t ahead = ahead_of(t, 2 * sizeof(floating)), size = t.n.outer * t.n.inner
    cdef Py_ssize_t k, start
    cdef double s = 0, q = 0, a
    for k in range(first, last):
        start = k * t.n.inner
        if t.measured:
            correlate(gy + start, x + start, p, t.mean[k], &s, &q)
            s *= t.own / size
            q *= t.own / (size * (t.variance[k] + t.eps))
        a = gamma[k % t.channels] / sqrt(t.variance[k] + t.eps)
        combine(gy + start, x + start, g + start, p, s, t.mean[k], a, -a * q, t.streamed,
                ahead if k + 1 < last else 0)
    ann_stream_end()


cdef inline void add_columns(const Norms* t, Py_ssize_t points, Py_ssize_t first, Py_ssize_t last,
                             const floating* x, const floating* error) noexcept nogil:
    """What `gradient_planes` adds up, where a plane is one element: group by group of a point."""
    cdef Py_ssize_t i, c, stop, start
    cdef double* sums = t.scratch
    cdef double* dots = t.scratch + t.channels
    cdef double mean, factor
    for i in range(points):
        start, c = i * t.channels, first
        while c < last:
            stop = min(last, c - c % t.members + t.members)
            mean = t.mean[(start + c) // t.members]
            factor = 1 / sqrt(t.variance[(start + c) // t.members] + t.eps)
            for c in range(c, stop):
                sums[c] += error[start + c]
                dots[c] += error[start + c] * (factor * (x[start + c] - mean))
            c = stop


cdef inline void gradient_planes(const Norms* t, Py_ssize_t first, Py_ssize_t last,
                                 const floating* x, const floating* error,
                                 floating* gradient) noexcept nogil:
    """Channels first..last of the derivatives by gamma and beta; in the order of memory."""
    cdef Planes plane = Planes(1, 0, t.n.inner // t.members)
    cdef Py_ssize_t images = t.n.outer * (t.n.groups * t.members // t.channels), i, c, k, start
    cdef double* sums = t.scratch
    cdef double* dots = t.scratch + t.channels
    cdef double s, q
    for c in range(first, last):
        sums[c] = dots[c] = 0
    if plane.size == 1 and t.members > 1:
        add_columns(t, images, first, last, x, error)
        images = 0
    for i in range(images):
        for c in range(first, last):
            start = i * t.channels + c
            k = start // t.members if t.n.outer == 1 else c
            correlate(error + start * plane.size, x + start * plane.size, plane, t.mean[k], &s, &q)
            sums[c] += s
            dots[c] += q / sqrt(t.variance[k] + t.eps)
    for c in range(first, last):
        gradient[c], gradient[t.channels + c] = <floating>dots[c], <floating>sums[c]
