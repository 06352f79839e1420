"""Uniform weights. Source: mlpack ann/init_rules/random_init.hpp."""
import numpy as np

from numpy cimport ndarray

from mlpack_ann._draws cimport draw_uniform
from mlpack_ann._validation import number
from mlpack_ann.init_rules.init_rule cimport InitRule, Sizes


def bounds(lower, upper, owner):
    """Return the checked bounds of an interval."""
    low, high = number(lower, owner, "lower_bound"), number(upper, owner, "upper_bound")
    if not low <= high or not np.isfinite(high - low):
        raise ValueError(f"{type(owner).__name__}: upper_bound is {high}, expected at least "
                         f"lower_bound, {low}, and a finite difference")
    return low, high


cdef class RandomInitialization(InitRule):
    """Uniform between `lower_bound` and `upper_bound`.

    The mean is the middle, the variance ``(upper_bound - lower_bound)**2 / 12``.

    Parameters
    ----------
    lower_bound : float, default=-1.0
    upper_bound : float, default=1.0
        At least `lower_bound`.
    rng : numpy.random.Generator, optional
        Where the numbers come from; see `mlpack_ann.RandomSeed`.
    """
    cdef readonly double lower_bound, upper_bound

    def __init__(self, lower_bound=-1.0, upper_bound=1.0, *, rng=None):
        self.lower_bound, self.upper_bound = bounds(lower_bound, upper_bound, self)
        super().__init__(rng=rng)

    cdef int _fill(self, ndarray w, const Sizes* sizes, object generator) except -1:
        return draw_uniform(generator, w, self.lower_bound, self.upper_bound)
