"""L1 loss. Source: mlpack ann/loss_functions/l1_loss.hpp."""
from cython cimport floating

from mlpack_ann._math cimport fabs_
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating term(floating p, floating t, floating unused, floating none) noexcept nogil:
    return fabs_(p - t)


cdef inline floating slope(floating p, floating t, floating unused, floating none) noexcept nogil:
    cdef floating error = p - t
    return 1 if error > 0 else -1 if error < 0 else error


include "_loss.pxi"


cdef class L1Loss(ElementwiseLoss):
    """Absolute error: per element ``|prediction - target|``.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction and target: (batch, ...), any shape, both the same. The derivative is 0 where they
    are equal.
    """
    def __init__(self, reduction=True):
        self._maps = loss_maps()
        super().__init__(reduction)
