"""Exponential linear sigmoid squashing.

Source: mlpack ann/activation_functions/elish_function.hpp.
"""
from cython cimport floating

from mlpack_ann._math cimport bounded_decay_, expm1_, reach_, sigmoid_
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return sigmoid_(x) * (expm1_(x) if x < 0 else x)


# With a = |x|, e = exp(-a) and r = s(a) = 1 / (1 + e): s(-a) = e r and s'(x) = e r^2.
cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating a = reach_(x), e = bounded_decay_(a), one = 1, r = one / (one + e)
    return r * (e * (e + r * (e - one)) if x < 0 else one + a * e * r)


include "_activation.pxi"


cdef class ElishFunction(Activation):
    """``f(x) = s(x) * u(x)``, s the logistic function, ``u(x) = x if x >= 0 else exp(x) - 1``.

    ``f'(x) = s(x) * u'(x) + s'(x) * u(x)``. Any shape.

    Notes
    -----
    The derivative at 0 is 1/2. mlpack's quotient of exponentials is NaN above 709.

    References
    ----------
    Basirat and Roth (2018), The quest for the golden activation function.
    """
    def __init__(self):
        self._maps = maps()
