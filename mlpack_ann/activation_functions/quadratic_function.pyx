"""Quadratic function. Source: mlpack ann/activation_functions/quadratic_function.hpp."""
from cython cimport floating

from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return x * x


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return <floating>2 * x


include "_activation.pxi"


cdef class QuadraticFunction(Activation):
    """``f(x) = x**2``; ``f'(x) = 2 * x``. Any shape."""

    def __init__(self):
        self._maps = maps()
