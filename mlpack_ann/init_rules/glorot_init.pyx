"""Glorot's uniform and normal weights. Source: mlpack ann/init_rules/glorot_init.hpp."""
from libc.math cimport sqrt

from numpy cimport ndarray

from mlpack_ann._draws cimport draw_normal, draw_uniform
from mlpack_ann._validation import flag
from mlpack_ann.init_rules.init_rule cimport InitRule, Sizes


cdef class GlorotInitializationType(InitRule):
    """Of mean 0 and variance ``2 / (rows + cols)``.

    Uniform, between ``+-sqrt(6 / (rows + cols))``, or normal. Of a convolution each of the cols
    counts as often as its kernel has pixels, as each of its inputs does in rows.

    Parameters
    ----------
    uniform : bool, default=True
        mlpack's template parameter. :class:`XavierInitialization` is it with True,
        :class:`GlorotInitialization` with False.
    rng : numpy.random.Generator, optional
        Where the numbers come from; see `mlpack_ann.RandomSeed`.

    Notes
    -----
    Mid-2020's mlpack takes the variance of the normal one for its standard deviation.

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks.
    """
    cdef readonly bint uniform

    def __init__(self, uniform=True, *, rng=None):
        self.uniform = flag(uniform, self, "uniform")
        super().__init__(rng=rng)

    cdef int _fill(self, ndarray w, const Sizes* sizes, object generator) except -1:
        cdef double fans = sizes.rows + <double>sizes.cols * sizes.area
        cdef double limit = sqrt(6 / fans)
        if self.uniform:
            return draw_uniform(generator, w, -limit, limit)
        return draw_normal(generator, w, 0, sqrt(2 / fans))


cdef class XavierInitialization(GlorotInitializationType):
    """:class:`GlorotInitializationType` that is uniform, ``+-sqrt(6 / (rows + cols))``.

    Parameters
    ----------
    rng : numpy.random.Generator, optional
        Where the numbers come from; see `mlpack_ann.RandomSeed`.
    """
    def __init__(self, *, rng=None):
        super().__init__(True, rng=rng)


cdef class GlorotInitialization(GlorotInitializationType):
    """:class:`GlorotInitializationType` that is normal, of variance ``2 / (rows + cols)``.

    Parameters
    ----------
    rng : numpy.random.Generator, optional
        Where the numbers come from; see `mlpack_ann.RandomSeed`.
    """
    def __init__(self, *, rng=None):
        super().__init__(False, rng=rng)
