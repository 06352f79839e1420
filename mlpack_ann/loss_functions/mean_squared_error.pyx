"""Mean squared error. Source: mlpack ann/loss_functions/mean_squared_error.hpp."""
from cython cimport floating

from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating term(floating p, floating t, floating unused, floating none) noexcept nogil:
    return (p - t) * (p - t)


cdef inline floating slope(floating p, floating t, floating unused, floating none) noexcept nogil:
    return 2 * (p - t)


include "_loss.pxi"


cdef class MeanSquaredError(ElementwiseLoss):
    """Squared error: per element ``(prediction - target)**2``.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction and target: (batch, ...), any shape, both the same. As with all losses the default is
    the sum; mlpack 4.8's is the mean.
    """
    def __init__(self, reduction=True):
        self._maps = loss_maps()
        super().__init__(reduction)
