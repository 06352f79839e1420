"""What the elementwise layers share: the hooks that run a class's loops."""
from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._maps cimport run_backward, run_forward
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class Elementwise(Layer):
    """A layer that maps every element by one formula, with up to two parameters `_a` and `_b`.

    A class sets `_maps` to the loops that ``_elementwise.pxi`` makes of its formula.
    """
    cdef bint _complete(self):
        return self._maps.forward64 is not NULL

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        return run_forward(&self._maps, x, y, self._a, self._b)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return run_backward(&self._maps, x, y, gy, g, self._a, self._b)
