"""Rectified linear unit cut at 6. Source: mlpack ann/layer/relu6.hpp."""
from cython cimport floating

from mlpack_ann.layer.elementwise cimport Elementwise


cdef inline floating f(floating x, floating a, floating b) noexcept nogil:
    return 0 if x < 0 else 6 if x > 6 else x


cdef inline floating df(floating x, floating y, floating a, floating b) noexcept nogil:
    return 1 if (x > 0) & (x < 6) else 0


include "_elementwise.pxi"


cdef class ReLU6(Elementwise):
    """``f(x) = min(max(x, 0), 6)``, elementwise.

    Notes
    -----
    Input and output: (batch, ...), any shape. The derivative at 0 and at 6 is 0.

    References
    ----------
    Krizhevsky (2010), Convolutional deep belief networks on CIFAR-10.
    """
    def __init__(self):
        self._maps = maps()
        super().__init__()
