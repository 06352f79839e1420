"""Tanh exponential. Source: mlpack ann/activation_functions/tanh_exponential_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport exp_, expm1_, minimum_, tanh_
from mlpack_ann.activation_functions._saturation cimport bounded_below
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return bounded_below(x) * tanh_(exp_(x))


# With u = exp(x) and e = exp(2 * u) - 1, tanh(u) = e / (e + 2), and the derivative of tanh at u is
# 4 * (e + 1) / (e + 2)**2. From x = 3.2 on the one is 1 and the other negligible.
cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating one = 1, two = 2, four = 4
    cdef floating c = minimum_(bounded_below(x), <floating>3.2)
    cdef floating u = exp_(c), e = expm1_(two * u), r = one / (e + two)
    return e * r + four * c * u * ((e + one) * r) * r


include "_activation.pxi"


cdef class TanhExpFunction(Activation):
    """``f(x) = x * tanh(exp(x))``; ``f'(x) = tanh(u) + x * u * (1 - tanh(u)**2)``, ``u = exp(x)``.

    Any shape.

    Notes
    -----
    mlpack's derivative is NaN where exp(x) overflows.

    References
    ----------
    Liu and Di (2020), TanhExp: A smooth activation function with high convergence speed for
    lightweight neural networks.
    """
    def __init__(self):
        self._maps = maps()
