"""Earth mover distance. Source: mlpack ann/loss_functions/earth_mover_distance.hpp."""
from cython cimport floating

from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating term(floating p, floating t, floating unused, floating none) noexcept nogil:
    return -(p * t)


cdef inline floating slope(floating p, floating t, floating unused, floating none) noexcept nogil:
    return -t


include "_loss.pxi"


cdef class EarthMoverDistance(ElementwiseLoss):
    """Critic's score of the earth mover distance: per element ``-prediction * target``.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".

    Notes
    -----
    Prediction (the critic's output) and target (1 for real points, -1 for generated ones):
    (batch, ...), any shape, both the same. The derivative depends on the target only.

    References
    ----------
    Arjovsky, Chintala and Bottou (2017), Wasserstein GAN.
    """
    def __init__(self, reduction=True):
        self._maps = loss_maps()
        super().__init__(reduction)
