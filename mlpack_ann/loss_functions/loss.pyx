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

    A loss writes the hooks `_total`, `_terms` and `_slopes`; one with a term per element includes
    ``_loss.pxi`` instead and inherits :class:`ElementwiseLoss`.

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
        cdef str reduction = REDUCTIONS[self._reduction]
        cdef ndarray each
        if reduction == "none":
            each = as_output(None, &terms, PyArray_TYPE(p), self, "output")
            self._terms(p, t, each)
            return each
        return self._scale(&shape) * self._total(p, t)

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
        cdef ndarray g = as_output(loss, &shape, PyArray_TYPE(p), self, "loss")
        if loss is not None:
            check_apart(g, p, prediction, self, "loss", "prediction")
            check_apart(g, t, target, self, "loss", "target")
        self._slopes(p, t, g, self._scale(&shape))
        return g if loss is None else loss

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

    cdef double _total(self, ndarray p, ndarray t) except *:
        """Return the sum of the terms."""
        return self._not_written("Forward")

    cdef int _terms(self, ndarray p, ndarray t, ndarray terms) except -1:
        """Write the terms."""
        return self._not_written("Forward")

    cdef int _slopes(self, ndarray p, ndarray t, ndarray g, double scale) except -1:
        """Write `scale` times the derivative of the sum of the terms by the prediction."""
        return self._not_written("Backward")

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

    cdef double _scale(self, const Shape* shape) except *:
        if REDUCTIONS[self._reduction] != "mean":
            return 1
        return 1 / self._count(shape)       # of no terms: NaN, as the mean of nothing

    cdef int _not_written(self, str method) except -1:
        raise NotImplementedError(f"{type(self).__name__}: {method} is left to the classes that "
                                  "inherit")

    cdef int _refuse_shape(self, const Shape* given, str expected) except -1:
        raise ValueError(f"{type(self).__name__}: prediction has shape {as_tuple(given)}, "
                         f"expected {expected}")
