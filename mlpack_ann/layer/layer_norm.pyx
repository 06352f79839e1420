"""Layer normalisation. Source: mlpack ann/layer/layer_norm.hpp."""
import numpy as np

from cython cimport floating
from libc.math cimport sqrt

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, flat, import_array, ndarray
from mlpack_ann._norm cimport Planes, combine, correlate, measure
from mlpack_ann._points cimport point_size
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.norm cimport Norm

import_array()

cdef enum:
    POINTS = 16                             # whose gradients are summed in the layer's type


cdef void forward(const floating[::1] x, floating[::1] y, const floating[::1] gamma,
                  const floating[::1] beta, double eps) noexcept nogil:
    cdef Planes point = Planes(1, 0, gamma.shape[0])
    cdef Py_ssize_t start = 0, j
    cdef double mean = 0, variance = 0, factor
    cdef floating shift, slope, offset
    while start < x.shape[0]:
        measure(&x[start], point, &mean, &variance)
        factor = 1 / sqrt(variance + eps)
        shift, slope = <floating>mean, <floating>factor
        offset = <floating>(factor * (shift - mean))
        for j in range(gamma.shape[0]):
            y[start + j] = gamma[j] * (slope * (x[start + j] - shift) + offset) + beta[j]
        start += gamma.shape[0]


cdef void backward(const floating[::1] x, const floating[::1] gy, floating[::1] g,
                   const floating[::1] gamma, double eps) noexcept nogil:
    # As batch normalisation's, of h = gamma * gy and without a factor gamma; g holds h meanwhile.
    cdef Planes point = Planes(1, 0, gamma.shape[0])
    cdef Py_ssize_t start = 0, n = gamma.shape[0], j
    cdef double mean = 0, variance = 0, s = 0, q = 0, factor
    while start < x.shape[0]:
        measure(&x[start], point, &mean, &variance)
        for j in range(n):
            g[start + j] = gamma[j] * gy[start + j]
        correlate(&g[start], &x[start], point, mean, &s, &q)
        factor = 1 / sqrt(variance + eps)
        combine(&g[start], &x[start], &g[start], point, s / n, mean, factor,
                -factor * q / (n * (variance + eps)))
        start += n


cdef void gradients(const floating[::1] x, const floating[::1] error, floating[::1] part,
                    double[::1] total, double eps) noexcept nogil:
    """Add the derivatives by gamma and beta to `total`, by way of the `part` of a few points."""
    cdef Py_ssize_t n = part.shape[0] // 2, start = 0, stop, j
    cdef Planes point = Planes(1, 0, n)
    cdef double mean = 0, variance = 0, factor
    cdef floating shift, slope, offset
    cdef floating* gamma = &part[0]
    cdef floating* beta = &part[n]
    while start < x.shape[0]:
        part[:] = 0
        stop = min(start + POINTS * n, x.shape[0])
        while start < stop:
            measure(&x[start], point, &mean, &variance)
            factor = 1 / sqrt(variance + eps)
            shift, slope = <floating>mean, <floating>factor
            offset = <floating>(factor * (shift - mean))
            for j in range(n):
                gamma[j] += (slope * (x[start + j] - shift) + offset) * error[start + j]
                beta[j] += error[start + j]
            start += n
        for j in range(2 * n):
            total[j] += part[j]


cdef class LayerNorm(Norm):
    """``gamma * (x - mean) / sqrt(variance + eps) + beta``, with statistics per point.

    Mean and (biased) variance are those of a point over all its features.

    Parameters
    ----------
    size : int, optional
        Features of a point; taken from the first input if omitted.
    eps : float, default=1e-8
        Added to the variance, in its unit; at least 0.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.

    Notes
    -----
    Input and output: (batch, ...) with `size` elements in a point, such as (batch, size).
    `parameters` is gamma (size), at first 1, then beta (size), at first 0.

    References
    ----------
    Ba, Kiros and Hinton (2016), Layer normalization.
    """
    def __init__(self, size=None, eps=1e-8, *, dtype="float64"):
        super().__init__(size, eps, dtype)

    cdef int _infer(self, const Shape* inner) except -1:
        if inner.ndim < 2 or point_size(inner) == 0:
            return self._refuse_shape(inner, "(batch, ...) with elements in a point")
        return self._allocate(2 * point_size(inner))

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        if inner.ndim < 2 or (point_size(inner) != self._size and not self._unsized):
            size = "any" if self._unsized else self._size
            return self._refuse_shape(inner, f"(batch, ...) with {size} elements in a point")
        return Norm._output_shape(self, inner, outer)

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            forward[double](flat(x), flat(y), self._gamma, self._beta, self.eps)
        else:
            forward[float](flat(x), flat(y), self._gamma, self._beta, self.eps)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            backward[double](flat(x), flat(gy), flat(g), self._gamma, self.eps)
        else:
            backward[float](flat(x), flat(gy), flat(g), self._gamma, self.eps)
        return 0

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        total = np.zeros(2 * self._size)    # in double: a batch may be long
        if PyArray_TYPE(x) == NPY_DOUBLE:
            gradients[double](flat(x), flat(error), gradient, total, self.eps)
        else:
            gradients[float](flat(x), flat(error), gradient, total, self.eps)
        gradient[:] = total
        return 0
