"""Poisson negative log-likelihood. Source: mlpack ann/loss_functions/poisson_nll_loss.hpp."""
import numpy as np

from cython cimport floating
from numpy cimport ndarray

from mlpack_ann._limits cimport times_
from mlpack_ann._math cimport exp_, isfinite_
from mlpack_ann._validation import flag, number
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss
from mlpack_ann.loss_functions.poisson_rates import PoissonOfRates
from mlpack_ann.loss_functions.stirling import Stirling


cdef inline floating shared(floating p, floating t, floating unused, floating none) noexcept nogil:
    """The rate."""
    return exp_(p)


cdef inline floating term(floating p, floating t, floating rate, floating unused,
                          floating none) noexcept nogil:
    cdef floating gain = times_(t, p)
    return rate - gain if isfinite_(rate) else rate     # an infinite rate outweighs any gain


cdef inline floating slope(floating p, floating t, floating rate, floating unused,
                           floating none) noexcept nogil:
    return rate - t


include "_loss_shared.pxi"


cdef class PoissonNLLLoss(ElementwiseLoss):
    """Negative log-likelihood of counts under Poisson distributions of the rates predicted.

    Per element, of the prediction ``x`` and the count ``t``: ``exp(x) - t * x`` if `log_input`,
    else ``x - t * log(x + eps)``; and, if `full`, Stirling's
    ``t * log(t) - t + 0.5 * log(2 * pi * t)`` for ``t > 1``.

    Parameters
    ----------
    log_input : bool, default=True
        Whether predictions are logarithms of rates, or rates.
    full : bool, default=False
        Whether to add the term that does not depend on the prediction.
    eps : float, default=1e-8
        Keeps the logarithm finite at a rate of 0; at least 0, not used if `log_input`.
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction and target (at least 0): (batch, ...), any shape, both the same. A negative rate
    gives NaN. mlpack refuses rates above 1.
    """
    cdef ElementwiseLoss _constant          # the term that does not depend on the prediction
    cdef bint _log_input, _full

    def __init__(self, log_input=True, full=False, eps=1e-8, reduction=True):
        self._constant = Stirling()
        self.log_input = log_input
        self.full = full
        self.eps = eps
        super().__init__(reduction)

    @property
    def log_input(self):
        return self._log_input

    @log_input.setter
    def log_input(self, value):
        self._log_input = flag(value, self, "log_input")
        self._maps = (loss_maps(weight=3) if self._log_input
                      else (<ElementwiseLoss>PoissonOfRates())._maps)

    @property
    def full(self):
        return self._full

    @full.setter
    def full(self, value):
        self._full = flag(value, self, "full")

    @property
    def eps(self):
        return self._a

    @eps.setter
    def eps(self, value):
        self._a = number(value, self, "eps", minimum=0)

    cdef double _compute(self, ndarray p, ndarray t, ndarray terms, ndarray g, double scale,
                         bint summed) except *:
        cdef double total = ElementwiseLoss._compute(self, p, t, terms, g, scale, summed)
        cdef ndarray constants
        if self._full and summed:
            total += self._constant._compute(p, t, None, None, 1, True)
        if self._full and terms is not None:
            constants = np.empty_like(terms)
            self._constant._compute(p, t, constants, None, 1, False)
            np.add(terms, constants, out=terms)
        return total
