"""Variance-reduced classification reward. Source: mlpack ann/loss_functions/vr_class_reward.hpp."""
from cython cimport floating
from numpy cimport PyArray_DATA, npy_intp

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_DIM, PyArray_TYPE, import_array, ndarray
from mlpack_ann._validation import flag, number
from mlpack_ann.loss_functions.label_loss cimport LabelLoss

import_array()


cdef inline bint is_guess(const floating* p, npy_intp classes, npy_intp label) noexcept nogil:
    """Whether the label's element is the largest of the row, and the first of that size."""
    cdef npy_intp k
    for k in range(classes):
        if not (p[k] < p[label] if k < label else p[k] <= p[label]):
            return False
    return True


cdef inline double term(const floating* p, Py_ssize_t classes, npy_intp label,
                        double reward) noexcept nogil:
    return -<double>p[label] - (reward if is_guess(p, classes, label) else 0)


cdef double total(const floating* p, const npy_intp* labels, Py_ssize_t points,
                  Py_ssize_t classes, double reward) noexcept nogil:
    cdef double total = 0
    cdef Py_ssize_t i
    for i in range(points):
        total += term(p + i * classes, classes, labels[i], reward)
    return total


cdef void terms(const floating* p, const npy_intp* labels, floating* terms, Py_ssize_t points,
                Py_ssize_t classes, double reward) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(points):
        terms[i] = <floating>term(p + i * classes, classes, labels[i], reward)


cdef void rewards_of(const floating* p, const npy_intp* labels, double* rewards, Py_ssize_t points,
                     Py_ssize_t classes, double reward) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(points):
        rewards[i] = reward if is_guess(p + i * classes, classes, labels[i]) else 0


cdef class VRClassReward(LabelLoss):
    """Negative log-likelihood, less a reward for every point classified right.

    Per point ``-prediction[label] - reward`` with ``reward = scale`` if the label is where the
    prediction is largest, else 0; with `size_average` the rewards are divided by the points.

    Parameters
    ----------
    scale : float, default=1.0
        Reward for a right class.
    size_average : bool, default=True
        Whether the rewards of a batch are averaged or summed.
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the points), "none" (one value per point).

    Notes
    -----
    Prediction (log-probabilities): (batch, classes). Target: (batch,) or (batch, 1), the labels
    from 0 to classes - 1. Of equal predictions the first is the class chosen. The derivative is
    that of the log-likelihood: the reward is constant but for jumps. mlpack leaves out the last
    point, and rewards the last but one only.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention.
    """
    def __init__(self, scale=1.0, size_average=True, reduction=True):
        self._maps.total32, self._maps.total64 = total[float], total[double]
        self._maps.terms32, self._maps.terms64 = terms[float], terms[double]
        self._maps.weight = 20
        self.scale = scale
        self.size_average = size_average
        super().__init__(reduction)

    @property
    def scale(self):
        return self._scale_of_reward

    @scale.setter
    def scale(self, value):
        self._scale_of_reward = number(value, self, "scale")

    @property
    def size_average(self):
        return self._size_average

    @size_average.setter
    def size_average(self, value):
        self._size_average = flag(value, self, "size_average")

    cdef double _option(self, ndarray p) noexcept:
        """Return the reward of a point."""
        return self._scale_of_reward / (PyArray_DIM(p, 0) if self._size_average else 1)

    cdef int _reward(self, ndarray p, ndarray t, ndarray rewards) except -1:
        """Write `scale` for each point that is classified right, 0 for the others."""
        if PyArray_TYPE(p) == NPY_DOUBLE:
            rewards_of(<const double*>PyArray_DATA(p), <const npy_intp*>PyArray_DATA(t),
                       <double*>PyArray_DATA(rewards), PyArray_DIM(p, 0), PyArray_DIM(p, 1),
                       self._scale_of_reward)
        else:
            rewards_of(<const float*>PyArray_DATA(p), <const npy_intp*>PyArray_DATA(t),
                       <double*>PyArray_DATA(rewards), PyArray_DIM(p, 0), PyArray_DIM(p, 1),
                       self._scale_of_reward)
        return 0
