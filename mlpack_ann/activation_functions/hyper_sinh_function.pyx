"""Hyper-sinh. Source: mlpack ann/activation_functions/hyper_sinh_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport exp_, sinh_
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return sinh_(x) / <floating>3 if x > 0 else x * x * x / <floating>4


# cosh(x) = sinh(x) + exp(-x)
cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return y + exp_(-x) / <floating>3 if x > 0 else <floating>0.75 * x * x


include "_activation.pxi"


cdef class HyperSinhFunction(Activation):
    """``f(x) = sinh(x) / 3 if x > 0 else x**3 / 4``. Any shape.

    ``f'(x) = cosh(x) / 3 if x > 0 else 3 * x**2 / 4``, 0 at 0.

    References
    ----------
    Parisi, Ma, RaviChandran and Lanzillotta (2021), hyper-sinh: An accurate and reliable function
    from shallow to deep learning in TensorFlow and Keras.
    """
    def __init__(self):
        self._maps = maps()
