"""Identity. Source: mlpack ann/activation_functions/identity_function.hpp."""
from cython cimport floating

from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return x


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return 1


include "_activation.pxi"


cdef class IdentityFunction(Activation):
    """``f(x) = x``; ``f'(x) = 1``. Any shape."""

    def __init__(self):
        self._maps = maps()
