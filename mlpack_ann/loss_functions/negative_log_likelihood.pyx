"""Negative log-likelihood. Source: mlpack ann/loss_functions/negative_log_likelihood.hpp."""
from cython cimport floating
from numpy cimport npy_intp

from mlpack_ann.loss_functions.label_loss cimport LabelLoss


cdef double total(const floating* p, const npy_intp* labels, Py_ssize_t points,
                  Py_ssize_t classes, double unused) noexcept nogil:
    cdef double total = 0
    cdef Py_ssize_t i
    for i in range(points):
        total -= p[i * classes + labels[i]]
    return total


cdef void terms(const floating* p, const npy_intp* labels, floating* terms, Py_ssize_t points,
                Py_ssize_t classes, double unused) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(points):
        terms[i] = -p[i * classes + labels[i]]


cdef class NegativeLogLikelihood(LabelLoss):
    """Minus the log-probability of the right class: per point ``-prediction[label]``.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the points), "none" (one value per point).

    Notes
    -----
    Prediction (log-probabilities): (batch, classes). Target: (batch,) or (batch, 1), the labels
    from 0 to classes - 1, integers or floats that are whole numbers; any other label is a
    ValueError. mid-2020's mlpack counts labels from 1.
    """
    def __init__(self, reduction=True):
        self._maps.total32, self._maps.total64 = total[float], total[double]
        self._maps.terms32, self._maps.terms64 = terms[float], terms[double]
        self._maps.weight = 5
        super().__init__(reduction)
