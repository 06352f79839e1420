"""Continuously differentiable exponential linear unit. Source: mlpack ann/layer/celu.hpp."""
from cython cimport floating

from mlpack_ann._math cimport expm1_
from mlpack_ann._validation import number
from mlpack_ann.layer.elementwise cimport Elementwise


cdef inline floating f(floating x, floating alpha, floating rate) noexcept nogil:
    return x if x >= 0 else alpha * expm1_(x * rate)


cdef inline floating df(floating x, floating y, floating alpha, floating rate) noexcept nogil:
    return 1 if x >= 0 else y * rate + 1


include "_elementwise.pxi"


cdef class CELU(Elementwise):
    """``f(x) = x if x >= 0 else alpha * (exp(x / alpha) - 1)``, elementwise.

    Parameters
    ----------
    alpha : float, default=1.0
        ``-alpha`` is the limit for large negative inputs; not 0.

    Notes
    -----
    Input and output: (batch, ...), any shape. The derivative at 0 is 1.

    References
    ----------
    Barron (2017), Continuously differentiable exponential linear units.
    """
    def __init__(self, alpha=1.0):
        self._maps = maps()
        self.alpha = alpha
        super().__init__()

    @property
    def alpha(self):
        return self._a

    @alpha.setter
    def alpha(self, value):
        alpha = number(value, self, "alpha")
        if alpha == 0:
            raise ValueError(f"{type(self).__name__}: alpha is 0, expected another number")
        self._a, self._b = alpha, 1 / alpha
