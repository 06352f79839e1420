"""Base class of the activation functions: the public methods, written once."""
from mlpack_ann._signature import ConstructorSignature, arguments_of, representation, restore

from mlpack_ann._arrays cimport PyArray_TYPE, import_array, ndarray
from mlpack_ann._maps cimport run_deriv, run_forward
from mlpack_ann._validation cimport (ANY_FLOAT, Shape, as_input, as_operand, as_output, check_apart,
                                     read_shape)

import_array()


cdef class Activation:
    """An elementwise function and its derivative, for arrays of any shape.

    A class writes `fn` and `deriv` for one element, includes ``_activation.pxi`` and sets `_maps`.
    """
    __signature__ = ConstructorSignature()

    def Fn(self, x, y=None):
        """Compute the function.

        Parameters
        ----------
        x : array_like, float32 or float64, any shape
        y : ndarray of the shape of `x`, optional
            Filled and returned; a new array if omitted.

        Returns
        -------
        ndarray

        Raises
        ------
        TypeError
            For another dtype; integers and booleans become float64.
        ValueError
            If `y` has another shape, is read-only, strided or overlaps `x`.
        """
        cdef Shape shape
        cdef ndarray a = self._checked(x, "x", &shape)
        cdef ndarray out = as_output(y, &shape, PyArray_TYPE(a), self, "y")
        if y is not None:
            check_apart(out, a, x, self, "y", "x")
        self._fn(a, out)
        return out if y is None else y

    def Deriv(self, x, y=None, dy=None):
        """Compute the derivative.

        Parameters
        ----------
        x : array_like, float32 or float64, any shape
        y : array_like of the shape of `x`, optional
            ``Fn(x)``; computed if omitted.
        dy : ndarray of the shape of `x`, optional
            Filled and returned; a new array if omitted.

        Returns
        -------
        ndarray

        Raises
        ------
        TypeError, ValueError
            As Fn.
        """
        cdef Shape shape
        cdef ndarray a = self._checked(x, "x", &shape)
        cdef int typenum = PyArray_TYPE(a)
        cdef ndarray b = as_operand(self.Fn(a) if y is None else y, &shape, typenum, self, "y")
        cdef ndarray out = as_output(dy, &shape, typenum, self, "dy")
        if dy is not None:
            check_apart(out, a, x, self, "dy", "x")
            check_apart(out, b, y, self, "dy", "y")
        run_deriv(&self._maps, a, b, out, 0, 0)
        return out if dy is None else dy

    def __repr__(self):
        return representation(self)

    def __reduce__(self):
        return restore, (type(self), arguments_of(self), None)

    cdef int _fn(self, ndarray x, ndarray y) except -1:
        return run_forward(&self._maps, x, y, 0, 0)

    cdef ndarray _checked(self, object array, str name, Shape* shape):
        if self._maps.forward64 is NULL:
            raise TypeError(f"{type(self).__name__}: is a base class or was not initialised, "
                            "expected a function with a formula")
        cdef ndarray a = as_input(array, ANY_FLOAT, self, name)
        read_shape(a, shape)
        return a
