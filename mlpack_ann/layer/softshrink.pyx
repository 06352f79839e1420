"""Soft shrinkage. Source: mlpack ann/layer/softshrink.hpp."""
from cython cimport floating

from mlpack_ann._math cimport fabs_
from mlpack_ann._validation import number
from mlpack_ann.layer.elementwise cimport Elementwise


cdef inline floating f(floating x, floating threshold, floating unused) noexcept nogil:
    return x - (threshold if x > threshold else -threshold if x < -threshold else x)


cdef inline floating df(floating x, floating y, floating threshold, floating unused) noexcept nogil:
    return 1 if fabs_(x) > threshold else 0


include "_elementwise.pxi"


cdef class SoftShrink(Elementwise):
    """``f(x) = x - lambda if x > lambda, x + lambda if x < -lambda, else 0``, elementwise.

    Parameters
    ----------
    lambda_ : float, default=0.5
        Distance by which inputs move towards 0; at least 0. (``lambda`` is a word of Python's.)

    Notes
    -----
    Input and output: (batch, ...), any shape. The derivative at +-lambda is 0.

    References
    ----------
    Donoho and Johnstone (1994), Ideal spatial adaptation by wavelet shrinkage.
    """
    def __init__(self, lambda_=0.5):
        self._maps = maps()
        self.lambda_ = lambda_
        super().__init__()

    @property
    def lambda_(self):
        return self._a

    @lambda_.setter
    def lambda_(self, value):
        self._a = number(value, self, "lambda_", minimum=0)
