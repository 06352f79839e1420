"""Multiplication by a constant, under mlpack 4's name. Source: mlpack ann/layer/scale.hpp."""
from mlpack_ann._validation import number
from mlpack_ann.layer.multiply_constant cimport MultiplyConstant


cdef class Scale(MultiplyConstant):
    """``f(x) = scale_factor * x``, elementwise: :class:`MultiplyConstant` by mlpack 4's name.

    Parameters
    ----------
    scale_factor : float, default=1.0
        Any finite number.

    Notes
    -----
    Input and output: (batch, ...), any shape.
    """
    def __init__(self, scale_factor=1.0):
        super().__init__()
        self.scale_factor = scale_factor

    @property
    def scale_factor(self):
        return self._a

    @scale_factor.setter
    def scale_factor(self, value):
        self._a = number(value, self, "scale_factor")
