"""Gaussian error linear unit. Source: mlpack ann/activation_functions/gelu_exact_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport decay_, fabs_, weighted_tail_
from mlpack_ann.activation_functions._saturation cimport bounded
from mlpack_ann.activation_functions.activation cimport Activation


# x * P(x) = max(x, 0) - |x| * P(-|x|)
cdef inline floating fn(floating x) noexcept nogil:
    return (0 if x < 0 else x) - weighted_tail_(fabs_(x))


# P(x) is y / x, but for the limits.
cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating c = bounded(x), p = y / x
    p = <floating>0.5 if fabs_(x) < <floating>1e-30 else p
    p = 1 if x > 1000 else p
    return p + c * (<floating>0.3989422804014327 * decay_(<floating>0.5 * c * c))


include "_activation.pxi"


cdef class GELUExactFunction(Activation):
    """``f(x) = x * P(x)``, where ``P(x) = (1 + erf(x / sqrt(2))) / 2``, the normal distribution.

    ``f'(x) = P(x) + x * exp(-x**2 / 2) / sqrt(2 * pi)``. Any shape.

    References
    ----------
    Hendrycks and Gimpel (2016), Gaussian error linear units.
    """
    def __init__(self):
        self._maps = maps()
