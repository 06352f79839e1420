"""Layer normalisation. Source: mlpack ann/layer/layer_norm.hpp."""
import numpy as np

from mlpack_ann._arrays cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_TYPE, import_array,
                                 ndarray)
from mlpack_ann._norm cimport Norms, Split
from mlpack_ann._norm_points cimport backward_points, forward_points
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._points cimport point_size
from mlpack_ann._row_sums cimport ANN_POINT_DOTS, RowSums, run_row_sums
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.norm cimport Norm

import_array()


cdef void forward(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Norms* t = <const Norms*>task
    if t.wide:
        forward_points(t, start, stop, <const double*>t.x, <double*>t.out, <const double*>t.gamma,
                       <const double*>t.beta)
    else:
        forward_points(t, start, stop, <const float*>t.x, <float*>t.out, <const float*>t.gamma,
                       <const float*>t.beta)


cdef void backward(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Norms* t = <const Norms*>task
    if t.wide:
        backward_points(t, start, stop, <const double*>t.x, <const double*>t.gy, <double*>t.out,
                        <const double*>t.gamma)
    else:
        backward_points(t, start, stop, <const float*>t.x, <const float*>t.gy, <float*>t.out,
                        <const float*>t.gamma)


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
    `parameters` is gamma (size), at first 1, then beta (size), at first 0. Backward and Gradient go
    by the statistics of the latest Forward.

    References
    ----------
    Ba, Kiros and Hinton (2016), Layer normalization.
    """
    cdef ndarray _statistics                # mean and 1 / sqrt(variance + eps), of each point

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
        cdef Norms t
        cdef Py_ssize_t points = PyArray_DIM(x, 0)
        if self._statistics is None or PyArray_DIM(self._statistics, 1) < points:
            statistics = np.empty((2, points))
            self._seen = None               # what the latest Forward left is gone
            self._statistics = statistics
        self._fill(&t, x, None, y)
        in_parts(forward, &t, points, 2.0 * self._size)
        return self._remember(x)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Norms t
        self._require_forward(x)
        self._fill(&t, x, gy, g)
        in_parts(backward, &t, t.n.outer, 2.0 * self._size)
        return 0

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        cdef RowSums t
        self._require_forward(x)
        t.kind, t.wide = ANN_POINT_DOTS, PyArray_TYPE(x) == NPY_DOUBLE
        t.rows, t.size = PyArray_DIM(x, 0), self._size
        t.e, t.x, t.shift = PyArray_DATA(error), PyArray_DATA(x), NULL
        t.mean = <double*>PyArray_DATA(self._statistics)
        t.factor = t.mean + PyArray_DIM(self._statistics, 1)
        gamma, beta = gradient[:self._size], gradient[self._size:]
        t.s, t.q = PyArray_DATA(beta), PyArray_DATA(gamma)
        t.s64 = t.q64 = NULL
        run_row_sums(&t)
        return 0

    cdef int _fill(self, Norms* t, ndarray x, ndarray gy, ndarray out) except -1:
        Norm._fill(self, t, x, gy, out)
        t.n = Split(PyArray_DIM(x, 0), 1, self._size)
        t.mean = <double*>PyArray_DATA(self._statistics)
        t.variance = t.mean + PyArray_DIM(self._statistics, 1)
        return 0
