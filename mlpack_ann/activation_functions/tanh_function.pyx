"""Hyperbolic tangent. Source: mlpack ann/activation_functions/tanh_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport copysign_, fabs_, log1p_, tanh_
from mlpack_ann.activation_functions.invertible_activation cimport InvertibleActivation


cdef inline floating fn(floating x) noexcept nogil:
    return tanh_(x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return <floating>1 - y * y


cdef inline floating inv(floating y) noexcept nogil:
    cdef floating a = fabs_(y)
    return copysign_(<floating>0.5 * log1p_((a + a) / (<floating>1 - a)), y)


include "_inverse.pxi"


cdef class TanhFunction(InvertibleActivation):
    """``f(x) = tanh(x)``; ``f'(x) = 1 - f(x)**2``; ``Inv(y) = log((1 + y) / (1 - y)) / 2``.

    Any shape. Inv is infinite at -1 and 1 and NaN beyond.
    """
    def __init__(self):
        self._maps = maps()
        self._inverse = inverse()
