"""One point of a batch. Source: mlpack ann/layer/select.hpp."""
from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._blocks cimport Blocks, add_loop, copy_blocks, no_blocks, place_blocks
from mlpack_ann._points cimport point_size
from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class Select(Layer):
    """``output[0] = input[index]``, or the first `elements` of it.

    Parameters
    ----------
    index : int
        Which point, from 0.
    elements : int, default=0
        How many elements of it, in C order; 0 for all.

    Notes
    -----
    Input (batch, ...) with more points than `index`. Output (1, ...), of the shape of a point, or
    (1, elements); without a point for a batch without any. The derivative is 0 but for what was
    selected; mlpack's has the output's shape.
    """
    cdef readonly Py_ssize_t index, elements

    def __init__(self, index, elements=0):
        self._built = False
        self.index = integer(index, self, "index", 0)
        self.elements = integer(elements, self, "elements", 0)
        super().__init__()

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        if inner.ndim < 2 or (inner.dims[0] > 0 and inner.dims[0] <= self.index):
            return self._refuse_shape(inner, f"(batch, ...) with more than {self.index} points")
        if self.elements > point_size(inner):
            return self._refuse_shape(inner, f"(batch, ...) with at least {self.elements} elements "
                                             "in a point")
        outer[0] = inner[0]
        outer.dims[0] = min(inner.dims[0], <Py_ssize_t>1)
        if self.elements > 0:
            outer.ndim, outer.dims[1] = 2, self.elements
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Blocks b = no_blocks()
        add_loop(&b, y.size, 1, 1)
        copy_blocks(&b, x, self._start(x), y, 0)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Blocks b = no_blocks()
        add_loop(&b, gy.size, 1, 1)
        place_blocks(&b, gy, g, self._start(g))
        return 0

    cdef Py_ssize_t _start(self, ndarray x):
        """Elements before the point."""
        cdef Shape shape
        read_shape(x, &shape)
        return self.index * point_size(&shape)
