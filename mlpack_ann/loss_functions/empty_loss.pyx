"""Empty loss. Source: mlpack ann/loss_functions/empty_loss.hpp."""
from mlpack_ann._arrays cimport ndarray
from mlpack_ann.loss_functions.loss cimport Loss


cdef class EmptyLoss(Loss):
    """Stands where a loss is computed outside: the target is the derivative to propagate.

    Forward is 0 and Backward returns the target, whatever the prediction and `reduction`.

    Parameters
    ----------
    reduction : bool or str, default=True
        Of the zeros; Backward is not scaled.

    Notes
    -----
    Prediction and target (derivative of the outside objective by the prediction): (batch, ...), any
    shape, both the same. This is the one loss whose Backward is not the derivative of its Forward.
    """
    def __init__(self, reduction=True):
        super().__init__(reduction)

    cdef double _compute(self, ndarray p, ndarray t, ndarray terms, ndarray g, double scale,
                         bint summed) except *:
        if terms is not None:
            terms[...] = 0
        if g is not None:
            g[...] = t
        return 0
