"""Margin ranking loss. Source: mlpack ann/loss_functions/margin_ranking_loss.hpp."""
from cython cimport floating

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_DIM, PyArray_TYPE, flat, import_array, ndarray
from mlpack_ann._reduce cimport sum_
from mlpack_ann._validation import number
from mlpack_ann._validation cimport Shape, as_operand
from mlpack_ann.loss_functions.loss cimport Loss
from mlpack_ann.loss_functions.stacked cimport halve

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


cdef double total_map(const floating[::1] p, const floating[::1] t, Py_ssize_t points,
                      double margin) noexcept nogil:
    cdef double[BLOCK] terms
    cdef Py_ssize_t half, start, count, i
    cdef double total = 0
    if t.shape[0] == 0:
        return 0
    half = t.shape[0] // points
    for i in range(points):
        start = 0
        while start < half:
            count = min(<Py_ssize_t>BLOCK, half - start)
            write_terms[floating, double](&p[2 * half * i + start], &t[half * i + start], &terms[0],
                                          half, count, margin)
            total += sum_(&terms[0], count)
            start += count
    return total


cdef void term_map(const floating[::1] p, const floating[::1] t, floating[::1] terms,
                   Py_ssize_t points, double margin) noexcept nogil:
    cdef Py_ssize_t half, i
    if t.shape[0] == 0:
        return
    half = t.shape[0] // points
    for i in range(points):
        write_terms[floating, floating](&p[2 * half * i], &t[half * i], &terms[half * i], half,
                                        half, margin)


cdef void slope_map(const floating[::1] p, const floating[::1] t, floating[::1] g,
                    Py_ssize_t points, floating scale, floating margin) noexcept nogil:
    cdef Py_ssize_t half, first, second, i, j
    cdef floating loss, slope
    if t.shape[0] == 0:
        return
    half = t.shape[0] // points
    for i in range(points):
        for j in range(half):
            first, second = 2 * half * i + j, 2 * half * i + half + j
            loss = unclamped(p[first], p[second], t[half * i + j], margin)
            slope = t[half * i + j] if loss >= 0 else 0 if loss < 0 else loss
            g[first], g[second] = -scale * slope, scale * slope


cdef class MarginRankingLoss(Loss):
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
    cdef double _margin

    def __init__(self, margin=1.0, reduction=True):
        self.margin = margin
        super().__init__(reduction)

    @property
    def margin(self):
        return self._margin

    @margin.setter
    def margin(self, value):
        self._margin = number(value, self, "margin")

    cdef ndarray _target(self, object target, ndarray p, const Shape* shape):
        cdef Shape half
        halve(shape, &half)
        return as_operand(target, &half, PyArray_TYPE(p), self, "target")

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        if not halve(shape, terms):
            self._refuse_shape(shape, "(batch, 2 * n, ...)")
        return 0

    cdef double _total(self, ndarray p, ndarray t) except *:
        if PyArray_TYPE(p) == NPY_DOUBLE:
            return total_map[double](flat(p), flat(t), PyArray_DIM(p, 0), self._margin)
        return total_map[float](flat(p), flat(t), PyArray_DIM(p, 0), self._margin)

    cdef int _terms(self, ndarray p, ndarray t, ndarray terms) except -1:
        if PyArray_TYPE(p) == NPY_DOUBLE:
            term_map[double](flat(p), flat(t), flat(terms), PyArray_DIM(p, 0), self._margin)
        else:
            term_map[float](flat(p), flat(t), flat(terms), PyArray_DIM(p, 0), self._margin)
        return 0

    cdef int _slopes(self, ndarray p, ndarray t, ndarray g, double scale) except -1:
        if PyArray_TYPE(p) == NPY_DOUBLE:
            slope_map[double](flat(p), flat(t), flat(g), PyArray_DIM(p, 0), scale, self._margin)
        else:
            slope_map[float](flat(p), flat(t), flat(g), PyArray_DIM(p, 0), <float>scale,
                             <float>self._margin)
        return 0
