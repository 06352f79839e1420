"""Layers side by side. Source: mlpack ann/layer/concat.hpp."""
import math

from numpy cimport PyArray_SIZE

from mlpack_ann._validation import dimensions, integer

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._merge cimport put, take
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.container cimport Place
from mlpack_ann.layer.merge cimport Merge

import_array()


cdef class Concat(Merge):
    """The outputs of layers, joined along an axis.

    Parameters
    ----------
    input_size : tuple of int, optional
        Shape of the points that flat outputs of the layers stand for: what they are is joined
        along `axis`. Only the axes before it count; those behind it may differ in the outputs.
    axis : int, default=0
        Axis of the output points; 0 is the first after the batch (features, or channels).
    model : bool, default=False
        Whether `Model()` gives the layers; their weights are among the `parameters` in any case.
    run : bool, default=True
        Must be True: mlpack's False merges outputs that layers keep from elsewhere.
    layers : iterable of Layer, optional
        The first layers; `Add` appends others.

    Notes
    -----
    Input: (batch, ...) as all layers take it; output: theirs, as long along `axis` as all together.
    With `input_dimensions` set, input and output are flat points. `parameters` is the weights of
    the layers, in their order. Backward must follow Forward of that input.

    mlpack counts axes from the fastest, so its axis 0 is here the last. Its other constructor,
    ``Concat(model, run)``, is recognised by its booleans.
    """
    cdef readonly tuple input_size
    cdef readonly Py_ssize_t axis
    cdef Py_ssize_t _rows                   # of the latest Forward, each a run per layer

    def __init__(self, input_size=None, axis=0, model=False, run=True, *, layers=()):
        self._built = False
        if isinstance(input_size, bool):
            model, input_size = input_size, None
            run, axis = (axis, 0) if isinstance(axis, bool) else (run, axis)
        self.input_size = dimensions(input_size, self, "input_size")
        self.axis = integer(axis, self, "axis", 0)
        if self.input_size is not None and self.axis >= len(self.input_size):
            raise ValueError(f"Concat: axis is {self.axis}, expected one of input_size "
                             f"{self.input_size}")
        super().__init__(model, run, layers)

    cdef int _merged_shape(self, list shapes, const Shape* inner, Shape* outer) except -1:
        cdef Py_ssize_t place = 1 + self.axis
        first = shapes[0]
        flat = self.input_size is not None and all(len(shape) == 2 for shape in shapes)
        rows = math.prod(self.input_size[:self.axis]) if flat else 1
        if flat:
            place = 1
        if (any(len(shape) <= place or len(shape) != len(first)
                or shape[:place] != first[:place] or shape[place + 1:] != first[place + 1:]
                for shape in shapes) or any(shape[1] % rows for shape in shapes)):
            raise ValueError(f"{type(self).__name__}: layers give outputs of the shapes {shapes}, "
                             f"expected shapes that differ in axis {self.axis} only")
        outer.dims[place] = sum(shape[place] for shape in shapes)
        self._rows = math.prod(first[:place]) * rows
        return 0

    cdef int _merge(self, tuple places, ndarray y) except -1:
        cdef Py_ssize_t start = 0
        cdef Place place
        for place in places:
            put(place.output, y, self._rows, start)
            start += PyArray_SIZE(place.output) // max(self._rows, 1)
        return 0

    cdef int _split(self, tuple places, ndarray gy) except -1:
        cdef Py_ssize_t start = 0
        cdef Place place
        for place in places:
            take(gy, place.error_like_output(), self._rows, start)
            start += PyArray_SIZE(place.output) // max(self._rows, 1)
        return 0
