"""Channel shuffle. Source: mlpack ann/layer/channel_shuffle.hpp."""
from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport PyArray_DIM, import_array, ndarray
from mlpack_ann._blocks cimport Blocks, add_loop, copy_blocks, no_blocks
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.image_layer cimport ImageLayer

import_array()


cdef class ChannelShuffle(ImageLayer):
    """Rearrange channels, so that each group of them gets some of every group before.

    ``output[:, i * group_count + g] = input[:, g * (depth // group_count) + i]``.

    Parameters
    ----------
    in_row_size, in_col_size : int
        Width and height of the images, in pixels: mlpack's rows are the axis that varies fastest.
    depth : int
        Channels.
    group_count : int
        Groups; `depth` is a multiple of it.

    Notes
    -----
    Input and output: (batch, depth, in_col_size, in_row_size), or flat points (batch, depth *
    in_col_size * in_row_size). mlpack's mixes the points of a batch.

    References
    ----------
    Zhang, Zhou, Lin and Sun (2018), ShuffleNet: an extremely efficient convolutional neural network
    for mobile devices.
    """
    cdef readonly Py_ssize_t in_row_size, in_col_size, depth, group_count

    def __init__(self, in_row_size, in_col_size, depth, group_count):
        self._built = False
        self.in_row_size = integer(in_row_size, self, "in_row_size")
        self.in_col_size = integer(in_col_size, self, "in_col_size")
        self.depth = integer(depth, self, "depth")
        self.group_count = integer(group_count, self, "group_count")
        if self.depth % self.group_count != 0:
            raise ValueError(f"{type(self).__name__}: depth is {self.depth}, expected a multiple "
                             f"of group_count, {self.group_count}")
        super().__init__()

    cdef bint _complete(self):
        return self.group_count > 0

    cdef tuple _flat_dimensions(self):
        return self.depth, self.in_col_size, self.in_row_size

    cdef int _image_shape(self, const Shape* inner, Shape* outer) except -1:
        if (inner.dims[1] != self.depth or inner.dims[2] != self.in_col_size
                or inner.dims[3] != self.in_row_size):
            return self._refuse_shape(inner, f"(batch, {self.depth}, {self.in_col_size}, "
                                             f"{self.in_row_size})")
        outer[0] = inner[0]
        return 0

    cdef int _forward_images(self, ndarray x, ndarray y) except -1:
        self._shuffle(x, y, self.group_count)
        return 0

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        self._shuffle(gy, g, self.depth // self.group_count)
        return 0

    cdef void _shuffle(self, ndarray x, ndarray y, Py_ssize_t groups) noexcept:
        """Transpose the channels, as a matrix of a row for each group."""
        cdef Blocks b = no_blocks()
        cdef Py_ssize_t pixels = self.in_col_size * self.in_row_size, size = self.depth // groups
        add_loop(&b, PyArray_DIM(x, 0), self.depth * pixels, self.depth * pixels)
        add_loop(&b, size, pixels, groups * pixels)
        add_loop(&b, groups, size * pixels, pixels)
        add_loop(&b, pixels, 1, 1)
        copy_blocks(&b, x, 0, y, 0)
