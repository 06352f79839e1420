"""Weights that keep sums in an active region for given data.

Source: mlpack ann/init_rules/kathirvalavakumar_subavathi_init.hpp.
"""
import numpy as np

from libc.math cimport sqrt

from mlpack_ann._arrays cimport PyArray_NDIM, import_array, ndarray
from mlpack_ann._draws cimport draw_uniform
from mlpack_ann._validation import number
from mlpack_ann._validation cimport ANY_FLOAT, as_input
from mlpack_ann.init_rules.init_rule cimport InitRule, Sizes

import_array()


cdef class KathirvalavakumarSubavathiInitialization(InitRule):
    """Uniform between ``+-theta``, the least of ``s * sqrt(3 / (rows * sum(x**2)))`` over points x.

    Parameters
    ----------
    data : array_like of shape (batch, features), float32 or float64
        The points to train with. Only the one with the largest sum of squares matters, which is
        what the attribute keeps.
    s : float
        Where the activation's active region ends: its inverse at the edge. Above 0.
    rng : numpy.random.Generator, optional
        Where the numbers come from; see `mlpack_ann.RandomSeed`.

    Notes
    -----
    For a network this rule is called once, with all weights.

    References
    ----------
    Kathirvalavakumar and Subavathi (2011), A new weight initialization method using Cauchy's
    inequality based on sensitivity analysis.
    """
    use_layer = False
    cdef readonly double s
    cdef ndarray _data                      # (1, features)
    cdef double _largest                    # sum of squares

    def __init__(self, data, s, *, rng=None):
        cdef ndarray points = as_input(data, ANY_FLOAT, self, "data")
        if PyArray_NDIM(points) != 2 or points.size == 0:
            raise ValueError(f"{type(self).__name__}: data has shape {(<object>points).shape}, "
                             "expected (batch, features)")
        sums = np.einsum("nf,nf->n", points, points, dtype=np.float64)
        at = sums.argmax()
        if not 0 < sums[at] < np.inf:
            raise ValueError(f"{type(self).__name__}: the largest sum of squares of data is "
                             f"{sums[at]}, expected a finite number above 0")
        self.s = number(s, self, "s", above=0)
        self._data, self._largest = points[at:at + 1].copy(), sums[at]
        super().__init__(rng=rng)

    @property
    def data(self):
        """(1, features): the point with the largest sum of squares, a copy."""
        return None if self._data is None else self._data.copy()

    cdef int _fill(self, ndarray w, const Sizes* sizes, object generator) except -1:
        cdef double theta = self.s * sqrt(3 / (sizes.rows * self._largest))
        return draw_uniform(generator, w, -theta, theta)
