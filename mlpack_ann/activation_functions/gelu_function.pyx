"""Gaussian error linear unit, tanh form.

Source: mlpack ann/activation_functions/gelu_function.hpp.
"""
from cython cimport floating

from mlpack_ann._math cimport bounded_decay_, fabs_
from mlpack_ann.activation_functions.activation cimport Activation


# 1 + tanh(z / 2) is twice the logistic function s(z), which does not cancel below 0: f(x) = x s(z).
# The constants are 2 sqrt(2 / pi) and 0.044715 times that, or three times as much.
cdef inline floating argument(floating x) noexcept nogil:
    return x * (<floating>1.5957691216057308 + <floating>0.07135481627260025 * x * x)


cdef inline floating argument_slope(floating x) noexcept nogil:
    return <floating>1.5957691216057308 + <floating>0.21406444881780073 * x * x


# |x|, up to where exp(-z) is 0.
cdef inline floating distance(floating x) noexcept nogil:
    cdef floating a = fabs_(x), limit = <floating>11.5 if floating is float else <floating>24
    return limit if a > limit else a


# With a = |x|, e = exp(-z(a)) and r = s(z(a)) = 1 / (1 + e): s(-z) = 1 - s(z) = e r, s'(z) = e r^2.
cdef inline floating fn(floating x) noexcept nogil:
    cdef floating a = distance(x), e = bounded_decay_(argument(a))
    return (0 if x < 0 else x) - a * (e / (<floating>1 + e))


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating a = distance(x), e = bounded_decay_(argument(a)), one = 1, r = one / (one + e)
    cdef floating change = (a * argument_slope(a)) * (e * r)
    return r * (e - change if x < 0 else one + change)


include "_activation.pxi"


cdef class GELUFunction(Activation):
    """``f(x) = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))``.

    ``f'(x) = s(z) + x * s'(z) * z'(x)``, s the logistic function, z twice the argument of tanh. Any
    shape.

    Notes
    -----
    An approximation of :class:`GELUExactFunction` to 5e-4. mlpack rounds the constants of the
    derivative, which costs it 2e-7.

    References
    ----------
    Hendrycks and Gimpel (2016), Gaussian error linear units.
    """
    def __init__(self):
        self._maps = maps()
