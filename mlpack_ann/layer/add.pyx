"""Bias alone. Source: mlpack ann/layer/add.hpp."""
from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._copies cimport add_row, copy_all
from mlpack_ann._points cimport point_size
from mlpack_ann._row_sums cimport sum_rows
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class Add(Layer):
    """``output = input + b``.

    Parameters
    ----------
    out_size : int, optional
        Elements of a point; taken from the first input if omitted.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.

    Notes
    -----
    Input and output: (batch, ...) with `out_size` elements in a point, such as (batch, out_size).
    `parameters` is b, at first 0. mlpack's Gradient of mid-2020 is not summed over the batch.
    """
    cdef Py_ssize_t _size                   # 0 until known

    def __init__(self, out_size=None, *, dtype="float64"):
        self._built, self._unsized = False, True
        self._size = 0 if out_size is None else integer(out_size, self, "out_size")
        super().__init__(dtype)
        if out_size is not None:
            self._allocate(self._size)

    @property
    def out_size(self):
        """int: elements of a point; None until the first input tells."""
        return self._size or None

    cdef int _infer(self, const Shape* inner) except -1:
        if inner.ndim < 2 or point_size(inner) == 0:
            return self._refuse_shape(inner, "(batch, ...) with elements in a point")
        return self._allocate(point_size(inner))

    cdef int _bind(self) except -1:
        self._size = self._parameters.shape[0]
        return 0

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        if inner.ndim < 2 or (point_size(inner) != self._size and not self._unsized):
            size = "any" if self._unsized else self._size
            return self._refuse_shape(inner, f"(batch, ...) with {size} elements in a point")
        return Layer._output_shape(self, inner, outer)

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        add_row(x, self._parameters, y)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        copy_all(gy, g)
        return 0

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        return sum_rows(error, gradient)
