"""Hinge embedding loss. Source: mlpack ann/loss_functions/hinge_embedding_loss.hpp."""
from cython cimport floating

from mlpack_ann._validation import number
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating term(floating p, floating t, floating margin, floating unused) noexcept nogil:
    cdef floating apart = 0 if p > margin else margin - p
    return p if t > 0 else apart if t <= 0 else t


cdef inline floating slope(floating p, floating t, floating margin, floating unused) noexcept nogil:
    cdef floating apart = -1 if p < margin else 0 if p >= margin else p
    return 1 if t > 0 else apart if t <= 0 else t


include "_loss.pxi"


cdef class HingeEmbeddingLoss(ElementwiseLoss):
    """Draws similar pairs together and dissimilar ones a margin apart.

    Per element, of the distance ``d`` predicted: ``d`` for a target of 1,
    ``max(0, margin - d)`` for a target of -1.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".
    margin : float, default=1.0
        Distance from which on dissimilar pairs cost nothing, in the unit of the prediction.

    Notes
    -----
    Prediction and target: (batch, ...), any shape, both the same. Positive targets count as 1,
    others as -1. The derivative at the margin is 0. mlpack lacks the maximum and `margin`.

    References
    ----------
    Hadsell, Chopra and LeCun (2006), Dimensionality reduction by learning an invariant mapping.
    """
    def __init__(self, reduction=True, margin=1.0):
        self._maps = loss_maps()
        self.margin = margin
        super().__init__(reduction)

    @property
    def margin(self):
        return self._a

    @margin.setter
    def margin(self, value):
        self._a = number(value, self, "margin")
