"""Base class of the regularisers: the public method, written once."""
import numpy as np

from mlpack_ann._signature import ConstructorSignature, arguments_of, representation, restore
from mlpack_ann._validation import number

from mlpack_ann._arrays cimport PyArray_TYPE, import_array, ndarray
from mlpack_ann._validation cimport (ANY_FLOAT, Shape, as_input, as_output, check_apart, read_shape)

import_array()


cdef class Regularizer:
    """A penalty on weights, by its derivative.

    A class writes the hook `_add`, which gets checked, C-contiguous arrays of one dtype and shape.

    Parameters
    ----------
    factor : float
        What the penalty is multiplied by.
    """
    __signature__ = ConstructorSignature()

    def __init__(self, factor):
        self.factor = number(factor, self, "factor")

    def Evaluate(self, weight, gradient):
        """Add the penalty's derivative by the weight to `gradient`.

        Parameters
        ----------
        weight : array_like, float32 or float64
        gradient : ndarray of the dtype of `weight` and of its shape, or flat
            Changed in place.

        Returns
        -------
        ndarray
            `gradient`.

        Raises
        ------
        TypeError, ValueError
            For a wrong dtype or shape, or a `gradient` that is read-only, strided or overlaps the
            weight.
        """
        cdef Shape shape
        cdef ndarray w = as_input(weight, ANY_FLOAT, self, "weight")
        cdef ndarray out
        if gradient is None:
            raise TypeError(f"{type(self).__name__}: gradient is None, expected an array to add to")
        read_shape(w, &shape)
        if np.ndim(gradient) == 1:
            shape.ndim, shape.dims[0] = 1, w.size
        out = as_output(gradient, &shape, PyArray_TYPE(w), self, "gradient")
        check_apart(out, w, self, "gradient", "weight")
        self._add(w, (<object>out).reshape((<object>w).shape))
        return gradient

    def __repr__(self):
        return representation(self)

    def __reduce__(self):
        return restore, (type(self), arguments_of(self), None)

    cdef int _add(self, ndarray weight, ndarray gradient) except -1:
        raise NotImplementedError(f"{type(self).__name__}: Evaluate is left to the classes that "
                                  "inherit")


def regularizer_or_none(regularizer, owner):
    """Return `regularizer` if it is None or can regularise."""
    if regularizer is not None and not callable(getattr(regularizer, "Evaluate", None)):
        raise TypeError(f"{type(owner).__name__}: regularizer is {regularizer!r}, expected an "
                        "object with Evaluate(weight, gradient), or None")
    return regularizer
