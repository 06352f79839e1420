"""Softplus. Source: mlpack ann/activation_functions/softplus_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport expm1_, log_, sigmoid_, softplus_
from mlpack_ann.activation_functions.invertible_activation cimport InvertibleActivation


cdef inline floating fn(floating x) noexcept nogil:
    return softplus_(x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return sigmoid_(x)


cdef inline floating inv(floating y) noexcept nogil:
    return y + log_(-expm1_(-y))


include "_inverse.pxi"


cdef class SoftplusFunction(InvertibleActivation):
    """``f(x) = log(1 + exp(x))``; ``f'(x) = 1 / (1 + exp(-x))``; ``Inv(y) = log(exp(y) - 1)``.

    Any shape. Inv is -infinity at 0 and NaN below.

    Notes
    -----
    mlpack's f is 0 where ``1 + exp(x)`` rounds to 1, and its Inv is 0 for ``y <= 0``.

    References
    ----------
    Glorot, Bordes and Bengio (2011), Deep sparse rectifier neural networks.
    """
    def __init__(self):
        self._maps = maps()
        self._inverse = inverse()
