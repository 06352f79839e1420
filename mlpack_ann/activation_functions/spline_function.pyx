"""Spline function. Source: mlpack ann/activation_functions/spline_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport log1p_, minimum_
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return x * x * log1p_(x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    # At infinity the quotient would be NaN; it is 1 long before.
    cdef floating c = minimum_(x, <floating>1e30)
    return <floating>2 * x * log1p_(x) + x * (c / (<floating>1 + c))


include "_activation.pxi"


cdef class SplineFunction(Activation):
    """``f(x) = x**2 * log(1 + x)``; ``f'(x) = 2 * x * log(1 + x) + x**2 / (1 + x)``. Any shape.

    Notes
    -----
    Defined above -1: infinite at -1, NaN below.
    """
    def __init__(self):
        self._maps = maps()
