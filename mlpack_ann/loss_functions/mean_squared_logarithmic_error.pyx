"""Mean squared logarithmic error.

Source: mlpack ann/loss_functions/mean_squared_logarithmic_error.hpp.
"""
from cython cimport floating

from mlpack_ann._math cimport log1p_
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating shared(floating p, floating t, floating unused, floating none) noexcept nogil:
    """The error."""
    return 0 if p == t and p >= -1 else log1p_(p) - log1p_(t)


cdef inline floating term(floating p, floating t, floating error, floating unused,
                          floating none) noexcept nogil:
    return error * error


cdef inline floating slope(floating p, floating t, floating error, floating unused,
                           floating none) noexcept nogil:
    return 0 if error == 0 else <floating>2 * error / (<floating>1 + p)


include "_loss_shared.pxi"


cdef class MeanSquaredLogarithmicError(ElementwiseLoss):
    """Squared error of logarithms: per element ``(log(1 + target) - log(1 + prediction))**2``.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction and target, both above -1: (batch, ...), any shape, both the same. Infinite where
    just one of them is -1, 0 where they are equal, NaN below -1.
    """
    def __init__(self, reduction=True):
        self._maps = loss_maps(weight=5)
        super().__init__(reduction)
