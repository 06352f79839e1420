"""Normal weights. Source: mlpack ann/init_rules/gaussian_init.hpp."""
from libc.math cimport sqrt

from numpy cimport ndarray

from mlpack_ann._draws cimport draw_normal
from mlpack_ann._validation import number
from mlpack_ann.init_rules.init_rule cimport InitRule, Sizes


cdef class GaussianInitialization(InitRule):
    """Normal, of this mean and variance.

    Parameters
    ----------
    mean : float, default=0.0
    variance : float, default=1.0
        At least 0: the square of the standard deviation. Mid-2020's mlpack takes it for the
        standard deviation itself, mlpack 4 has that as its parameter, `stddev`.
    rng : numpy.random.Generator, optional
        Where the numbers come from; see `mlpack_ann.RandomSeed`.
    """
    cdef readonly double mean, variance

    def __init__(self, mean=0.0, variance=1.0, *, rng=None):
        self.mean = number(mean, self, "mean")
        self.variance = number(variance, self, "variance", minimum=0)
        super().__init__(rng=rng)

    cdef int _fill(self, ndarray w, const Sizes* sizes, object generator) except -1:
        return draw_normal(generator, w, self.mean, sqrt(self.variance))
