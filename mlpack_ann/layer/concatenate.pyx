"""A constant appended to each point. Source: mlpack ann/layer/concatenate.hpp."""
import numpy as np

from mlpack_ann._validation import as_array

from mlpack_ann._arrays cimport (NPY_DOUBLE, PyArray_DIM, PyArray_TYPE, import_array, ndarray)
from mlpack_ann._blocks cimport Blocks, add_loop, copy_blocks, no_blocks
from mlpack_ann._points cimport point_size
from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class Concatenate(Layer):
    """``output[i] = concatenate([input[i].ravel(), concat])``.

    Parameters
    ----------
    concat : array_like, optional
        What is appended: (size,) or (1, size) to every point, (batch, size) a row to each. Omitted
        (or None): nothing.

    Notes
    -----
    Input (batch, ...), output (batch, elements of a point + size). `concat` may be assigned.
    """
    cdef ndarray _wide, _narrow             # what is appended, as float64 and float32

    def __init__(self, concat=None):
        self._built = False
        self.concat = concat
        super().__init__()

    @property
    def concat(self):
        """ndarray of float64, or None. A copy, and what is assigned is copied."""
        return None if self._wide is None else (<object>self._wide).copy()

    @concat.setter
    def concat(self, value):
        if value is None:
            self._wide = self._narrow = None
            return
        array = as_array(value, self, "concat")
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{type(self).__name__}: concat is {array.dtype}, expected numbers")
        if array.ndim not in (1, 2):
            raise ValueError(f"{type(self).__name__}: concat has shape {array.shape}, "
                             "expected (size,), (1, size) or (batch, size)")
        wide = np.array(array, np.float64, order="C")
        with np.errstate(over="ignore"):
            self._wide, self._narrow = wide, wide.astype(np.float32)

    cdef Py_ssize_t _size(self):
        return 0 if self._wide is None else PyArray_DIM(self._wide, (<object>self._wide).ndim - 1)

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        if inner.ndim < 2:
            return self._refuse_shape(inner, "(batch, ...)")
        if self._wide is not None and (<object>self._wide).ndim == 2:
            if PyArray_DIM(self._wide, 0) not in (1, inner.dims[0]):
                return self._refuse_shape(inner, f"(batch, ...) with {PyArray_DIM(self._wide, 0)} "
                                                 "points, as concat has")
        outer.ndim, outer.dims[0] = 2, inner.dims[0]
        outer.dims[1] = point_size(inner) + self._size()
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Blocks b = no_blocks()
        cdef Py_ssize_t points = PyArray_DIM(x, 0), total = PyArray_DIM(y, 1), size = self._size()
        cdef ndarray concat = self._wide if PyArray_TYPE(x) == NPY_DOUBLE else self._narrow
        add_loop(&b, points, total - size, total)
        add_loop(&b, total - size, 1, 1)
        copy_blocks(&b, x, 0, y, 0)
        if size > 0:
            b = no_blocks()
            add_loop(&b, points, 0 if concat.size == size else size, total)
            add_loop(&b, size, 1, 1)
            copy_blocks(&b, concat, 0, y, total - size)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Blocks b = no_blocks()
        cdef Py_ssize_t total = PyArray_DIM(gy, 1), size = self._size()
        add_loop(&b, PyArray_DIM(g, 0), total, total - size)
        add_loop(&b, total - size, 1, 1)
        copy_blocks(&b, gy, 0, g, 0)
        return 0
