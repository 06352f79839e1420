"""Poisson negative log-likelihood. Source: mlpack ann/loss_functions/poisson_nll_loss.hpp."""
from cython cimport floating
from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_SIZE, PyArray_TYPE, import_array, ndarray

from mlpack_ann._limits cimport times_
from mlpack_ann._math cimport exp_, isfinite_, log_
from mlpack_ann._validation import flag, number
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss
from mlpack_ann.loss_functions.poisson_rates import PoissonOfRates

import_array()


cdef inline floating term(floating p, floating t, floating unused, floating none) noexcept nogil:
    cdef floating rate = exp_(p), gain = times_(t, p)
    return rate - gain if isfinite_(rate) else rate     # an infinite rate outweighs any gain


cdef inline floating slope(floating p, floating t, floating unused, floating none) noexcept nogil:
    return exp_(p) - t


include "_loss.pxi"


cdef inline double stirling(double t) noexcept nogil:
    """log(t!) for t > 1 by Stirling's formula, 0 for less."""
    cdef double value = (t + 0.5) * log_(t) - t + 0.9189385332046727    # log(2 pi) / 2
    return value if t > 1 else 0


cdef double stirling_total(const floating* t, Py_ssize_t n) noexcept nogil:
    cdef double[BLOCK] block
    cdef double total = 0
    cdef Py_ssize_t start = 0, i, size
    while start < n:
        size = min(<Py_ssize_t>BLOCK, n - start)
        for i in range(size):
            block[i] = stirling(t[start + i])
        total += sum_(&block[0], size)
        start += size
    return total


cdef void add_stirling(const floating* t, floating* terms, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        terms[i] += <floating>stirling(t[i])


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
    cdef bint _log_input, _full

    def __init__(self, log_input=True, full=False, eps=1e-8, reduction=True):
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
        self._maps = (loss_maps() if self._log_input
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

    cdef double _total(self, ndarray p, ndarray t) except *:
        cdef double total = ElementwiseLoss._total(self, p, t)
        if not self._full:
            return total
        if PyArray_TYPE(t) == NPY_DOUBLE:
            return total + stirling_total(<double*>PyArray_DATA(t), PyArray_SIZE(t))
        return total + stirling_total(<float*>PyArray_DATA(t), PyArray_SIZE(t))

    cdef int _terms(self, ndarray p, ndarray t, ndarray terms) except -1:
        ElementwiseLoss._terms(self, p, t, terms)
        if self._full and PyArray_TYPE(t) == NPY_DOUBLE:
            add_stirling(<double*>PyArray_DATA(t), <double*>PyArray_DATA(terms), PyArray_SIZE(t))
        elif self._full:
            add_stirling(<float*>PyArray_DATA(t), <float*>PyArray_DATA(terms), PyArray_SIZE(t))
        return 0
