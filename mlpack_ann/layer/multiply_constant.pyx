"""Multiplication by a constant. Source: mlpack ann/layer/multiply_constant.hpp."""
from cython cimport floating

from mlpack_ann._validation import number
from mlpack_ann.layer.elementwise cimport Elementwise


cdef inline floating f(floating x, floating scalar, floating b) noexcept nogil:
    return scalar * x


cdef inline floating df(floating x, floating y, floating scalar, floating b) noexcept nogil:
    return scalar


include "_elementwise.pxi"


cdef class MultiplyConstant(Elementwise):
    """``f(x) = scalar * x``, elementwise.

    Parameters
    ----------
    scalar : float, default=1.0
        Any finite number.

    Notes
    -----
    Input and output: (batch, ...), any shape.
    """
    def __init__(self, scalar=1.0):
        self._maps = maps()
        self.scalar = scalar
        super().__init__()

    @property
    def scalar(self):
        return self._a

    @scalar.setter
    def scalar(self, value):
        self._a = number(value, self, "scalar")
