"""Multi-label soft margin loss.

Source: mlpack ann/loss_functions/multilabel_softmargin_loss.hpp.
"""
import numpy as np

from cython cimport floating
from libc.math cimport isfinite
from numpy cimport PyArray_DATA, ndarray

from mlpack_ann._logistic cimport cross_entropy, cross_entropy_slope, doubt
from mlpack_ann._reduce cimport sum_
from mlpack_ann._validation import as_array
from mlpack_ann._validation cimport Shape
from mlpack_ann.loss_functions.point_loss cimport PointLoss

cdef enum:
    BLOCK = 512


cdef double total_of(const floating* p, const floating* t, const floating* e, Py_ssize_t n,
                     const double* weights) noexcept nogil:
    cdef floating[BLOCK] terms
    cdef Py_ssize_t i
    for i in range(n):
        terms[i] = cross_entropy(p[i], t[i], e[i])
    if weights is not NULL:
        for i in range(n):
            terms[i] *= <floating>weights[i]
    return sum_(<const floating*>terms, n)


cdef double wide_total_of(const floating* p, const floating* t, Py_ssize_t n,
                          const double* weights) noexcept nogil:
    """The same in double, whatever the arrays are."""
    cdef double x, term, total = 0
    cdef Py_ssize_t i
    for i in range(n):
        x = p[i]
        term = cross_entropy(x, <double>t[i], doubt(x))
        total += term if weights is NULL else term * weights[i]
    return total


cdef void write_slopes(const floating* p, const floating* t, const floating* e, floating* g,
                       Py_ssize_t n, floating factor, const double* weights) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        g[i] = factor * cross_entropy_slope(p[i], t[i], e[i])
    if weights is not NULL:
        for i in range(n):
            g[i] *= <floating>weights[i]


cdef double point(const floating* p, const floating* t, floating* g, Py_ssize_t size, double scale,
                  bint valued, const double* weights) noexcept nogil:
    cdef floating[BLOCK] e
    cdef double total = 0
    cdef Py_ssize_t start = 0, n, i
    cdef const double* w = NULL
    while start < size:
        n = min(<Py_ssize_t>BLOCK, size - start)
        for i in range(n):
            e[i] = doubt(p[start + i])
        if weights is not NULL:
            w = weights + start
        if valued:
            total += total_of(p + start, t + start, <const floating*>e, n, w)
        if g is not NULL:
            write_slopes(p + start, t + start, <const floating*>e, g + start, n,
                         <floating>(scale / size), w)
        start += n
    if not isfinite(total):                 # perhaps only because float32 was too narrow
        total = wide_total_of(p, t, size, weights)
    return total / size


cdef class MultiLabelSoftMarginLoss(PointLoss):
    """Binary cross-entropy of several labels at once, one term per point.

    ``-mean(weights * (t * log(sigmoid(x)) + (1 - t) * log(1 - sigmoid(x))))``, the mean over the
    classes.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the points), "none" (one value per point).
    weights : array_like of shape (classes,), optional
        Of the classes; 1 if omitted.

    Notes
    -----
    Prediction (logits) and target (between 0 and 1): (batch, classes), both the same. Finite
    however large the logit, where mlpack's exponential overflows. In mlpack the columns of the
    matrix are the classes.
    """
    cdef ndarray _weights

    def __init__(self, reduction=True, weights=None):
        self._maps.point32, self._maps.point64 = point[float], point[double]
        self._maps.weight = 5
        self.weights = weights
        super().__init__(reduction)

    @property
    def weights(self):
        """ndarray of the classes' weights, a copy; or None."""
        return None if self._weights is None else np.array(self._weights)

    @weights.setter
    def weights(self, value):
        if value is None:
            self._weights, self._options = None, NULL
            return
        given = as_array(value, self, "weights")
        if given.dtype.kind not in "biuf":
            raise TypeError(f"{type(self).__name__}: weights is {given.dtype}, expected numbers")
        if given.ndim != 1 or given.size == 0:
            raise ValueError(f"{type(self).__name__}: weights has shape {given.shape}, "
                             "expected (classes,)")
        if not np.isfinite(given).all():
            raise ValueError(f"{type(self).__name__}: weights is {given}, expected finite numbers")
        self._weights = np.array(given, np.float64, order="C")
        self._options = <const double*>PyArray_DATA(self._weights)

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        if shape.ndim != 2 or shape.dims[1] == 0:
            self._refuse_shape(shape, "(batch, classes)")
        if self._weights is not None and shape.dims[1] != self._weights.shape[0]:
            self._refuse_shape(shape, f"(batch, {self._weights.shape[0]})")
        terms.ndim = 1
        terms.dims[0] = shape.dims[0]
        return 0
