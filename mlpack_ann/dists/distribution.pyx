"""Base class of the distributions: what they share."""
from mlpack_ann import _random
from mlpack_ann._signature import ConstructorSignature, arguments_of, representation, restore

from mlpack_ann._arrays cimport PyArray_NDIM, PyArray_TYPE, import_array, ndarray
from mlpack_ann._validation cimport ANY_FLOAT, Shape, as_input, as_operand, read_shape

import_array()


cdef class Distribution:
    """Independent distributions, one per element of the parameters.

    A class sets `_param` last, when every argument has been checked.

    Parameters
    ----------
    rng : numpy.random.Generator, optional
        Where samples come from; see `mlpack_ann.RandomSeed`.
    """
    __signature__ = ConstructorSignature()

    def __init__(self, rng=None):
        self.rng = rng

    @property
    def rng(self):
        """numpy.random.Generator, or None for the library's."""
        return self._rng

    @rng.setter
    def rng(self, value):
        self._rng = _random.check(value, self)

    def __repr__(self):
        return representation(self)

    def __reduce__(self):
        return restore, (type(self), arguments_of(self), None)

    def _check_built(self):
        if self._param is None:
            raise RuntimeError(f"{type(self).__name__}: __init__ was not called, expected it to be")

    cdef ndarray _taken(self, object param, str name):
        """Return a copy of a parameter."""
        cdef ndarray given = as_input(param, ANY_FLOAT, self, name)
        if PyArray_NDIM(given) == 0:
            raise ValueError(f"{type(self).__name__}: {name} has shape (), expected (batch, ...)")
        return given.copy()

    cdef ndarray _observed(self, object observation):
        """Return an observation of the parameters' shape and dtype."""
        cdef Shape shape
        self._check_built()
        read_shape(self._param, &shape)
        return as_operand(observation, &shape, PyArray_TYPE(self._param), self, "observation")
