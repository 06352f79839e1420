"""Hyperbolic tangent. Source: mlpack ann/activation_functions/tanh_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport tanh_
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return tanh_(x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return 1 - y * y


include "_activation.pxi"


cdef class TanhFunction(Activation):
    """``f(x) = tanh(x)``; ``f'(x) = 1 - f(x)**2``. Any shape."""

    def __init__(self):
        self._maps = maps()
