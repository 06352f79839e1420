"""Hinge loss. Source: mlpack ann/loss_functions/hinge_loss.hpp."""
from cython cimport floating

from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating signed(floating t) noexcept nogil:
    return -1 if t == 0 else t


cdef inline floating term(floating p, floating t, floating unused, floating none) noexcept nogil:
    cdef floating score = p * signed(t)
    return 0 if score > 1 else 1 - score


cdef inline floating slope(floating p, floating t, floating unused, floating none) noexcept nogil:
    cdef floating score = p * signed(t)
    return -signed(t) if score < 1 else 0 if score >= 1 else score


include "_loss.pxi"


cdef class HingeLoss(ElementwiseLoss):
    """Loss of a support vector machine: per element ``max(0, 1 - prediction * target)``.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction and target: (batch, ...), any shape, both the same. Targets are 1 and -1, or 1 and 0:
    0 counts as -1. The derivative at the hinge is 0. mlpack's Backward is wrong for -1 and 0.

    References
    ----------
    Cortes and Vapnik (1995), Support-vector networks.
    """
    def __init__(self, reduction=True):
        self._maps = loss_maps()
        super().__init__(reduction)
