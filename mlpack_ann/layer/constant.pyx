"""A constant in place of the input. Source: mlpack ann/layer/constant.hpp."""
from mlpack_ann._validation import integer, number

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._copies cimport fill_all
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class Constant(Layer):
    """``output = scalar`` for every element, whatever the input.

    Parameters
    ----------
    out_size : int
        Elements of a point of the output.
    scalar : float, default=0.0
        Any finite number.

    Notes
    -----
    Input (batch, ...), of any shape; output (batch, out_size). The derivative is 0, of the input's
    shape; mlpack's output is one point whatever the batch, and its derivative one column.
    """
    cdef readonly Py_ssize_t out_size
    cdef double _scalar

    def __init__(self, out_size, scalar=0.0):
        self._built = False
        self.out_size = integer(out_size, self, "out_size")
        self.scalar = scalar
        super().__init__()

    cdef bint _complete(self):
        return self.out_size > 0

    @property
    def scalar(self):
        return self._scalar

    @scalar.setter
    def scalar(self, value):
        self._scalar = number(value, self, "scalar")

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        outer.ndim = 2
        outer.dims[0], outer.dims[1] = inner.dims[0], self.out_size
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        fill_all(y, self._scalar)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        fill_all(g, 0)
        return 0
