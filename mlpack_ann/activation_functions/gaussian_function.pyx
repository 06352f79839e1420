"""Gaussian function. Source: mlpack ann/activation_functions/gaussian_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport decay_
from mlpack_ann.activation_functions._saturation cimport bounded
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return decay_(x * x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return <floating>-2 * bounded(x) * y


include "_activation.pxi"


cdef class GaussianFunction(Activation):
    """``f(x) = exp(-x**2)``; ``f'(x) = -2 * x * f(x)``. Any shape."""

    def __init__(self):
        self._maps = maps()
