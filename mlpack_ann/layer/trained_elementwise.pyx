"""What the elementwise layers with a trained weight share."""
from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann.layer.elementwise cimport Elementwise

import_array()


cdef class TrainedElementwise(Elementwise):
    """An elementwise layer whose parameter `_a` is one trained weight, common to all elements.

    A class sets `_maps` and `_initial`, and writes `_gradient`.
    """
    _own_start = True

    def __init__(self, dtype):
        self._built, self._unsized = False, True
        super().__init__(dtype)
        self._allocate(1)

    cdef int _initialise(self) except -1:
        self._parameters[:] = self._initial
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        self._a = self._parameters[0]
        return Elementwise._forward(self, x, y)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        self._a = self._parameters[0]
        return Elementwise._backward(self, x, y, gy, g)
