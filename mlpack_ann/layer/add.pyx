"""Bias alone. Source: mlpack ann/layer/add.hpp."""
from cython cimport floating

from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, flat, import_array, ndarray
from mlpack_ann._points cimport point_size
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef void forward(const floating[::1] x, const floating[::1] bias, floating[::1] y) noexcept nogil:
    cdef Py_ssize_t start = 0, j
    while start < x.shape[0]:
        for j in range(bias.shape[0]):
            y[start + j] = x[start + j] + bias[j]
        start += bias.shape[0]


cdef void gradient_of(const floating[::1] error, floating[::1] gradient) noexcept nogil:
    cdef Py_ssize_t start = 0, j
    for j in range(gradient.shape[0]):
        gradient[j] = 0
    while start < error.shape[0]:
        for j in range(gradient.shape[0]):
            gradient[j] += error[start + j]
        start += gradient.shape[0]


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
        if PyArray_TYPE(x) == NPY_DOUBLE:
            forward[double](flat(x), self._parameters, flat(y))
        else:
            forward[float](flat(x), self._parameters, flat(y))
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        g[...] = gy
        return 0

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        if PyArray_TYPE(error) == NPY_DOUBLE:
            gradient_of[double](flat(error), gradient)
        else:
            gradient_of[float](flat(error), gradient)
        return 0
