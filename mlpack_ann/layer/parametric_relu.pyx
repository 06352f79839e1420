"""Parametric rectified linear unit. Source: mlpack ann/layer/parametric_relu.hpp."""
from mlpack_ann._validation import number
from mlpack_ann.layer.leaky_relu import LeakyReLU

from mlpack_ann._arrays cimport ndarray
from mlpack_ann._sums cimport dot_negative
from mlpack_ann.layer.elementwise cimport Elementwise
from mlpack_ann.layer.trained_elementwise cimport TrainedElementwise


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
        gradient[0] = dot_negative(x, error)
        return 0
