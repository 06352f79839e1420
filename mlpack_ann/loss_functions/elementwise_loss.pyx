"""What the losses with a term per element share: the hook that runs a class's loops."""
from numpy cimport ndarray

from mlpack_ann._loss_maps cimport run
from mlpack_ann.loss_functions.loss cimport Loss


cdef class ElementwiseLoss(Loss):
    """A loss of one formula per element, with up to two parameters `_a` and `_b`.

    A class sets `_maps` to the loops that ``_loss.pxi`` makes of its formula.
    """
    cdef bint _complete(self):
        return self._maps.total64 is not NULL

    cdef double _compute(self, ndarray p, ndarray t, ndarray terms, ndarray g, double scale,
                         bint summed) except *:
        return run(&self._maps, p, t, terms, g, scale, summed, self._a, self._b)
