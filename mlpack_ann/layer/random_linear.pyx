"""What the linear layers share whose weights are random in each Forward."""
import numpy as np

from mlpack_ann._arrays cimport PyArray_DIM, PyArray_TYPE, import_array, ndarray
from mlpack_ann._gemm cimport product, product_by_transposed, sum_of_rows, transposed_product
from mlpack_ann.layer.linear cimport Linear

import_array()


cdef class RandomLinear(Linear):
    """``output = input @ W + b``, with W and b made of the parameters and random numbers.

    A class writes `_vary`, which makes them, and `_chain`.
    """

    # ---------------------------------------------------------------- hooks of a random layer

    cdef bint _vary(self) except -1:
        """Write `_own_weights`, or return False to have the first parameters themselves used."""
        return False

    cdef int _chain(self, ndarray gradient) except -1:
        """Make the derivative by the parameters of that by W and b, which it begins with."""
        return 0

    # ---------------------------------------------------------------- tools for the hooks

    cdef ndarray _own_weights(self):
        """Return the memory of W and b, flat."""
        cdef Py_ssize_t weights = self._in_size * self.out_size, size = weights + self.out_size
        if (self._used is None or PyArray_DIM(self._used_weight, 0) != self._in_size
                or PyArray_DIM(self._used_weight, 1) != self.out_size
                or PyArray_TYPE(self._used) != self._typenum):
            self._used = np.empty(size, self.dtype)
            self._used_weight = self._used[:weights].reshape(self._in_size, self.out_size)
            self._used_bias = self._used[weights:]
        return self._used

    cdef int _require_weights(self, ndarray parameters) except -1:
        """Refuse others than these: drawing may run foreign code."""
        if self._parameters is not parameters:
            raise RuntimeError(f"{type(self).__name__}: __init__ was called while numbers were "
                               "drawn")
        return 0

    # ---------------------------------------------------------------- hooks of a layer

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        self._varied = self._vary()
        self._remember(x)
        if self._varied:
            return product(x, self._used_weight, self._used_bias, y, self._scratch)
        return product(x, self._weight, self._bias, y, self._scratch)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        self._require_forward(x)
        return product_by_transposed(gy, self._used_weight if self._varied else self._weight, g,
                                     self._scratch)

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        cdef Py_ssize_t weights = self._in_size * self.out_size
        self._require_forward(x)
        sum_of_rows(error, gradient[weights:weights + self.out_size])
        transposed_product(x, error, gradient[:weights].reshape(self._in_size, self.out_size),
                           self._scratch)
        return self._chain(gradient)
