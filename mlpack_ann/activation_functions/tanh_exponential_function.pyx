"""Tanh exponential. Source: mlpack ann/activation_functions/tanh_exponential_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport bounded_decay_, fabs_, tanh_
from mlpack_ann.activation_functions._saturation cimport bounded_below
from mlpack_ann.activation_functions.activation cimport Activation


# exp(x), up to where tanh of it is 1.
cdef inline floating inner(floating x) noexcept nogil:
    cdef floating c = <floating>3.2 if x > <floating>3.2 else x
    return bounded_decay_(-c)


cdef inline floating fn(floating x) noexcept nogil:
    cdef floating c = bounded_below(x)
    return c * tanh_(inner(c))


# With u = exp(x) and t = tanh(u) = y / x, f'(x) = t + x * u * (1 - t) * (1 + t), and x * (1 - t) =
# x - y. The rounding of y comes in 2 * u times: up to 60 units in the last place, about x = 3.
cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating c = bounded_below(x), t = y / x
    t = <floating>0.7615941559557649 if fabs_(x) < <floating>1e-30 else t
    t = t + inner(c) * (c - y) * (<floating>1 + t)
    return 1 if x > 1000 else t


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
