"""Mish. Source: mlpack ann/activation_functions/mish_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport exp_, minimum_
from mlpack_ann.activation_functions._saturation cimport bounded_below
from mlpack_ann.activation_functions.activation cimport Activation


# With n = exp(x), tanh(log(1 + n)) = w / (w + 2) for w = n * (n + 2), and the derivative of that
# is 4 * n * (n + 1) / (w + 2)**2. From 22 on the one is 1 and the other negligible.
cdef inline floating cut(floating x) noexcept nogil:
    return minimum_(x, <floating>22)


cdef inline floating fn(floating x) noexcept nogil:
    cdef floating two = 2, n = exp_(cut(x)), w = n * (n + two)
    return bounded_below(x) * (w / (w + two))


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating one = 1, two = 2, four = 4
    cdef floating c = cut(bounded_below(x)), n = exp_(c), w = n * (n + two), r = one / (w + two)
    return w * r + four * c * (n * r) * ((n + one) * r)


include "_activation.pxi"


cdef class MishFunction(Activation):
    """``f(x) = x * t(x)``, where ``t(x) = tanh(log(1 + exp(x)))``; ``f'(x) = t(x) + x * t'(x)``.

    Any shape.

    Notes
    -----
    mlpack's form is NaN where the square of exp(x) overflows.

    References
    ----------
    Misra (2019), Mish: A self regularized non-monotonic activation function.
    """
    def __init__(self):
        self._maps = maps()
