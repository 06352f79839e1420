"""Margin ranking loss. Source: mlpack ann/loss_functions/margin_ranking_loss.hpp."""
from cython cimport floating
from libc.math cimport isfinite

from mlpack_ann.loss_functions.stacked cimport StackedLoss

cdef extern from "_stacked.h" nogil:
    double ann_ranking_f32(const float* first, const float* second, const float* t, Py_ssize_t n,
                           float margin)
    double ann_ranking_f64(const double* first, const double* second, const double* t,
                           Py_ssize_t n, double margin)


ctypedef fused real:                        # of the arithmetic, as wide as the arrays or wider
    float
    double


cdef inline real unclamped(real first, real second, real t, real margin) noexcept nogil:
    return margin - t * (first - second)


cdef double total_of(const floating* p, const floating* t, Py_ssize_t half,
                     double margin) noexcept nogil:
    cdef double total, loss
    cdef Py_ssize_t i
    if floating is double:
        return ann_ranking_f64(p, p + half, t, half, margin)
    else:
        total = ann_ranking_f32(p, p + half, t, half, <float>margin)
        if not isfinite(total):             # perhaps only because float32 was too narrow
            total = 0
            for i in range(half):
                loss = unclamped[double](p[i], p[half + i], t[i], margin)
                total += 0 if loss < 0 else loss
        return total


cdef void terms(const floating* p, const floating* t, floating* terms, Py_ssize_t size,
                const double* margin) noexcept nogil:
    cdef floating loss
    cdef Py_ssize_t half = size // 2, i
    for i in range(half):
        loss = unclamped(p[i], p[half + i], t[i], <floating>margin[0])
        terms[i] = 0 if loss < 0 else loss


cdef double point(const floating* p, const floating* t, floating* g, Py_ssize_t size, double scale,
                  bint valued, const double* margin) noexcept nogil:
    cdef floating loss, slope, factor = <floating>scale
    cdef Py_ssize_t half = size // 2, i
    if g is not NULL:
        for i in range(half):
            loss = unclamped(p[i], p[half + i], t[i], <floating>margin[0])
            slope = t[i] if loss >= 0 else 0 if loss < 0 else loss
            g[i], g[half + i] = -factor * slope, factor * slope
    return total_of(p, t, half, margin[0]) if valued else 0


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
        self._maps.point32, self._maps.point64 = point[float], point[double]
        self._maps.terms32, self._maps.terms64 = terms[float], terms[double]
        self._maps.weight = 1
        super().__init__(margin, reduction)
