"""Alpha dropout. Source: mlpack ann/layer/alpha_dropout.hpp."""
from libc.math cimport sqrt

from mlpack_ann._validation import number

from mlpack_ann.layer.masked cimport Masked, Task


cdef class AlphaDropout(Masked):
    """``output = a * (mask * input + (1 - mask) * alpha_dash) + b``, with a random mask of zeros
    and ones.

    With ``a = ((1 - ratio) * (1 + ratio * alpha_dash**2))**-0.5`` and ``b = -a * ratio *
    alpha_dash`` it keeps mean 0 and variance 1. In inference mode the output is the input.

    Parameters
    ----------
    ratio : float, default=0.5
        Probability that an element is dropped, from 0 to 1; at 1 the output is 0, the limit.
    alpha_dash : float, default=-1.7580993408473766
        What elements that are dropped become, before a and b; the default is the limit of SELU.
    rng : numpy.random.Generator, optional
        Where masks come from.

    Notes
    -----
    Input and output: (batch, ...), any shape. Each Forward in training mode draws a new mask of the
    input's shape, the same for float32 and float64, unless `mask` is assigned; `mask` tells which,
    and Backward, ``g = a * mask * gy``, uses that of the latest Forward.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter (2017), Self-normalizing neural networks.
    """
    cdef double _alpha_dash

    def __init__(self, ratio=0.5, alpha_dash=-1.7580993408473766, *, rng=None):
        self._built = False
        self._alpha_dash = number(alpha_dash, self, "alpha_dash")
        super().__init__(ratio, rng)

    @property
    def alpha_dash(self):
        """float: what elements that are dropped become, before a and b."""
        return self._alpha_dash

    @property
    def a(self):
        """float: what the result is multiplied by; 0 for a ratio of 1."""
        cdef double keep = 1 - self._ratio
        if keep == 0:
            return 0.0
        return 1 / sqrt(keep * (1 + self._ratio * self._alpha_dash * self._alpha_dash))

    @property
    def b(self):
        """float: what is then added."""
        return -self.a * self._ratio * self._alpha_dash

    cdef double _factor(self, Task* t):
        cdef double a = self.a
        t.shifted, t.kept = True, self.b
        t.dropped = t.kept + a * self._alpha_dash
        return a
