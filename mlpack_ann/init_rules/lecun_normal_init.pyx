"""LeCun's normal weights. Source: mlpack ann/init_rules/lecun_normal_init.hpp."""
from libc.math cimport sqrt

from numpy cimport ndarray

from mlpack_ann._draws cimport draw_normal
from mlpack_ann.init_rules.init_rule cimport InitRule, Sizes


cdef class LecunNormalInitialization(InitRule):
    """Normal, of mean 0 and variance ``1 / rows``: for layers followed by SELU.

    Parameters
    ----------
    rng : numpy.random.Generator, optional
        Where the numbers come from; see `mlpack_ann.RandomSeed`.

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), Efficient backprop. Klambauer, Unterthiner, Mayr and
    Hochreiter (2017), Self-normalizing neural networks.
    """
    cdef int _fill(self, ndarray w, const Sizes* sizes, object generator) except -1:
        return draw_normal(generator, w, 0, sqrt(1.0 / sizes.rows))
