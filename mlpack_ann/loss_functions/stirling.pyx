"""Loops of the term that the Poisson loss adds to be complete; see ``poisson_nll_loss``."""
from cython cimport floating

from mlpack_ann._math cimport log_
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating term(floating p, floating t, floating unused, floating none) noexcept nogil:
    cdef floating half_log_2pi = 0.9189385332046727
    cdef floating value = (t + <floating>0.5) * log_(t) - t + half_log_2pi
    return value if t > 1 else 0


cdef inline floating slope(floating p, floating t, floating unused, floating none) noexcept nogil:
    return 0


include "_loss.pxi"


cdef class Stirling(ElementwiseLoss):
    """Per element log(target!) by Stirling's formula; 0 for targets up to 1."""
    def __init__(self):
        self._maps = loss_maps(weight=3)
        super().__init__()
