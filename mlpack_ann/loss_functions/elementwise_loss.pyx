"""What the losses with a term per element share: the hooks that run a class's loops."""
from libc.math cimport isfinite
from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_SIZE, PyArray_TYPE, import_array, ndarray

from mlpack_ann.loss_functions.loss cimport Loss

import_array()


cdef class ElementwiseLoss(Loss):
    """A loss of one formula per element, with up to two parameters `_a` and `_b`.

    A class sets `_maps` to the loops that ``_loss.pxi`` makes of its formula.
    """
    cdef bint _complete(self):
        return self._maps.total64 is not NULL

    cdef double _total(self, ndarray p, ndarray t) except *:
        cdef Py_ssize_t n = PyArray_SIZE(p)
        cdef double total
        if PyArray_TYPE(p) == NPY_DOUBLE:
            return self._maps.total64(<double*>PyArray_DATA(p), <double*>PyArray_DATA(t), n,
                                      self._a, self._b)
        total = self._maps.total32(<float*>PyArray_DATA(p), <float*>PyArray_DATA(t), n,
                                   <float>self._a, <float>self._b)
        if not isfinite(total):             # perhaps only because float32 was too narrow
            total = self._maps.wide_total(<float*>PyArray_DATA(p), <float*>PyArray_DATA(t), n,
                                          self._a, self._b)
        return total

    cdef int _terms(self, ndarray p, ndarray t, ndarray terms) except -1:
        if PyArray_TYPE(p) == NPY_DOUBLE:
            self._maps.terms64(<double*>PyArray_DATA(p), <double*>PyArray_DATA(t),
                               <double*>PyArray_DATA(terms), PyArray_SIZE(p), self._a, self._b)
        else:
            self._maps.terms32(<float*>PyArray_DATA(p), <float*>PyArray_DATA(t),
                               <float*>PyArray_DATA(terms), PyArray_SIZE(p), <float>self._a,
                               <float>self._b)
        return 0

    cdef int _slopes(self, ndarray p, ndarray t, ndarray g, double scale) except -1:
        if PyArray_TYPE(p) == NPY_DOUBLE:
            self._maps.slopes64(<double*>PyArray_DATA(p), <double*>PyArray_DATA(t),
                                <double*>PyArray_DATA(g), PyArray_SIZE(p), scale, self._a, self._b)
        else:
            self._maps.slopes32(<float*>PyArray_DATA(p), <float*>PyArray_DATA(t),
                                <float*>PyArray_DATA(g), PyArray_SIZE(p), <float>scale,
                                <float>self._a, <float>self._b)
        return 0
