"""What the functions with an exponential tail share.

A product ``x * tail(x)`` with a tail that vanishes has a limit, but infinity * 0 is NaN. Beyond
1000 every such tail is exactly 0, so cutting x there changes no value and gives the limit.
"""
from cython cimport floating


cdef inline floating bounded_below(floating x) noexcept nogil:
    return <floating>-1000 if x < -1000 else x


cdef inline floating bounded_above(floating x) noexcept nogil:
    return <floating>1000 if x > 1000 else x


cdef inline floating bounded(floating x) noexcept nogil:
    return bounded_above(bounded_below(x))
