"""Concatenated rectified linear unit. Source: mlpack ann/layer/c_relu.hpp."""
from cython cimport floating

from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.row_layer cimport RowLayer, RowMaps

cdef extern from "_stream.h" nogil:
    void ann_stream(void* to, const void* source, Py_ssize_t size)
    void ann_stream_end()

cdef enum:
    BLOCK = 1024                            # elements computed before they are written past caches


cdef inline void positive(const floating* x, floating* y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        y[j] = 0 if x[j] < 0 else x[j]


cdef inline void negative(const floating* x, floating* y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        y[j] = 0 if x[j] >= 0 else -x[j]


cdef inline void slope(const floating* x, const floating* plus, const floating* minus, floating* g,
                       Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        g[j] = plus[j] if x[j] > 0 else -minus[j] if x[j] < 0 else 0


cdef void rectify(const floating* x, floating* y, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t n,
                  bint streamed) noexcept nogil:
    cdef floating block[2 * BLOCK]
    cdef Py_ssize_t i, j, m
    for i in range(start, stop):
        if not streamed:
            positive(x + i * n, y + 2 * i * n, n)
            negative(x + i * n, y + 2 * i * n + n, n)
            continue
        j = 0
        while j < n:
            m = min(n - j, <Py_ssize_t>BLOCK)
            positive(x + i * n + j, &block[0], m)
            negative(x + i * n + j, &block[m], m)
            if m == n:
                ann_stream(y + 2 * i * n, &block[0], 2 * n * sizeof(floating))
            else:
                ann_stream(y + 2 * i * n + j, &block[0], m * sizeof(floating))
                ann_stream(y + 2 * i * n + n + j, &block[m], m * sizeof(floating))
            j += m
    ann_stream_end()


cdef void rectify_back(const floating* x, const floating* y, const floating* gy, floating* g,
                       Py_ssize_t start, Py_ssize_t stop, Py_ssize_t n,
                       bint streamed) noexcept nogil:
    cdef floating block[BLOCK]
    cdef Py_ssize_t i, j, m
    for i in range(start, stop):
        if not streamed:
            slope(x + i * n, gy + 2 * i * n, gy + 2 * i * n + n, g + i * n, n)
            continue
        j = 0
        while j < n:
            m = min(n - j, <Py_ssize_t>BLOCK)
            slope(x + i * n + j, gy + 2 * i * n + j, gy + 2 * i * n + n + j, &block[0], m)
            ann_stream(g + i * n + j, &block[0], m * sizeof(floating))
            j += m
    ann_stream_end()


cdef class CReLU(RowLayer):
    """Positive and negative parts side by side: ``max(x, 0)``, then ``max(-x, 0)``.

    Notes
    -----
    Input (batch, n, ...), output (batch, 2 * n, ...): features, or channels of images. The
    derivative at 0 is 0.

    References
    ----------
    Shang, Sohn, Almeida and Lee (2016), Understanding and improving convolutional neural networks
    via concatenated rectified linear units.
    """
    def __init__(self):
        self._maps = RowMaps(rectify[float], rectify[double], rectify_back[float],
                             rectify_back[double])
        super().__init__()

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        RowLayer._output_shape(self, inner, outer)
        outer.dims[1] *= 2
        return 0
