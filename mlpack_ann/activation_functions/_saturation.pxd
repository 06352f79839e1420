"""What the functions with an exponential tail share.

A product ``x * tail(x)`` with a tail that vanishes has a limit, but infinity * 0 is NaN. Beyond
1000 every such tail is exactly 0, so cutting x there changes no value and gives the limit.
"""
from cython cimport floating

from mlpack_ann._math cimport decay_, fabs_


cdef inline floating bounded_below(floating x) noexcept nogil:
    return <floating>-1000 if x < -1000 else x


cdef inline floating bounded_above(floating x) noexcept nogil:
    return <floating>1000 if x > 1000 else x


cdef inline floating bounded(floating x) noexcept nogil:
    return bounded_above(bounded_below(x))


cdef inline floating sigmoid_slope(floating x) noexcept nogil:
    """Derivative of s = 1 / (1 + exp(-x)); s * (1 - s) would lose its digits where s is near 1."""
    cdef floating e = decay_(fabs_(x))
    return e / ((<floating>1 + e) * (<floating>1 + e))
