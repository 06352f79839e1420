"""Hard sigmoid. Source: mlpack ann/activation_functions/hard_sigmoid_function.hpp."""
from cython cimport floating

from mlpack_ann._math cimport fabs_
from mlpack_ann.activation_functions.activation cimport Activation


cdef inline floating fn(floating x) noexcept nogil:
    cdef floating y = <floating>0.2 * x + <floating>0.5
    return 0 if y < 0 else 1 if y > 1 else y


cdef inline floating deriv(floating x, floating y) noexcept nogil:
    return <floating>0.2 if fabs_(x) < <floating>2.5 else 0


include "_activation.pxi"


cdef class HardSigmoidFunction(Activation):
    """``f(x) = min(1, max(0, 0.2 * x + 0.5))``; ``f'(x) = 0.2 if |x| < 2.5 else 0``. Any shape.

    References
    ----------
    Courbariaux, Bengio and David (2015), BinaryConnect.
    """
    def __init__(self):
        self._maps = maps()
