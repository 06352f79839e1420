"""Linearly scaled hyperbolic tangent.

Source: mlpack ann/activation_functions/lisht_function.hpp.
"""
from cython cimport floating

from mlpack_ann._math cimport tanh_
from mlpack_ann.activation_functions._saturation cimport bounded, sigmoid_slope
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return x * tanh_(x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return tanh_(x) + <floating>4 * bounded(x) * sigmoid_slope(<floating>2 * x)


include "_activation.pxi"


cdef class LiSHTFunction(Activation):
    """``f(x) = x * tanh(x)``; ``f'(x) = tanh(x) + x * (1 - tanh(x)**2)``. Any shape.

    References
    ----------
    Roy et al. (2019), LiSHT: Non-parametric linearly scaled hyperbolic tangent activation function.
    """
    def __init__(self):
        self._maps = maps()
