"""Parametric rectified linear unit. Source: mlpack ann/layer/parametric_relu.hpp."""
from mlpack_ann._validation import number
from mlpack_ann.layer.leaky_relu import LeakyReLU

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, flat, floating, import_array, ndarray
from mlpack_ann._reduce cimport dot_
from mlpack_ann.layer.elementwise cimport Elementwise
from mlpack_ann.layer.trained_elementwise cimport TrainedElementwise

import_array()

cdef enum:
    BLOCK = 1024


cdef double slope_gradient(const floating[::1] x, const floating[::1] error) noexcept nogil:
    """Return the sum of error * min(x, 0), by blocks because a plain sum would not vectorise."""
    cdef floating negative[BLOCK]
    cdef Py_ssize_t start = 0, i, n
    cdef double total = 0
    while start < x.shape[0]:
        n = min(x.shape[0] - start, <Py_ssize_t>BLOCK)
        for i in range(n):
            negative[i] = 0 if x[start + i] > 0 else x[start + i]
        total += dot_(&negative[0], &error[start], n)
        start += n
    return total


cdef class PReLU(TrainedElementwise):
    """``f(x) = x if x > 0 else alpha * x``, elementwise, with a trained alpha.

    Parameters
    ----------
    user_alpha : float, default=0.03
        Initial alpha.
    dtype : float32 or float64, default="float64"
        Of the weight, input and output.

    Notes
    -----
    Input and output: (batch, ...), any shape. `parameters` is (alpha,). The derivative at 0 is 1.
    mlpack divides the gradient of alpha by the batch size; here it is summed, as everywhere.

    References
    ----------
    He, Zhang, Ren and Sun (2015), Delving deep into rectifiers.
    """
    def __init__(self, user_alpha=0.03, *, dtype="float64"):
        self._maps = (<Elementwise>LeakyReLU())._maps
        self._initial = number(user_alpha, self, "user_alpha")
        super().__init__(dtype)

    @property
    def user_alpha(self):
        return self._initial

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        if PyArray_TYPE(x) == NPY_DOUBLE:
            gradient[0] = slope_gradient[double](flat(x), flat(error))
        else:
            gradient[0] = slope_gradient[float](flat(x), flat(error))
        return 0
