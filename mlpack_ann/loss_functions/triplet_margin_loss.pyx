"""Triplet margin loss. Source: mlpack ann/loss_functions/triplet_margin_loss.hpp."""
from cython cimport floating
from libc.math cimport isfinite

from mlpack_ann._validation cimport Shape
from mlpack_ann.loss_functions.stacked cimport StackedLoss

cdef extern from "_stacked.h" nogil:
    double ann_excess_f32(const float* anchor, const float* positive, const float* negative,
                          Py_ssize_t n)
    double ann_excess_f64(const double* anchor, const double* positive, const double* negative,
                          Py_ssize_t n)


cdef double excess(const floating* p, const floating* t, Py_ssize_t half) noexcept nogil:
    """|anchor - positive|^2 - |anchor - negative|^2."""
    cdef double total, a, b, c
    cdef Py_ssize_t i
    if floating is double:
        return ann_excess_f64(p, p + half, t, half)
    else:
        total = ann_excess_f32(p, p + half, t, half)
        if not isfinite(total):             # perhaps only because float32 was too narrow
            total = 0
            for i in range(half):
                a, b, c = p[i], p[half + i], t[i]
                total += (c - b) * ((a - b) + (a - c))
        return total


cdef double point(const floating* p, const floating* t, floating* g, Py_ssize_t size, double scale,
                  bint valued, const double* options) noexcept nogil:
    cdef Py_ssize_t half = size // 2, i
    cdef double loss = options[0] + excess(p, t, half)
    cdef floating factor = 0 if loss < 0 else <floating>(2 * scale)
    if g is not NULL:
        for i in range(half):
            g[i] = factor * (t[i] - p[half + i])
            g[half + i] = factor * (p[half + i] - p[i])
    return 0 if loss < 0 else loss


cdef class TripletMarginLoss(StackedLoss):
    """Keeps an anchor closer to a positive than to a negative example, one term per point.

    ``max(0, |anchor - positive|**2 - |anchor - negative|**2 + margin)``.

    Parameters
    ----------
    margin : float, default=1.0
        By how much the squared distances should differ, in the unit of the prediction, squared.
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the points), "none" (one value per point).

    Notes
    -----
    Prediction: (batch, 2 * n, ...), the first half the anchor, the second the positive example;
    target: (batch, n, ...), the negative one. At a value of 0 the loss counts as active. mlpack
    clamps the batch instead of each point, and always divides by the points.

    References
    ----------
    Schroff, Kalenichenko and Philbin (2015), FaceNet: A unified embedding for face recognition and
    clustering.
    """
    def __init__(self, margin=1.0, reduction=True):
        self._maps.point32, self._maps.point64 = point[float], point[double]
        self._maps.weight = 2
        super().__init__(margin, reduction)

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        StackedLoss._term_shape(self, shape, terms)
        terms.ndim = 1
        return 0
