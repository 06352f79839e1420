"""Margin ranking loss. Source: mlpack ann/loss_functions/margin_ranking_loss.hpp."""
from cython cimport floating
from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_TYPE, import_array, ndarray

from mlpack_ann._reduce cimport sum_
from mlpack_ann.loss_functions.point_loss cimport PointMaps, Points
from mlpack_ann.loss_functions.stacked cimport StackedLoss

import_array()

cdef enum:
    BLOCK = 512

ctypedef fused real:                        # of the arithmetic, as wide as the arrays or wider
    float
    double


cdef inline real unclamped(real first, real second, real t, real margin) noexcept nogil:
    return margin - t * (first - second)


cdef void write_terms(const floating* p, const floating* t, real* terms, Py_ssize_t half,
                      Py_ssize_t count, double margin) noexcept nogil:
    """The first terms of one point of 2 * `half` elements."""
    cdef real loss
    cdef Py_ssize_t i
    for i in range(count):
        loss = unclamped(<real>p[i], <real>p[half + i], <real>t[i], <real>margin)
        terms[i] = 0 if loss < 0 else loss


cdef void write_all_terms(const floating* p, const floating* t, floating* terms, Points n,
                          double margin) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n.count):
        write_terms[floating, floating](p + i * n.size, t + i * n.target, terms + i * n.target,
                                        n.target, n.target, margin)


cdef double term(const floating* p, const floating* t, Py_ssize_t size,
                 const double* margin) noexcept nogil:
    """The sum of a point's terms."""
    cdef double[BLOCK] terms
    cdef double total = 0
    cdef Py_ssize_t start = 0, half = size // 2, count
    while start < half:
        count = min(<Py_ssize_t>BLOCK, half - start)
        write_terms[floating, double](p + start, t + start, &terms[0], half, count, margin[0])
        total += sum_(&terms[0], count)
        start += count
    return total


cdef void slope(const floating* p, const floating* t, floating* g, Py_ssize_t size, double scale,
                const double* margin) noexcept nogil:
    cdef floating loss, slope, factor = <floating>scale
    cdef Py_ssize_t half = size // 2, i
    for i in range(half):
        loss = unclamped(p[i], p[half + i], t[i], <floating>margin[0])
        slope = t[i] if loss >= 0 else 0 if loss < 0 else loss
        g[i], g[half + i] = -factor * slope, factor * slope


cdef class MarginRankingLoss(StackedLoss):
    """Ranks pairs: per pair ``max(0, margin - target * (first - second))``.

    Parameters
    ----------
    margin : float, default=1.0
        By how much the better one should lead, in the unit of the prediction.
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the pairs), "none" (one value per pair).

    Notes
    -----
    Prediction: (batch, 2 * n, ...), the first half against the second; target: (batch, n, ...), 1
    where the first should rank higher and -1 where the second should. At the hinge the loss counts
    as active.
    """
    def __init__(self, margin=1.0, reduction=True):
        self._maps = PointMaps(term[float], term[double], slope[float], slope[double])
        super().__init__(margin, reduction)

    cdef int _terms(self, ndarray p, ndarray t, ndarray terms) except -1:
        cdef Points n = self._points(p, t)
        if PyArray_TYPE(p) == NPY_DOUBLE:
            write_all_terms(<double*>PyArray_DATA(p), <double*>PyArray_DATA(t),
                            <double*>PyArray_DATA(terms), n, self._margin)
        else:
            write_all_terms(<float*>PyArray_DATA(p), <float*>PyArray_DATA(t),
                            <float*>PyArray_DATA(terms), n, self._margin)
        return 0
