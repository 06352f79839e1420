"""Flexible rectified linear unit. Source: mlpack ann/layer/flexible_relu.hpp."""
from mlpack_ann._validation import number

from mlpack_ann._arrays cimport floating, ndarray
from mlpack_ann._sums cimport sum_all
from mlpack_ann.layer.trained_elementwise cimport TrainedElementwise


cdef inline floating f(floating x, floating alpha, floating unused) noexcept nogil:
    return (0 if x < 0 else x) + alpha


cdef inline floating df(floating x, floating y, floating alpha, floating unused) noexcept nogil:
    return 1 if x > 0 else 0


include "_elementwise.pxi"


cdef class FlexibleReLU(TrainedElementwise):
    """``f(x) = max(x, 0) + alpha``, elementwise, with a trained alpha.

    Parameters
    ----------
    alpha : float, default=0.0
        Initial alpha.
    dtype : float32 or float64, default="float64"
        Of the weight, input and output.

    Notes
    -----
    Input and output: (batch, ...), any shape. `parameters` is (alpha,). The derivative at 0 is 0.
    mlpack divides the gradient of alpha by the batch size; here it is summed, as everywhere.

    References
    ----------
    Qiu, Xu and Cai (2018), FReLU: Flexible rectified linear units for improving convolutional
    neural networks.
    """
    def __init__(self, alpha=0.0, *, dtype="float64"):
        self._maps = maps()
        self._initial = number(alpha, self, "alpha")
        super().__init__(dtype)

    @property
    def alpha(self):
        """float: initial value of the weight; `parameters` has the present one."""
        return self._initial

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        gradient[0] = sum_all(error)
        return 0
