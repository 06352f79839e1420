"""What the layers share that map each point as a row of features."""
from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._rows cimport as_rows
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class RowLayer(Layer):
    """A layer of (batch, features, ...): all axes of a point are its features, in C order.

    A class sets `_maps` to its kernels.
    """
    cdef bint _complete(self):
        return self._maps.forward64 is not NULL

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        if inner.ndim < 2:
            return self._refuse_shape(inner, "(batch, features, ...)")
        outer[0] = inner[0]
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            self._maps.forward64(as_rows(x), as_rows(y))
        else:
            self._maps.forward32(as_rows(x), as_rows(y))
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            self._maps.backward64(as_rows(x), as_rows(y), as_rows(gy), as_rows(g))
        else:
            self._maps.backward32(as_rows(x), as_rows(y), as_rows(gy), as_rows(g))
        return 0
