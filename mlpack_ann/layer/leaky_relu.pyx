"""Leaky rectified linear unit. Source: mlpack ann/layer/leaky_relu.hpp."""
from cython cimport floating

from mlpack_ann._validation import number
from mlpack_ann.layer.elementwise cimport Elementwise


cdef inline floating f(floating x, floating alpha, floating unused) noexcept nogil:
    return x if x > 0 else alpha * x


cdef inline floating df(floating x, floating y, floating alpha, floating unused) noexcept nogil:
    return 1 if x >= 0 else alpha


include "_elementwise.pxi"


cdef class LeakyReLU(Elementwise):
    """``f(x) = x if x > 0 else alpha * x``, elementwise.

    Parameters
    ----------
    alpha : float, default=0.03
        Slope for negative inputs.

    Notes
    -----
    Input and output: (batch, ...), any shape. The derivative at 0 is 1.

    References
    ----------
    Maas, Hannun and Ng (2013), Rectifier nonlinearities improve neural network acoustic models.
    """
    def __init__(self, alpha=0.03):
        self._maps = maps()
        self.alpha = alpha
        super().__init__()

    @property
    def alpha(self):
        return self._a

    @alpha.setter
    def alpha(self, value):
        self._a = number(value, self, "alpha")
