"""Exponential linear sigmoid squashing.

Source: mlpack ann/activation_functions/elish_function.hpp.
"""
from cython cimport floating

from mlpack_ann._math cimport expm1_, sigmoid_
from mlpack_ann.activation_functions._saturation cimport bounded, sigmoid_slope
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return sigmoid_(x) * (expm1_(x) if x < 0 else x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating elu = expm1_(x) if x < 0 else bounded(x)
    return sigmoid_(x) * (<floating>1 + elu if x < 0 else 1) + elu * sigmoid_slope(x)


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
