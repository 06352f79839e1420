"""Base class of all losses: the public methods, written once."""
import numpy as np

from mlpack_ann._signature import ConstructorSignature, arguments_of, representation, restore
from mlpack_ann._validation import shown

from mlpack_ann._arrays cimport PyArray_TYPE, import_array, ndarray
from mlpack_ann._validation cimport (ANY_FLOAT, Shape, as_input, as_operand, as_output, as_tuple,
                                     check_apart, read_shape)

import_array()

REDUCTIONS = {True: "sum", False: "mean", "sum": "sum", "mean": "mean", "none": "none"}


cdef class Loss:
    """How far a prediction is from its target, and the derivative of that by the prediction.

    A loss is a sum of terms: one per element, or one per point of the batch. `reduction` says what
    Forward returns and what Backward is the derivative of:

    - True or "sum": the sum of the terms, mlpack's default;
    - False or "mean": the sum divided by the number of terms;
    - "none": the terms themselves; Backward is then the derivative of each by its own elements.

    A loss writes the hook `_compute`; one with a term per element includes ``_loss.pxi`` instead
    and inherits :class:`ElementwiseLoss`.

    Parameters
    ----------
    reduction : bool or str, default=True
    """
    __signature__ = ConstructorSignature()

    def __init__(self, reduction=True):
        self.reduction = reduction
        if not self._complete():
            raise TypeError(f"{type(self).__name__}: is a base class, or inherits from one whose "
                            "__init__ was not called")
        self._built = True

    def Forward(self, prediction, target):
        """Compute the loss.

        Parameters
        ----------
        prediction : array_like of shape (batch, ...), float32 or float64
        target : array_like of the same shape and dtype, unless the class says otherwise

        Returns
        -------
        float, or ndarray of the terms if `reduction` is "none"
            Totals are formed in double precision.

        Raises
        ------
        TypeError
            For another dtype; integers and booleans become float64.
        ValueError
            For a wrong shape or a target out of range.
        """
        cdef Shape shape, terms
        cdef ndarray p = self._checked(prediction, &shape, &terms)
        cdef ndarray t = self._target(target, p, &shape)
        return self._value(p, t, None, &terms, self._scale(&shape))

    def Backward(self, prediction, target, loss=None):
        """Compute the derivative of the loss by the prediction.

        Parameters
        ----------
        prediction, target : array_like
            As for Forward.
        loss : ndarray of the shape of `prediction`, optional
            Filled and returned; a new array if omitted.

        Returns
        -------
        ndarray

        Raises
        ------
        TypeError, ValueError
            As Forward; ValueError too if `loss` is read-only, strided or overlaps an argument.
        """
        cdef Shape shape, terms
        cdef ndarray p = self._checked(prediction, &shape, &terms)
        cdef ndarray t = self._target(target, p, &shape)
        cdef ndarray g = self._derivative(loss, prediction, target, p, t, &shape)
        self._compute(p, t, None, g, self._scale(&shape), False)
        return g if loss is None else loss

    def EvaluateWithGradient(self, prediction, target, loss=None):
        """Compute the loss and its derivative by the prediction, in one pass over the arrays.

        Parameters
        ----------
        prediction, target : array_like
            As for Forward.
        loss : ndarray of the shape of `prediction`, optional
            Filled with the derivative and returned; a new array if omitted.

        Returns
        -------
        value : float, or ndarray of the terms if `reduction` is "none"
            What Forward returns, to the last bit.
        derivative : ndarray
            What Backward returns, to the last bit.

        Raises
        ------
        TypeError, ValueError
            As Backward.
        """
        cdef Shape shape, terms
        cdef ndarray p = self._checked(prediction, &shape, &terms)
        cdef ndarray t = self._target(target, p, &shape)
        cdef ndarray g = self._derivative(loss, prediction, target, p, t, &shape)
        value = self._value(p, t, g, &terms, self._scale(&shape))
        return value, g if loss is None else loss

    @property
    def reduction(self):
        """bool or str: True or "sum", False or "mean", "none"."""
        return self._reduction

    @reduction.setter
    def reduction(self, value):
        if isinstance(value, np.bool_):
            value = bool(value)
        if not isinstance(value, (bool, str)):
            raise TypeError(f"{type(self).__name__}: reduction is {shown(value)}, "
                            "expected a bool or str")
        if value not in REDUCTIONS:
            raise ValueError(f"{type(self).__name__}: reduction is {shown(value)}, "
                             "expected True, False, 'sum', 'mean' or 'none'")
        self._reduction = value
        self._mean, self._none = REDUCTIONS[value] == "mean", REDUCTIONS[value] == "none"

    def __repr__(self):
        return representation(self)

    def __reduce__(self):
        return restore, (type(self), arguments_of(self), None)

    # ---------------------------------------------------------------- hooks, with their defaults

    cdef ndarray _target(self, object target, ndarray p, const Shape* shape):
        """Check the target. Default: of the prediction's shape and dtype."""
        return as_operand(target, shape, PyArray_TYPE(p), self, "target")

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        """Fill in the shape of the terms, or refuse the prediction's. Default: one per element."""
        cdef int i
        terms.ndim = shape.ndim
        for i in range(shape.ndim):
            terms.dims[i] = shape.dims[i]
        return 0

    cdef double _count(self, const Shape* shape) except *:
        """Return what "mean" divides by. Default: the number of terms."""
        cdef Shape terms
        cdef double count = 1
        cdef int i
        self._term_shape(shape, &terms)
        for i in range(terms.ndim):
            count *= terms.dims[i]
        return count

    cdef double _compute(self, ndarray p, ndarray t, ndarray terms, ndarray g, double scale,
                         bint summed) except *:
        """Do what is asked for, in one pass: return the sum of the terms if `summed`; write the
        terms unless None; write `scale` times the derivative of their sum by the prediction unless
        None.

        A value or derivative has the same bits whatever else is asked for.
        """
        raise NotImplementedError(f"{type(self).__name__}: Forward and Backward are left to the "
                                  "classes that inherit")

    cdef bint _complete(self):
        """Whether the class has set what its hooks cannot do without."""
        return True

    # ---------------------------------------------------------------- tools

    cdef ndarray _checked(self, object prediction, Shape* shape, Shape* terms):
        if not self._built:
            raise RuntimeError(f"{type(self).__name__}: __init__ was not called, expected it to be")
        cdef ndarray p = as_input(prediction, ANY_FLOAT, self, "prediction")
        read_shape(p, shape)
        if shape.ndim == 0:
            self._refuse_shape(shape, "(batch, ...)")
        self._term_shape(shape, terms)
        return p

    cdef ndarray _derivative(self, object loss, object prediction, object target, ndarray p,
                             ndarray t, Shape* shape):
        """Return the array for the derivative: the one given, once checked, or a new one."""
        cdef ndarray g = as_output(loss, shape, PyArray_TYPE(p), self, "loss")
        if loss is not None:
            check_apart(g, p, prediction, self, "loss", "prediction")
            check_apart(g, t, target, self, "loss", "target")
        return g

    cdef object _value(self, ndarray p, ndarray t, ndarray g, Shape* terms, double scale):
        """Return what Forward does, and write the derivative unless `g` is None."""
        cdef ndarray each
        if self._none:
            each = as_output(None, terms, PyArray_TYPE(p), self, "output")
            self._compute(p, t, each, g, scale, False)
            return each
        return scale * self._compute(p, t, None, g, scale, True)

    cdef double _scale(self, const Shape* shape) except *:
        if not self._mean:
            return 1
        return 1 / self._count(shape)       # of no terms: NaN, as the mean of nothing

    cdef int _refuse_shape(self, const Shape* given, str expected) except -1:
        raise ValueError(f"{type(self).__name__}: prediction has shape {as_tuple(given)}, "
                         f"expected {expected}")
