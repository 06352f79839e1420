"""What the losses share that compare two halves of the prediction by a margin."""
from mlpack_ann._arrays cimport PyArray_TYPE, import_array, ndarray
from mlpack_ann._validation import number
from mlpack_ann._validation cimport Shape, as_operand
from mlpack_ann.loss_functions.point_loss cimport PointLoss

import_array()


cdef class StackedLoss(PointLoss):
    """A loss whose prediction stacks two equal halves along its second axis.

    The target has the shape of one half. The options of the class's functions are the margin.
    """
    def __init__(self, margin, reduction):
        self._options = &self._margin
        self.margin = margin
        super().__init__(reduction)

    @property
    def margin(self):
        return self._margin

    @margin.setter
    def margin(self, value):
        self._margin = number(value, self, "margin")

    cdef ndarray _target(self, object target, ndarray p, const Shape* shape):
        cdef Shape half
        StackedLoss._term_shape(self, shape, &half)
        return as_operand(target, &half, PyArray_TYPE(p), self, "target")

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        """Fill in the shape of one half: a term per element of the target."""
        cdef int i
        if shape.ndim < 2 or shape.dims[1] % 2:
            self._refuse_shape(shape, "(batch, 2 * n, ...)")
        terms.ndim = shape.ndim
        for i in range(shape.ndim):
            terms.dims[i] = shape.dims[i]
        terms.dims[1] //= 2
        return 0
