"""Inverse quadratic function.

Source: mlpack ann/activation_functions/inverse_quadratic_function.hpp.
"""
from cython cimport floating

from mlpack_ann._math cimport maximum_, minimum_
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return <floating>1 / (<floating>1 + x * x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    # At infinity the product would be NaN; it is 0 long before.
    cdef floating c = minimum_(maximum_(x, <floating>-1e18), <floating>1e18)
    return <floating>-2 * (c * y) * y


include "_activation.pxi"


cdef class InvQuadFunction(Activation):
    """``f(x) = 1 / (1 + x**2)``; ``f'(x) = -2 * x * f(x)**2``. Any shape."""

    def __init__(self):
        self._maps = maps()
