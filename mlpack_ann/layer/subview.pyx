"""A part of each point. Source: mlpack ann/layer/subview.hpp."""
from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._blocks cimport (Blocks, add_loop, add_pair, copy_blocks, no_blocks,
                                 place_blocks)
from mlpack_ann._points cimport point_size
from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class Subview(Layer):
    """The same rectangle out of every `in_size` rows of the batch, as one row.

    ``output[k] = input[k * in_size:(k + 1) * in_size][begin_col:end_col + 1,
    begin_row:end_row + 1].ravel()``: mlpack's columns are points, and its rows features.

    Parameters
    ----------
    in_size : int, default=1
        Points that make up one point of the output.
    begin_row, end_row : int, default=0
        First and last feature, from 0; an `end_row` below `begin_row`, or beyond the features,
        stands for the last.
    begin_col, end_col : int, default=0
        First and last of the `in_size` points, alike.

    Notes
    -----
    Input (batch, features), with a multiple of `in_size` for batch; all axes of a point count as
    its features. Output (batch / in_size, elements of the rectangle). The derivative is 0 outside
    of the rectangles; mlpack's has the output's shape.
    """
    cdef readonly Py_ssize_t in_size, begin_row, end_row, begin_col, end_col

    def __init__(self, in_size=1, begin_row=0, end_row=0, begin_col=0, end_col=0):
        self._built = False
        self.in_size = integer(in_size, self, "in_size")
        self.begin_row = integer(begin_row, self, "begin_row", 0)
        self.end_row = integer(end_row, self, "end_row", 0)
        self.begin_col = integer(begin_col, self, "begin_col", 0)
        self.end_col = integer(end_col, self, "end_col", 0)
        if self.begin_col >= self.in_size:
            raise ValueError(f"{type(self).__name__}: begin_col is {self.begin_col}, "
                             f"expected less than in_size, {self.in_size}")
        super().__init__()

    cdef bint _complete(self):
        return self.in_size > 0

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        if (inner.ndim < 2 or inner.dims[0] % self.in_size != 0
                or point_size(inner) <= self.begin_row):
            return self._refuse_shape(inner, f"(batch, ...) with a multiple of {self.in_size} for "
                                             f"batch, and more than {self.begin_row} features")
        outer.ndim, outer.dims[0] = 2, inner.dims[0] // self.in_size
        outer.dims[1] = (extent(self.begin_col, self.end_col, self.in_size)
                         * extent(self.begin_row, self.end_row, point_size(inner)))
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Shape shape
        cdef Blocks b
        read_shape(x, &shape)
        b = self._rectangles(&shape, False)
        copy_blocks(&b, x, self._corner(&shape), y, 0)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Shape shape
        cdef Blocks b
        read_shape(x, &shape)
        b = self._rectangles(&shape, True)
        place_blocks(&b, gy, g, self._corner(&shape))
        return 0

    cdef Py_ssize_t _corner(self, const Shape* batch) noexcept:
        return self.begin_col * point_size(batch) + self.begin_row

    cdef Blocks _rectangles(self, const Shape* batch, bint back) noexcept:
        """The loops over rectangles, points and features; `back` from the output to the input."""
        cdef Blocks b = no_blocks()
        cdef Py_ssize_t features = point_size(batch)
        cdef Py_ssize_t rows = extent(self.begin_row, self.end_row, features)
        cdef Py_ssize_t columns = extent(self.begin_col, self.end_col, self.in_size)
        add_pair(&b, batch.dims[0] // self.in_size, self.in_size * features, columns * rows, back)
        add_pair(&b, columns, features, rows, back)
        add_loop(&b, rows, 1, 1)
        return b


cdef inline Py_ssize_t extent(Py_ssize_t begin, Py_ssize_t end, Py_ssize_t size) noexcept:
    """How many there are from `begin` to `end`, or to the last."""
    return (end if begin <= end < size else size - 1) - begin + 1
