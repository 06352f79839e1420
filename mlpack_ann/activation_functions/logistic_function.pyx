"""Logistic function. Source: mlpack ann/activation_functions/logistic_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport log1p_, log_, sigmoid_
from mlpack_ann.activation_functions.invertible_activation cimport InvertibleActivation


cdef inline floating fn(floating x) noexcept nogil:
    return sigmoid_(x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return y * (<floating>1 - y)


# log(y / (1 - y)), and about y = 1/2 a form that keeps the digits of a value near 0.
cdef inline floating inv(floating y) noexcept nogil:
    cdef floating one = 1
    cdef floating low = log_(y / (one - y)), high = log1p_((y + y - one) / (one - y))
    return low if y < <floating>0.25 else high


include "_inverse.pxi"


cdef class LogisticFunction(InvertibleActivation):
    """``f(x) = 1 / (1 + exp(-x))``; ``f'(x) = f(x) * (1 - f(x))``; ``Inv(y) = log(y / (1 - y))``.

    Any shape. Inv is infinite at 0 and 1 and NaN beyond.
    """
    def __init__(self):
        self._maps = maps()
        self._inverse = inverse()
