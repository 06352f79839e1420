"""Inverse square root linear unit. Source: mlpack ann/layer/isrlu.hpp."""
from cython cimport floating

from mlpack_ann._math cimport sqrt_
from mlpack_ann._validation import number
from mlpack_ann.layer.elementwise cimport Elementwise


# Beyond -1 by 1 / x, whose square cannot overflow: -1 / sqrt(alpha + 1 / x^2).
cdef inline floating f(floating x, floating alpha, floating b) noexcept nogil:
    cdef bint far = x < -1
    cdef floating t = <floating>1 / x if far else x
    cdef floating radicand = alpha + t * t if far else <floating>1 + alpha * t * t
    return x if x >= 0 else (<floating>-1 if far else x) / sqrt_(radicand)


cdef inline floating df(floating x, floating y, floating alpha, floating b) noexcept nogil:
    cdef floating ratio = y / x
    return 1 if x >= 0 else ratio * ratio * ratio


include "_elementwise.pxi"


cdef class ISRLU(Elementwise):
    """``f(x) = x if x >= 0 else x / sqrt(1 + alpha * x**2)``, elementwise.

    Parameters
    ----------
    alpha : float, default=1.0
        Above 0; ``-1 / sqrt(alpha)`` is the limit for large negative inputs.

    Notes
    -----
    Input and output: (batch, ...), any shape. The derivative is 1 for x >= 0, else
    ``(1 + alpha * x**2)**(-3/2)``.

    References
    ----------
    Carlile, Delamarter, Kinney, Marti and Whitney (2017), Improving deep learning by inverse square
    root linear units (ISRLUs).
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
        self._a = number(value, self, "alpha", above=0)
