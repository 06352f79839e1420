"""Swish. Source: mlpack ann/activation_functions/swish_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport sigmoid_
from mlpack_ann.activation_functions._saturation cimport bounded, bounded_below, sigmoid_slope
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return bounded_below(x) * sigmoid_(x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return sigmoid_(x) + bounded(x) * sigmoid_slope(x)


include "_activation.pxi"


cdef class SwishFunction(Activation):
    """``f(x) = x * s(x)``, s the logistic function; ``f'(x) = s(x) + x * s'(x)``. Any shape.

    References
    ----------
    Ramachandran, Zoph and Le (2017), Searching for activation functions.
    """
    def __init__(self):
        self._maps = maps()
