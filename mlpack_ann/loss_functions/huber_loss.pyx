"""Huber loss. Source: mlpack ann/loss_functions/huber_loss.hpp."""
from cython cimport floating

from mlpack_ann._math cimport fabs_
from mlpack_ann._validation import number
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating term(floating p, floating t, floating delta, floating unused) noexcept nogil:
    cdef floating error = fabs_(p - t)
    if error > delta:
        return delta * (error - <floating>0.5 * delta)
    return <floating>0.5 * error * error


cdef inline floating slope(floating p, floating t, floating delta, floating unused) noexcept nogil:
    cdef floating error = p - t
    return -delta if error < -delta else delta if error > delta else error


include "_loss.pxi"


cdef class HuberLoss(ElementwiseLoss):
    """Quadratic for errors of at most `delta`, linear beyond.

    Per element, with ``e = prediction - target``:
    ``0.5 * e**2 if |e| <= delta else delta * (|e| - 0.5 * delta)``.

    Parameters
    ----------
    delta : float, default=1.0
        Error at which the loss turns linear, in the unit of the prediction; above 0.
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction and target: (batch, ...), any shape, both the same.

    References
    ----------
    Huber (1964), Robust estimation of a location parameter.
    """
    def __init__(self, delta=1.0, reduction=True):
        self._maps = loss_maps()
        self.delta = delta
        super().__init__(reduction)

    @property
    def delta(self):
        return self._a

    @delta.setter
    def delta(self, value):
        self._a = number(value, self, "delta", above=0)
