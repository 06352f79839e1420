"""He's normal weights. Source: mlpack ann/init_rules/he_init.hpp."""
from libc.math cimport sqrt

from numpy cimport ndarray

from mlpack_ann._draws cimport draw_normal
from mlpack_ann.init_rules.init_rule cimport InitRule, Sizes


cdef class HeInitialization(InitRule):
    """Normal, of mean 0 and variance ``2 / rows``: for layers followed by ReLU.

    Parameters
    ----------
    rng : numpy.random.Generator, optional
        Where the numbers come from; see `mlpack_ann.RandomSeed`.

    References
    ----------
    He, Zhang, Ren and Sun (2015), Delving deep into rectifiers.
    """
    cdef int _fill(self, ndarray w, const Sizes* sizes, object generator) except -1:
        return draw_normal(generator, w, 0, sqrt(2.0 / sizes.rows))
