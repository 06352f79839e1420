"""What the layers that give images another size share."""
import math

from numpy cimport PyArray_SIZE

from mlpack_ann._validation import integer, number, shown

from mlpack_ann._arrays cimport PyArray_DIM, import_array, ndarray
from mlpack_ann._resampling cimport Axis, resample
from mlpack_ann._scratch cimport Scratch
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.image_layer cimport ImageLayer

import_array()


cdef class Resampling(ImageLayer):
    """Images of another size, whose pixels are weighted sums of the input's along each axis.

    A class writes `_weights`. Sizes are mlpack's: its rows are the axis that varies fastest, so
    that `in_row_size` is a width, `in_col_size` a height.
    """
    def __cinit__(self):
        self._scratch = Scratch()

    def __init__(self, in_row_size, in_col_size, out_row_size, out_col_size, depth,
                 scale_factors=None):
        self._built = False
        self.in_row_size = size_or_none(in_row_size, self, "in_row_size")
        self.in_col_size = size_or_none(in_col_size, self, "in_col_size")
        self.depth = size_or_none(depth, self, "depth")
        self.scale_factors = pair_of_factors(scale_factors, self)
        if self.scale_factors is None:
            out_row_size = integer(out_row_size, self, "out_row_size")
            out_col_size = integer(out_col_size, self, "out_col_size")
        elif out_row_size is not None or out_col_size is not None:
            raise ValueError(f"{type(self).__name__}: scale_factors is {shown(scale_factors)}, "
                             "expected None where the size of the output is given")
        self.out_row_size, self.out_col_size = out_row_size, out_col_size
        self._sizes = None
        ImageLayer.__init__(self)

    cdef bint _complete(self):
        return self.out_row_size is not None or self.scale_factors is not None

    cdef tuple _weights(self, Py_ssize_t sources, Py_ssize_t targets, int axis):
        """Return the sources (targets, n) of each target along an axis, 0 the height and 1 the
        width, and their weights."""
        raise NotImplementedError(f"{type(self).__name__}: _weights is left to the classes that "
                                  "inherit")

    cdef tuple _flat_dimensions(self):
        if self._input_dimensions is None and None not in (self.depth, self.in_col_size,
                                                           self.in_row_size):
            return self.depth, self.in_col_size, self.in_row_size
        return self._input_dimensions

    cdef tuple _target(self, Py_ssize_t height, Py_ssize_t width):
        """Return the height and width of the output."""
        if self.scale_factors is None:
            return self.out_col_size, self.out_row_size
        return tuple([math.floor(size * factor + 0.5) if size * factor < 2**31 else 2**31
                      for size, factor in zip((height, width), self.scale_factors)])

    cdef int _image_shape(self, const Shape* inner, Shape* outer) except -1:
        expected = self.depth, self.in_col_size, self.in_row_size
        for i, size in enumerate(expected):
            if size is not None and size != inner.dims[1 + i]:
                names = ("channels", "height", "width")
                sizes = ", ".join(str(size or name) for size, name in zip(expected, names))
                return self._refuse_shape(inner, f"(batch, {sizes})")
        if not (0 < inner.dims[2] < 2**31 and 0 < inner.dims[3] < 2**31):
            return self._refuse_shape(inner, "images of one pixel or more, and less than 2**31 "
                                             "along an axis")
        rows, columns = self._target(inner.dims[2], inner.dims[3])
        if not (0 < rows < 2**31 and 0 < columns < 2**31):
            return self._refuse_shape(inner, "images that give an output of one pixel or more, and "
                                             "less than 2**31 along an axis")
        outer[0] = inner[0]
        outer.dims[2], outer.dims[3] = rows, columns
        return 0

    cdef int _lay_out(self, ndarray x, ndarray y) except -1:
        """Make the tables for these sizes of input and output."""
        sizes = PyArray_DIM(x, 2), PyArray_DIM(x, 3), PyArray_DIM(y, 2), PyArray_DIM(y, 3)
        if sizes == self._sizes:
            return 0
        height, width, rows, columns = sizes
        self._rows = Axis(*self._weights(height, rows, 0), height)
        self._columns = Axis(*self._weights(width, columns, 1), width)
        self._rows_back, self._columns_back = self._rows.transposed(), self._columns.transposed()
        self._sizes = sizes
        return 0

    cdef int _forward_images(self, ndarray x, ndarray y) except -1:
        if PyArray_SIZE(x) == 0:            # tables could be large even so
            return 0
        self._lay_out(x, y)
        return resample(x, y, self._rows, self._columns, self._scratch)

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        if PyArray_SIZE(x) == 0:
            return 0
        self._lay_out(x, y)
        return resample(gy, g, self._rows_back, self._columns_back, self._scratch)


def pair_of_factors(value, owner):
    """Return two positive numbers, or None."""
    if value is None:
        return None
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"{type(owner).__name__}: scale_factors is {shown(value)}, expected a pair "
                        "of numbers")
    return tuple([number(factor, owner, "scale_factors", above=0) for factor in value])


def size_or_none(value, owner, name):
    return None if value is None else integer(value, owner, name)
