"""Linear layer. Source: mlpack ann/layer/linear.hpp."""
from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._gemm cimport product, sum_of_rows
from mlpack_ann.layer.linear_no_bias cimport LinearNoBias

import_array()


cdef class Linear(LinearNoBias):
    """``output = input @ W + b``.

    Parameters
    ----------
    in_size : int, optional
        Features of a point; taken from the first input if omitted (give `out_size` by keyword).
    out_size : int
        Features of an output point.
    regularizer : object, optional
        Its ``Evaluate(parameters, gradient)`` is added to the gradient; see
        `mlpack_ann.regularizer`.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights and bias, drawn uniformly from ``+-1 / sqrt(in_size)``.

    Notes
    -----
    Input (batch, in_size), output (batch, out_size). `parameters` is W in C order, (in_size,
    out_size), which is mlpack's column-major out_size x in_size, then b (out_size).
    """
    def __init__(self, in_size=None, out_size=None, regularizer=None, *, dtype="float64", rng=None):
        super().__init__(in_size, out_size, regularizer, dtype=dtype, rng=rng)

    @property
    def bias(self):
        """(out_size,): b, a live view of the parameters; None before the size is known."""
        return None if self._parameters is None else self._bias[:]

    cdef object _size(self):
        return (<object>self._in_size + 1) * self.out_size

    cdef int _bind(self) except -1:
        LinearNoBias._bind(self)
        self._bias = self._parameters[self._in_size * self.out_size:
                                      (self._in_size + 1) * self.out_size]
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        return product(x, self._weight, self._bias, y, self._scratch)

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        sum_of_rows(error, gradient[self._in_size * self.out_size:])
        return LinearNoBias._gradient(self, x, error, gradient)
