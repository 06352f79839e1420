"""Logarithm of the hyperbolic cosine. Source: mlpack ann/loss_functions/log_cosh_loss.hpp."""
from cython cimport floating

from mlpack_ann._math cimport copysign_, expm1_, fabs_, log1p_of_fraction_
from mlpack_ann._validation import number
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating shared(floating p, floating t, floating a, floating unused) noexcept nogil:
    """1 - exp(-|z|), with z = a * (p - t)."""
    return -expm1_(-(a * fabs_(p - t)))


cdef inline floating term(floating p, floating t, floating u, floating a,
                          floating unused) noexcept nogil:
    # With v = exp(-|z|): log cosh z = log1p((1 - v)^2 / (2 v)), exact for small z, and
    # = |z| - log 2 + log1p(v^2), which never overflows.
    cdef floating error = fabs_(p - t), z = a * error
    cdef floating v = <floating>1 - u, near = u * u / (v + v)
    cdef floating linear = error - <floating>0.6931471805599453 / a
    return (0 if z < 1 else linear) + log1p_of_fraction_(near if z < 1 else v * v) / a


cdef inline floating slope(floating p, floating t, floating u, floating a,
                           floating unused) noexcept nogil:
    # tanh |z| = (1 - v^2) / (1 + v^2), of which the numerator is u * (2 - u).
    cdef floating v = <floating>1 - u
    return copysign_(u * (<floating>2 - u) / (<floating>1 + v * v), p - t)


include "_loss_shared.pxi"


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
        self._maps = loss_maps(weight=4)
        self.a = a
        super().__init__(reduction)

    @property
    def a(self):
        return self._a

    @a.setter
    def a(self, value):
        self._a = number(value, self, "a", above=0)
