"""Loss of blocks side by side. Source: mlpack ann/layer/concat_performance.hpp."""
from mlpack_ann._validation import integer, shown
from mlpack_ann.loss_functions import NegativeLogLikelihood

from mlpack_ann._arrays cimport PyArray_TYPE, import_array, ndarray
from mlpack_ann._merge cimport add_to, put, take
from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.layer.container cimport kept
from mlpack_ann.loss_functions.loss cimport Loss

import_array()


cdef class ConcatPerformance(Loss):
    """The sum of a loss over the blocks of every point, all with the same target.

    Parameters
    ----------
    in_size : int, default=1
        Blocks of a point.
    output_layer : Loss, optional
        Of a block; :class:`NegativeLogLikelihood` if omitted.
    reduction : bool or str, optional
        As of any loss, in place of the `output_layer`'s. "mean" is the sum over the blocks of
        their means, "none" the sum over the blocks of their terms.

    Notes
    -----
    Prediction: (batch, in_size * features), the blocks of a point one behind the other. Target: as
    `output_layer` takes it for a prediction (batch, features).
    """
    cdef readonly Py_ssize_t in_size
    cdef readonly Loss output_layer
    cdef ndarray _block, _each, _slopes     # kept: a block of the prediction, its terms and slopes

    def __init__(self, in_size=1, output_layer=None, reduction=None):
        self._built = False
        self.in_size = integer(in_size, self, "in_size")
        if output_layer is None:
            output_layer = NegativeLogLikelihood()
        if not isinstance(output_layer, Loss) or not (<Loss>output_layer)._built:
            raise TypeError(f"ConcatPerformance: output_layer is {shown(output_layer)}, expected a "
                            "loss")
        self.output_layer = output_layer
        super().__init__(output_layer.reduction if reduction is None else reduction)

    cdef bint _complete(self):
        return self.output_layer is not None

    cdef int _block_shape(self, const Shape* shape, Shape* block) except -1:
        if shape.ndim != 2 or shape.dims[1] % self.in_size:
            return self._refuse_shape(shape, f"(batch, {self.in_size} * features)")
        block[0] = shape[0]
        block.dims[1] //= self.in_size
        return 0

    cdef ndarray _block_of(self, ndarray p, Py_ssize_t number):
        """Return a block of all points."""
        cdef Shape shape, block
        shape.ndim, shape.dims[0], shape.dims[1] = 2, p.shape[0], p.shape[1]
        self._block_shape(&shape, &block)
        self._block = kept(self._block, &block, PyArray_TYPE(p))
        take(p, self._block, p.shape[0], number * block.dims[1])
        return self._block

    # ---------------------------------------------------------------- hooks of a loss

    cdef ndarray _target(self, object target, ndarray p, const Shape* shape):
        cdef Shape block
        self._block_shape(shape, &block)
        try:
            return self.output_layer._target(target, p, &block)     # p tells the dtype
        except (TypeError, ValueError) as error:
            text = str(error).partition(": ")[2]        # without the other's name
            raise type(error)(f"{type(self).__name__}: {text}") from None

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        cdef Shape block
        self._block_shape(shape, &block)
        return self.output_layer._term_shape(&block, terms)

    cdef double _count(self, const Shape* shape) except *:
        cdef Shape block
        self._block_shape(shape, &block)
        return self.output_layer._count(&block)

    cdef double _compute(self, ndarray p, ndarray t, ndarray terms, ndarray g, double scale,
                         bint summed) except *:
        cdef Shape block, shape
        cdef ndarray each = None, slopes = None
        cdef Py_ssize_t number
        cdef double total = 0
        block.ndim, block.dims[0], block.dims[1] = 2, p.shape[0], p.shape[1] // self.in_size
        if terms is not None:
            read_shape(terms, &shape)
            terms[...] = 0
        for number in range(self.in_size):
            if terms is not None:
                self._each = each = kept(self._each, &shape, PyArray_TYPE(p))
            if g is not None:
                self._slopes = slopes = kept(self._slopes, &block, PyArray_TYPE(p))
            total += self.output_layer._compute(self._block_of(p, number), t, each, slopes, scale,
                                                summed)
            if terms is not None:
                add_to(each, terms)
            if g is not None:
                put(slopes, g, p.shape[0], number * block.dims[1])
        return total
