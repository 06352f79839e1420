"""First derivative of the Poisson function.

Source: mlpack ann/activation_functions/poisson1_function.hpp.
"""
from cython cimport floating

from mlpack_ann._math cimport exp_
from mlpack_ann.activation_functions._saturation cimport bounded_above
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return (bounded_above(x) - <floating>1) * exp_(-x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return (<floating>2 - bounded_above(x)) * exp_(-x)


include "_activation.pxi"


cdef class Poisson1Function(Activation):
    """``f(x) = (x - 1) * exp(-x)``; ``f'(x) = (2 - x) * exp(-x)``. Any shape."""

    def __init__(self):
        self._maps = maps()
