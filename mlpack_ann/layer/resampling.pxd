from numpy cimport ndarray

from mlpack_ann._resampling cimport Axis
from mlpack_ann._scratch cimport Scratch
from mlpack_ann.layer.image_layer cimport ImageLayer


cdef class Resampling(ImageLayer):
    cdef readonly object in_row_size, in_col_size, out_row_size, out_col_size, depth
    cdef readonly tuple scale_factors       # of height and width, or None
    cdef tuple _sizes                       # height, width, rows, columns that the tables are for
    cdef Axis _rows, _columns, _rows_back, _columns_back
    cdef Scratch _scratch

    cdef tuple _weights(self, Py_ssize_t sources, Py_ssize_t targets, int axis)
    cdef tuple _target(self, Py_ssize_t height, Py_ssize_t width)
    cdef int _lay_out(self, ndarray x, ndarray y) except -1
