"""Swish. Source: mlpack ann/activation_functions/swish_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport bounded_decay_, reach_
from mlpack_ann.activation_functions.activation cimport Activation


# With a = |x|, e = exp(-a) and r = s(a) = 1 / (1 + e): s(-a) = 1 - s(a) = e r and s'(x) = e r^2.
cdef inline floating fn(floating x) noexcept nogil:
    cdef floating a = reach_(x), e = bounded_decay_(a)
    return (0 if x < 0 else x) - a * (e / (<floating>1 + e))


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating a = reach_(x), e = bounded_decay_(a), r = <floating>1 / (<floating>1 + e)
    cdef floating change = a * e * r
    return r * (e - change if x < 0 else <floating>1 + change)


include "_activation.pxi"


cdef class SwishFunction(Activation):
    """``f(x) = x * s(x)``, s the logistic function; ``f'(x) = s(x) + x * s'(x)``. Any shape.

    References
    ----------
    Ramachandran, Zoph and Le (2017), Searching for activation functions.
    """
    def __init__(self):
        self._maps = maps()
