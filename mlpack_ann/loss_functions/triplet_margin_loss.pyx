"""Triplet margin loss. Source: mlpack ann/loss_functions/triplet_margin_loss.hpp."""
from cython cimport floating

from mlpack_ann._reduce cimport sum_
from mlpack_ann._validation cimport Shape
from mlpack_ann.loss_functions.point_loss cimport PointMaps
from mlpack_ann.loss_functions.stacked cimport StackedLoss

cdef enum:
    BLOCK = 512


cdef double unclamped(const floating* p, const floating* t, Py_ssize_t size,
                      double margin) noexcept nogil:
    # |a - p|^2 - |a - n|^2 = (n - p) . (2a - p - n): cancels less than the difference of two sums.
    cdef double[BLOCK] products
    cdef const floating* positive = p + size // 2
    cdef double total = margin, anchor
    cdef Py_ssize_t start = 0, half = size // 2, count, i
    while start < half:
        count = min(<Py_ssize_t>BLOCK, half - start)
        for i in range(start, start + count):
            anchor = p[i]
            products[i - start] = ((<double>t[i] - positive[i])
                                   * ((anchor - positive[i]) + (anchor - t[i])))
        total += sum_(&products[0], count)
        start += count
    return total


cdef double term(const floating* p, const floating* t, Py_ssize_t size,
                 const double* options) noexcept nogil:
    cdef double loss = unclamped(p, t, size, options[0])
    return 0 if loss < 0 else loss


cdef void slope(const floating* p, const floating* t, floating* g, Py_ssize_t size, double scale,
                const double* options) noexcept nogil:
    cdef Py_ssize_t half = size // 2, i
    cdef floating factor = 0 if unclamped(p, t, size, options[0]) < 0 else <floating>(2 * scale)
    for i in range(half):
        g[i] = factor * (t[i] - p[half + i])
        g[half + i] = factor * (p[half + i] - p[i])


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
        self._maps = PointMaps(term[float], term[double], slope[float], slope[double])
        super().__init__(margin, reduction)

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        StackedLoss._term_shape(self, shape, terms)
        terms.ndim = 1
        return 0
