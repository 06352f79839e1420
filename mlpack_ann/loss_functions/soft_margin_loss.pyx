"""Soft margin loss. Source: mlpack ann/loss_functions/soft_margin_loss.hpp."""
from cython cimport floating

from mlpack_ann._math cimport decay_, fabs_, log1p_of_fraction_
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating shared(floating p, floating t, floating unused, floating none) noexcept nogil:
    return decay_(fabs_(t * p))


cdef inline floating term(floating p, floating t, floating e, floating unused,
                          floating none) noexcept nogil:
    cdef floating wrong = -(t * p)
    return (0 if wrong < 0 else wrong) + log1p_of_fraction_(e)


cdef inline floating slope(floating p, floating t, floating e, floating unused,
                           floating none) noexcept nogil:
    return -t * ((1 if t * p < 0 else e) / (<floating>1 + e))


include "_loss_shared.pxi"


cdef class SoftMarginLoss(ElementwiseLoss):
    """Logistic loss: per element ``log(1 + exp(-target * prediction))``.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction and target (1 and -1): (batch, ...), any shape, both the same. Finite however large
    the prediction, where mlpack's exponential overflows.
    """
    def __init__(self, reduction=True):
        self._maps = loss_maps(weight=4)
        super().__init__(reduction)
