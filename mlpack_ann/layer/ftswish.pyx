"""Flatten-T swish. Source: mlpack ann/layer/ftswish.hpp and flatten_t_swish.hpp."""
from cython cimport floating

from mlpack_ann._math cimport decay_
from mlpack_ann._validation import number
from mlpack_ann.activation_functions._saturation cimport bounded_above
from mlpack_ann.layer.elementwise cimport Elementwise


cdef inline floating f(floating x, floating t, floating b) noexcept nogil:
    cdef floating a = 0 if x < 0 else x
    return t if x < 0 else a / (<floating>1 + decay_(a)) + t


# With e = exp(-x) and the logistic s(x) = r = 1 / (1 + e): s'(x) = e r^2.
cdef inline floating df(floating x, floating y, floating t, floating b) noexcept nogil:
    cdef floating a = bounded_above(0 if x < 0 else x)
    cdef floating e = decay_(a), r = <floating>1 / (<floating>1 + e)
    return 0 if x < 0 else r * (<floating>1 + a * e * r)


include "_elementwise.pxi"


cdef class FTSwish(Elementwise):
    """``f(x) = x * s(x) + t if x >= 0 else t``, elementwise, s the logistic function.

    Parameters
    ----------
    t : float, default=-0.2
        mlpack's T: the value for negative inputs.

    Notes
    -----
    Input and output: (batch, ...), any shape. The derivative at 0 is that from above, 1/2; mlpack
    4.8 gives NaN there. `FlattenTSwish` is another name of it.

    References
    ----------
    Chieng, Wahid, Ong and Perla (2018), Flatten-T Swish: a thresholded ReLU-Swish-like activation
    function for deep learning.
    """
    def __init__(self, t=-0.2):
        self._maps = maps()
        self.t = t
        super().__init__()

    @property
    def t(self):
        return self._a

    @t.setter
    def t(self, value):
        self._a = number(value, self, "t")


FlattenTSwish = FTSwish
