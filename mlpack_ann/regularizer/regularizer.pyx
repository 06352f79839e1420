"""Base class of the regularisers: the public method, written once."""
from mlpack_ann._signature import ConstructorSignature, arguments_of, representation, restore
from mlpack_ann._validation import number, shown

from mlpack_ann._arrays cimport PyArray_TYPE, import_array, ndarray
from mlpack_ann._validation cimport (ANY_FLOAT, Shape, as_input, as_target, check_apart,
                                     check_shape, read_shape)

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
        self._built = True

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
        if not self._built:
            raise RuntimeError(f"{type(self).__name__}: __init__ was not called, expected it to be")
        if gradient is None:
            raise TypeError(f"{type(self).__name__}: gradient is None, expected an array to add to")
        cdef ndarray w = as_input(weight, ANY_FLOAT, self, "weight")
        cdef ndarray out = as_target(gradient, PyArray_TYPE(w), self, "gradient")
        read_shape(w, &shape)
        if out.ndim == 1:
            shape.ndim, shape.dims[0] = 1, w.size
        check_shape(out, &shape, self, "gradient")
        check_apart(out, w, weight, self, "gradient", "weight")
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
        raise TypeError(f"{type(owner).__name__}: regularizer is {shown(regularizer)}, expected an "
                        "object with Evaluate(weight, gradient), or None")
    return regularizer
