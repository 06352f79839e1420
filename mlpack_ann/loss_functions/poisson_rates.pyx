"""Loops of the Poisson loss for predictions of rates; see ``poisson_nll_loss``."""
from cython cimport floating

from mlpack_ann._limits cimport ratio_, xlogy_
from mlpack_ann._math cimport isfinite_
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating term(floating p, floating t, floating eps, floating unused) noexcept nogil:
    cdef floating gain = xlogy_(t, p + eps)
    return p - gain if isfinite_(p) else p      # an infinite rate outweighs any gain


cdef inline floating slope(floating p, floating t, floating eps, floating unused) noexcept nogil:
    return 1 - ratio_(t, p + eps)


include "_loss.pxi"


cdef class PoissonOfRates(ElementwiseLoss):
    """Per element ``prediction - target * log(prediction + eps)``."""
    def __init__(self):
        self._maps = loss_maps(weight=3)
        super().__init__()
