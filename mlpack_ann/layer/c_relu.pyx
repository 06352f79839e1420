"""Concatenated rectified linear unit. Source: mlpack ann/layer/c_relu.hpp."""
from cython cimport floating

from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.row_layer cimport RowLayer, RowMaps


cdef void rectify(const floating[:, ::1] x, floating[:, ::1] y) noexcept nogil:
    cdef Py_ssize_t i, j, n = x.shape[1]
    for i in range(x.shape[0]):
        for j in range(n):
            y[i, j] = 0 if x[i, j] < 0 else x[i, j]
        for j in range(n):
            y[i, n + j] = 0 if x[i, j] >= 0 else -x[i, j]


cdef void rectify_back(const floating[:, ::1] x, const floating[:, ::1] y,
                       const floating[:, ::1] gy, floating[:, ::1] g) noexcept nogil:
    cdef Py_ssize_t i, j, n = x.shape[1]
    for i in range(x.shape[0]):
        for j in range(n):
            g[i, j] = gy[i, j] if x[i, j] > 0 else -gy[i, n + j] if x[i, j] < 0 else 0


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
