"""What the elementwise layers share: the hooks that run a class's loops."""
from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, flat, import_array, ndarray
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class Elementwise(Layer):
    """A layer that maps every element by one formula, with up to two parameters `_a` and `_b`.

    A class sets `_maps` to the loops that ``_elementwise.pxi`` makes of its formula.
    """
    cdef bint _complete(self):
        return self._maps.forward64 is not NULL

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            self._maps.forward64(flat(x), flat(y), self._a, self._b)
        else:
            self._maps.forward32(flat(x), flat(y), <float>self._a, <float>self._b)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            self._maps.backward64(flat(x), flat(y), flat(gy), flat(g), self._a, self._b)
        else:
            self._maps.backward32(flat(x), flat(y), flat(gy), flat(g),
                                  <float>self._a, <float>self._b)
        return 0
