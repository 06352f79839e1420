"""Negative log-likelihood. Source: mlpack ann/loss_functions/negative_log_likelihood.hpp."""
from cython cimport floating
from numpy cimport npy_intp

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann.loss_functions.label_loss cimport LabelLoss

import_array()


cdef double total_map(const floating[:, ::1] p, const npy_intp[::1] labels) noexcept nogil:
    cdef double total = 0
    cdef Py_ssize_t i
    for i in range(p.shape[0]):
        total -= p[i, labels[i]]
    return total


cdef void term_map(const floating[:, ::1] p, const npy_intp[::1] labels,
                   floating[::1] terms) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(p.shape[0]):
        terms[i] = -p[i, labels[i]]


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
        super().__init__(reduction)

    cdef double _total(self, ndarray p, ndarray t) except *:
        if PyArray_TYPE(p) == NPY_DOUBLE:
            return total_map[double](p, t)
        return total_map[float](p, t)

    cdef int _terms(self, ndarray p, ndarray t, ndarray terms) except -1:
        if PyArray_TYPE(p) == NPY_DOUBLE:
            term_map[double](p, t, terms)
        else:
            term_map[float](p, t, terms)
        return 0
