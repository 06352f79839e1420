"""Linearly scaled hyperbolic tangent.

Source: mlpack ann/activation_functions/lisht_function.hpp.
"""
from cython cimport floating

from mlpack_ann._math cimport bounded_expm1_, copysign_, fabs_, tanh_
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    return x * tanh_(x)


# With a = |x| and e = exp(2 * a) - 1, tanh(a) = e / (e + 2), and the derivative of that is
# 4 * (e + 1) / (e + 2)**2. From 20 on the one is 1 and the other negligible.
cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating one = 1, two = 2, four = 4
    cdef floating a = 20 if fabs_(x) > 20 else fabs_(x)
    cdef floating e = bounded_expm1_(two * a), r = one / (e + two)
    return copysign_(r * (e + four * a * ((e + one) * r)), x)


include "_activation.pxi"


cdef class LiSHTFunction(Activation):
    """``f(x) = x * tanh(x)``; ``f'(x) = tanh(x) + x * (1 - tanh(x)**2)``. Any shape.

    References
    ----------
    Roy et al. (2019), LiSHT: Non-parametric linearly scaled hyperbolic tangent activation function.
    """
    def __init__(self):
        self._maps = maps()
