"""Binary cross-entropy. Source: mlpack ann/loss_functions/binary_cross_entropy_loss.hpp."""
from cython cimport floating

from mlpack_ann._bernoulli cimport log_probability, log_probability_slope
from mlpack_ann._validation import number
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating term(floating p, floating t, floating eps, floating unused) noexcept nogil:
    return -log_probability(p, t, eps)


cdef inline floating slope(floating p, floating t, floating eps, floating unused) noexcept nogil:
    return -log_probability_slope(p, t, eps)


include "_loss.pxi"


cdef class BCELoss(ElementwiseLoss):
    """Cross-entropy of independent yes-or-no predictions.

    Per element, of the probability ``p`` predicted and the target ``t``:
    ``-(t * log(p + eps) + (1 - t) * log(1 - p + eps))``.

    Parameters
    ----------
    eps : float, default=1e-10
        Keeps the logarithms finite at probabilities of 0 and 1; at least 0.
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction and target, both between 0 and 1: (batch, ...), any shape, both the same. A
    prediction outside gives NaN. With an `eps` of 0 a certain and wrong prediction costs infinity.
    Also importable as CrossEntropyError, mid-2020's name.
    """
    def __init__(self, eps=1e-10, reduction=True):
        self._maps = loss_maps(weight=5)
        self.eps = eps
        super().__init__(reduction)

    @property
    def eps(self):
        return self._a

    @eps.setter
    def eps(self, value):
        self._a = number(value, self, "eps", minimum=0)
