"""Kullback-Leibler divergence. Source: mlpack ann/loss_functions/kl_divergence.hpp."""
from cython cimport floating

from mlpack_ann._math cimport log_
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating term(floating p, floating t, floating unused, floating none) noexcept nogil:
    return 0 if t == 0 and p == p else t * (log_(t) - p)


cdef inline floating slope(floating p, floating t, floating unused, floating none) noexcept nogil:
    return -t


include "_loss.pxi"


cdef class KLDivergence(ElementwiseLoss):
    """Relative entropy: per element ``target * (log(target) - prediction)``.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction (log-probabilities) and target (probabilities): (batch, ...), any shape, both the
    same. A target of 0 counts 0, the limit, where mlpack gives NaN; a negative one gives NaN.

    References
    ----------
    Kullback and Leibler (1951), On information and sufficiency.
    """
    def __init__(self, reduction=True):
        self._maps = loss_maps(weight=3)
        super().__init__(reduction)
