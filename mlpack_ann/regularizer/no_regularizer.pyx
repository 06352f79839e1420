"""No regularisation. Source: mlpack ann/regularizer/no_regularizer.hpp."""
from numpy cimport ndarray

from mlpack_ann.regularizer.regularizer cimport Regularizer


cdef class NoRegularizer(Regularizer):
    """A penalty of 0: the gradient stays as it is."""

    def __init__(self):
        super().__init__(0)

    cdef int _add(self, ndarray weight, ndarray gradient) except -1:
        return 0
