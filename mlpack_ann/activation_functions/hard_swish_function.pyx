"""Hard swish. Source: mlpack ann/activation_functions/hard_swish_function.hpp."""
from cython cimport floating

from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    cdef floating middle = x * ((x + <floating>3) * (<floating>1 / <floating>6))
    return 0 if x <= -3 else x if x >= 3 else middle


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    cdef floating middle = (<floating>2 * x + <floating>3) * (<floating>1 / <floating>6)
    return 0 if x <= -3 else 1 if x >= 3 else middle


include "_activation.pxi"


cdef class HardSwishFunction(Activation):
    """``f(x) = x * min(max(x + 3, 0), 6) / 6``; ``f'(x) = (2 * x + 3) / 6 if |x| < 3``.

    Any shape.

    Notes
    -----
    The derivative is 0 from -3 down and 1 from 3 up.

    References
    ----------
    Howard et al. (2019), Searching for MobileNetV3.
    """
    def __init__(self):
        self._maps = maps()
