"""Base class of the activation functions that have an inverse."""
from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, flat, import_array, ndarray
from mlpack_ann._validation cimport Shape, as_output, check_apart
from mlpack_ann.activation_functions.activation cimport Activation

import_array()


cdef class InvertibleActivation(Activation):
    """An activation function with an inverse.

    A class writes `inv` for one element beside `fn` and `deriv`, includes ``_inverse.pxi`` instead
    of ``_activation.pxi``, and sets `_inverse` too.
    """
    def Inv(self, y, x=None):
        """Compute the inverse: the x for which ``Fn(x)`` is `y`.

        Parameters
        ----------
        y : array_like, float32 or float64, any shape
        x : ndarray of the shape of `y`, optional
            Filled and returned; a new array if omitted.

        Returns
        -------
        ndarray
            NaN where `y` is outside the range of the function.

        Raises
        ------
        TypeError, ValueError
            As Fn.
        """
        cdef Shape shape
        cdef ndarray a = self._checked(y, "y", &shape)
        cdef ndarray out = as_output(x, &shape, PyArray_TYPE(a), self, "x")
        if x is not None:
            check_apart(out, a, y, self, "x", "y")
        if PyArray_TYPE(a) == NPY_DOUBLE:
            self._inverse.inverse64(flat(a), flat(out))
        else:
            self._inverse.inverse32(flat(a), flat(out))
        return out if x is None else x
