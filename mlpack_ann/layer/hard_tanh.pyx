"""Hard hyperbolic tangent. Source: mlpack ann/layer/hard_tanh.hpp."""
from cython cimport floating

from mlpack_ann._validation import number
from mlpack_ann.layer.elementwise cimport Elementwise


cdef inline floating f(floating x, floating maximum, floating minimum) noexcept nogil:
    return maximum if x > maximum else minimum if x < minimum else x


cdef inline floating df(floating x, floating y, floating maximum, floating minimum) noexcept nogil:
    return 1 if (x < maximum) & (x > minimum) else 0


include "_elementwise.pxi"


cdef class HardTanH(Elementwise):
    """``f(x) = min(max(x, min_value), max_value)``, elementwise.

    Parameters
    ----------
    max_value : float, default=1.0
        Largest output.
    min_value : float, default=-1.0
        Smallest output; below `max_value`.

    Notes
    -----
    Input and output: (batch, ...), any shape. The derivative at both limits is 0.

    References
    ----------
    Collobert (2004), Large scale machine learning.
    """
    def __init__(self, max_value=1.0, min_value=-1.0):
        self._maps = maps()
        self._b = number(min_value, self, "min_value")
        self.max_value = max_value
        super().__init__()

    @property
    def max_value(self):
        return self._a

    @max_value.setter
    def max_value(self, value):
        self._a = number(value, self, "max_value", above=self._b)

    @property
    def min_value(self):
        return self._b

    @min_value.setter
    def min_value(self, value):
        self._b = number(value, self, "min_value", below=self._a)
