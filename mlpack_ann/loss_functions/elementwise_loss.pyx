"""What the losses with a term per element share: the hooks that run a class's loops."""
from libc.math cimport isfinite

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, flat, import_array, ndarray
from mlpack_ann.loss_functions.loss cimport Loss

import_array()


cdef class ElementwiseLoss(Loss):
    """A loss of one formula per element, with up to two parameters `_a` and `_b`.

    A class sets `_maps` to the loops that ``_loss.pxi`` makes of its formula.
    """
    def __init__(self, reduction=True):
        if self._maps.total64 is NULL:
            raise TypeError(f"{type(self).__name__}: is a base class, expected one with a formula")
        super().__init__(reduction)

    cdef double _total(self, ndarray p, ndarray t) except *:
        cdef double total
        if PyArray_TYPE(p) == NPY_DOUBLE:
            return self._maps.total64(flat(p), flat(t), self._a, self._b)
        total = self._maps.total32(flat(p), flat(t), <float>self._a, <float>self._b)
        if not isfinite(total):             # perhaps only because float32 was too narrow
            total = self._maps.wide_total(flat(p), flat(t), self._a, self._b)
        return total

    cdef int _terms(self, ndarray p, ndarray t, ndarray terms) except -1:
        if PyArray_TYPE(p) == NPY_DOUBLE:
            self._maps.terms64(flat(p), flat(t), flat(terms), self._a, self._b)
        else:
            self._maps.terms32(flat(p), flat(t), flat(terms), <float>self._a, <float>self._b)
        return 0

    cdef int _slopes(self, ndarray p, ndarray t, ndarray g, double scale) except -1:
        if PyArray_TYPE(p) == NPY_DOUBLE:
            self._maps.slopes64(flat(p), flat(t), flat(g), scale, self._a, self._b)
        else:
            self._maps.slopes32(flat(p), flat(t), flat(g), <float>scale,
                                <float>self._a, <float>self._b)
        return 0
