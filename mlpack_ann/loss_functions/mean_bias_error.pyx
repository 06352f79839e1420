"""Mean bias error. Source: mlpack ann/loss_functions/mean_bias_error.hpp."""
from cython cimport floating

from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating term(floating p, floating t, floating unused, floating none) noexcept nogil:
    return t - p


cdef inline floating slope(floating p, floating t, floating unused, floating none) noexcept nogil:
    return -1


include "_loss.pxi"


cdef class MeanBiasError(ElementwiseLoss):
    """Bias: per element ``target - prediction``, errors of opposite sign cancelling.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction and target: (batch, ...), any shape, both the same. The derivative is -1 everywhere.
    """
    def __init__(self, reduction=True):
        self._maps = loss_maps()
        super().__init__(reduction)
