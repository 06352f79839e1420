"""Gaussian error linear unit. Source: mlpack ann/activation_functions/gelu_exact_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport decay_, erf_
from mlpack_ann.activation_functions._saturation cimport bounded, bounded_below
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating probability(floating x) noexcept nogil:
    return <floating>0.5 * (<floating>1 + erf_(x * <floating>0.7071067811865476))


cdef inline floating fn(floating x) noexcept nogil:
    return bounded_below(x) * probability(x)


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating density = <floating>0.3989422804014327 * decay_(<floating>0.5 * x * x)
    return probability(x) + bounded(x) * density


include "_activation.pxi"


cdef class GELUExactFunction(Activation):
    """``f(x) = x * P(x)``, where ``P(x) = (1 + erf(x / sqrt(2))) / 2``, the normal distribution.

    ``f'(x) = P(x) + x * exp(-x**2 / 2) / sqrt(2 * pi)``. Any shape.

    References
    ----------
    Hendrycks and Gimpel (2016), Gaussian error linear units.
    """
    def __init__(self):
        self._maps = maps()
