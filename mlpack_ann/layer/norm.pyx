"""What the normalising layers share: gamma and beta."""
from mlpack_ann._validation import integer, number

from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_NBYTES, PyArray_TYPE, import_array, ndarray

from mlpack_ann._norm cimport ANN_STREAM_BYTES, Norms
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class Norm(Layer):
    """``gamma * (x - mean) / sqrt(variance + eps) + beta``; `parameters` is gamma, then beta."""
    _own_start = True

    def __init__(self, size, eps, dtype):
        self._built, self._unsized = False, True
        self._size = 0 if size is None else integer(size, self, "size")
        self.eps = number(eps, self, "eps", minimum=0)
        super().__init__(dtype)
        if size is not None:
            self._allocate(2 * self._size)

    @property
    def gamma(self):
        """(size,): scales, a live view of the parameters; None before the size is known."""
        return None if self._gamma is None else self._gamma[:]

    @property
    def beta(self):
        """(size,): offsets, a live view of the parameters; None before the size is known."""
        return None if self._beta is None else self._beta[:]

    @property
    def size(self):
        """int: how many gammas and betas; None until the first input tells."""
        return self._size or None

    cdef int _bind(self) except -1:
        self._size = self._parameters.shape[0] // 2
        self._gamma, self._beta = self._parameters[:self._size], self._parameters[self._size:]
        return 0

    cdef int _initialise(self) except -1:
        self._gamma[:] = 1
        self._beta[:] = 0
        return 0

    cdef int _fill(self, Norms* t, ndarray x, ndarray gy, ndarray out) except -1:
        """Fill in what the kernels of a pass read of the arrays and the layer; `gy` may be None."""
        t.wide, t.streamed = PyArray_TYPE(x) == NPY_DOUBLE, PyArray_NBYTES(out) >= ANN_STREAM_BYTES
        t.channels, t.eps = self._size, self.eps
        t.x, t.out, t.gy = PyArray_DATA(x), PyArray_DATA(out), NULL
        t.gamma, t.beta = PyArray_DATA(self._gamma), PyArray_DATA(self._beta)
        if gy is not None:
            t.gy = PyArray_DATA(gy)
        return 0
