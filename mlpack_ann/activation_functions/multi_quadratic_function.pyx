"""Multiquadratic function. Source: mlpack ann/activation_functions/multi_quadratic_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport copysign_, fabs_, sqrt_
from mlpack_ann.activation_functions.activation cimport Activation

cdef enum:
    LARGE = 1000000000          # above it sqrt(1 + x**2) rounds to |x|, and x**2 may overflow


cdef inline floating fn(floating x) noexcept nogil:
    cdef floating a = fabs_(x)
    cdef floating root = sqrt_(<floating>1 + a * a)
    return a if a > <floating>LARGE else root


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating slope = x / y
    return copysign_(<floating>1, x) if fabs_(x) > <floating>LARGE else slope


include "_activation.pxi"


cdef class MultiQuadFunction(Activation):
    """``f(x) = sqrt(1 + x**2)``; ``f'(x) = x / f(x)``. Any shape."""

    def __init__(self):
        self._maps = maps()
