"""Mean absolute percentage error.

Source: mlpack ann/loss_functions/mean_absolute_percentage_error.hpp.
"""
from cython cimport floating

from mlpack_ann._math cimport fabs_
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating term(floating p, floating t, floating unused, floating none) noexcept nogil:
    return 0 if p == t else 100 * fabs_((p - t) / t)


cdef inline floating slope(floating p, floating t, floating unused, floating none) noexcept nogil:
    cdef floating error = p - t, size = 100 / fabs_(t)
    return size if error > 0 else -size if error < 0 else error


include "_loss.pxi"


cdef class MeanAbsolutePercentageError(ElementwiseLoss):
    """Error in percent of the target: per element ``100 * |(prediction - target) / target|``.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction and target: (batch, ...), any shape, both the same. Infinite at a target of 0, except
    for a prediction of 0. Value and derivative are 0 where prediction and target are equal. mlpack
    has no `reduction`: it divides the sum by the points, with 100 / points cut to an integer.

    References
    ----------
    de Myttenaere, Golden, Le Grand and Rossi (2016), Mean absolute percentage error for regression
    models.
    """
    def __init__(self, reduction=True):
        self._maps = loss_maps()
        super().__init__(reduction)
