"""Rectifier. Source: mlpack ann/activation_functions/rectifier_function.hpp."""
from cython cimport floating

from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return 0 if x < 0 else x                # a NaN passes


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return 1 if x > 0 else 0


include "_activation.pxi"


cdef class RectifierFunction(Activation):
    """``f(x) = max(x, 0)``; ``f'(x) = 1 if x > 0 else 0``. Any shape.

    References
    ----------
    Nair and Hinton (2010), Rectified linear units improve restricted Boltzmann machines.
    """
    def __init__(self):
        self._maps = maps()
