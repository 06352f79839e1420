"""Softsign. Source: mlpack ann/activation_functions/softsign_function.hpp."""
from cython cimport floating
from libc.math cimport NAN

from mlpack_ann._math cimport fabs_, maximum_, minimum_
from mlpack_ann.activation_functions.invertible_activation cimport InvertibleActivation


cdef inline floating fn(floating x) noexcept nogil:
    # At infinity the quotient would be NaN; it is 1 long before.
    cdef floating c = minimum_(maximum_(x, <floating>-1e30), <floating>1e30)
    return c / (<floating>1 + fabs_(c))


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating r = <floating>1 / (<floating>1 + fabs_(x))
    return r * r


cdef inline floating inv(floating y) noexcept nogil:
    cdef floating a = fabs_(y)
    return <floating>NAN if a > 1 else y / (<floating>1 - a)


include "_inverse.pxi"


cdef class SoftsignFunction(InvertibleActivation):
    """``f(x) = x / (1 + |x|)``; ``f'(x) = 1 / (1 + |x|)**2``; ``Inv(y) = y / (1 - |y|)``.

    Any shape. Inv is infinite at -1 and 1 and NaN beyond.

    References
    ----------
    Bergstra et al. (2009), Quadratic polynomials learn better image features.
    """
    def __init__(self):
        self._maps = maps()
        self._inverse = inverse()
