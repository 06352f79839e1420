"""Logarithm of the hyperbolic cosine. Source: mlpack ann/loss_functions/log_cosh_loss.hpp."""
from cython cimport floating

from mlpack_ann._math cimport expm1_, fabs_, log1p_, tanh_
from mlpack_ann._validation import number
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating term(floating p, floating t, floating a, floating unused) noexcept nogil:
    # With u = 1 - exp(-|z|): log cosh z = log1p(u^2 / (2 - 2u)), exact for small z, and
    # = |z| + log1p(u^2 / 2 - u), which never overflows.
    cdef floating error = fabs_(p - t), z = a * error
    cdef floating u = -expm1_(-z)
    cdef floating near = u * u / (2 - 2 * u), far = <floating>0.5 * u * u - u
    return (0 if z < 1 else error) + log1p_(near if z < 1 else far) / a


cdef inline floating slope(floating p, floating t, floating a, floating unused) noexcept nogil:
    return tanh_(a * (p - t))


include "_loss.pxi"


cdef class LogCoshLoss(ElementwiseLoss):
    """Smooth absolute error: per element ``log(cosh(a * (prediction - target))) / a``.

    Parameters
    ----------
    a : float, default=1.0
        How sharply the loss turns from quadratic to linear, per unit of the prediction; above 0.
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction and target: (batch, ...), any shape, both the same. Finite for every finite error,
    where mlpack's cosh overflows; mlpack's Backward has the opposite sign.
    """
    def __init__(self, a=1.0, reduction=True):
        self._maps = loss_maps()
        self.a = a
        super().__init__(reduction)

    @property
    def a(self):
        return self._a

    @a.setter
    def a(self, value):
        self._a = number(value, self, "a", above=0)
