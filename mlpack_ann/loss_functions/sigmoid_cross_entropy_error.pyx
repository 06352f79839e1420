"""Sigmoid cross-entropy. Source: mlpack ann/loss_functions/sigmoid_cross_entropy_error.hpp."""
from cython cimport floating

from mlpack_ann._logistic cimport cross_entropy, cross_entropy_slope, doubt
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating shared(floating p, floating t, floating unused, floating none) noexcept nogil:
    return doubt(p)


cdef inline floating term(floating p, floating t, floating e, floating unused,
                          floating none) noexcept nogil:
    return cross_entropy(p, t, e)


cdef inline floating slope(floating p, floating t, floating e, floating unused,
                           floating none) noexcept nogil:
    return cross_entropy_slope(p, t, e)


include "_loss_shared.pxi"


cdef class SigmoidCrossEntropyError(ElementwiseLoss):
    """Binary cross-entropy of logits.

    Per element, of the logit ``x`` predicted and the target ``t``:
    ``-(t * log(sigmoid(x)) + (1 - t) * log(1 - sigmoid(x)))``, computed as
    ``max(x, 0) - x * t + log(1 + exp(-|x|))``.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction (any number) and target (between 0 and 1): (batch, ...), any shape, both the same.
    """
    def __init__(self, reduction=True):
        self._maps = loss_maps(weight=4)
        super().__init__(reduction)
