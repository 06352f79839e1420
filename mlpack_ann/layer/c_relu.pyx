"""Concatenated rectified linear unit. Source: mlpack ann/layer/c_relu.hpp."""
from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, floating, import_array, ndarray
from mlpack_ann._rows cimport as_rows
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef void rectify(const floating[:, ::1] x, floating[:, ::1] y) noexcept nogil:
    cdef Py_ssize_t i, j, n = x.shape[1]
    for i in range(x.shape[0]):
        for j in range(n):
            y[i, j] = 0 if x[i, j] < 0 else x[i, j]
        for j in range(n):
            y[i, n + j] = 0 if x[i, j] >= 0 else -x[i, j]


cdef void rectify_back(const floating[:, ::1] x, const floating[:, ::1] gy,
                       floating[:, ::1] g) noexcept nogil:
    cdef Py_ssize_t i, j, n = x.shape[1]
    for i in range(x.shape[0]):
        for j in range(n):
            g[i, j] = gy[i, j] if x[i, j] > 0 else -gy[i, n + j] if x[i, j] < 0 else 0


cdef class CReLU(Layer):
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
        super().__init__()

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        if inner.ndim < 2:
            return self._refuse_shape(inner, "(batch, features, ...)")
        outer[0] = inner[0]
        outer.dims[1] = 2 * inner.dims[1]
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            rectify[double](as_rows(x), as_rows(y))
        else:
            rectify[float](as_rows(x), as_rows(y))
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            rectify_back[double](as_rows(x), as_rows(gy), as_rows(g))
        else:
            rectify_back[float](as_rows(x), as_rows(gy), as_rows(g))
        return 0
