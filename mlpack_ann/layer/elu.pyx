"""Exponential linear units. Source: mlpack ann/layer/elu.hpp."""
from cython cimport floating

from mlpack_ann._math cimport bounded_expm1_
from mlpack_ann._validation import number
from mlpack_ann.layer.elementwise cimport Elementwise


cdef inline floating f(floating x, floating scale, floating slope) noexcept nogil:
    return slope * x if x >= 0 else scale * bounded_expm1_(x)


cdef inline floating df(floating x, floating y, floating scale, floating slope) noexcept nogil:
    return slope if x > 0 else y + scale


include "_elementwise.pxi"


cdef class ELU(Elementwise):
    """``f(x) = lambda * (x if x > 0 else alpha * (exp(x) - 1))``, elementwise.

    Parameters
    ----------
    alpha : float, optional
        ``-alpha`` is the limit for large negative inputs, lambda is 1. Omitted (or None) for SELU:
        ``alpha = 1.6732632423543772``, ``lambda = 1.0507009873554805``, which keep mean 0 and
        variance 1 from layer to layer.

    Notes
    -----
    Input and output: (batch, ...), any shape. The derivative at 0 is ``lambda * alpha``.

    References
    ----------
    Clevert, Unterthiner and Hochreiter (2016), Fast and accurate deep network learning by
    exponential linear units. Klambauer et al. (2017), Self-normalizing neural networks.
    """
    cdef object _alpha

    def __init__(self, alpha=None):
        self._maps = maps()
        self.alpha = alpha
        super().__init__()

    @property
    def alpha(self):
        """float, or None for SELU."""
        return self._alpha

    @alpha.setter
    def alpha(self, value):
        self._alpha = None if value is None else number(value, self, "alpha")
        self._b = 1.0507009873554805 if value is None else 1
        self._a = self._b * (1.6732632423543772 if value is None else self._alpha)

    @property
    def lambda_(self):
        """float: slope for positive inputs."""
        return self._b


SELU = ELU
