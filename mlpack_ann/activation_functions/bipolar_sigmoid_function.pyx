"""Bipolar sigmoid. Source: mlpack ann/activation_functions/bipolar_sigmoid_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport tanh_
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return tanh_(<floating>0.5 * x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return <floating>0.5 * (<floating>1 - y * y)


include "_activation.pxi"


cdef class BipolarSigmoidFunction(Activation):
    """``f(x) = (1 - exp(-x)) / (1 + exp(-x))``; ``f'(x) = (1 - f(x)**2) / 2``. Any shape.

    Notes
    -----
    ``f(x) = tanh(x / 2)``; mlpack's quotient of exponentials is NaN below -709.
    """
    def __init__(self):
        self._maps = maps()
