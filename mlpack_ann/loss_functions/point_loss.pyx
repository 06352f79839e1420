"""What the losses with a term per point share: the hooks that go from point to point."""
from cython cimport floating
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_SIZE, PyArray_TYPE, import_array, ndarray)

from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.loss_functions.loss cimport Loss

import_array()


cdef inline double term_of(const PointMaps* maps, const floating* p, const floating* t,
                           Py_ssize_t size, const double* options) noexcept nogil:
    if floating is double:
        return maps.term64(p, t, size, options)
    else:
        return maps.term32(p, t, size, options)


cdef double total_of(const PointMaps* maps, const floating* p, const floating* t, Points n,
                     const double* options) noexcept nogil:
    cdef double total = 0
    cdef Py_ssize_t i
    for i in range(n.count):
        total += term_of(maps, p + i * n.size, t + i * n.target, n.size, options)
    return total


cdef void write_terms(const PointMaps* maps, const floating* p, const floating* t, floating* terms,
                      Points n, const double* options) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n.count):
        terms[i] = <floating>term_of(maps, p + i * n.size, t + i * n.target, n.size, options)


cdef void write_slopes(const PointMaps* maps, const floating* p, const floating* t, floating* g,
                       Points n, double scale, const double* options) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n.count):
        if floating is double:
            maps.slope64(p + i * n.size, t + i * n.target, g + i * n.size, n.size, scale, options)
        else:
            maps.slope32(p + i * n.size, t + i * n.target, g + i * n.size, n.size, scale, options)


cdef class PointLoss(Loss):
    """A loss of one formula per point.

    A class sets `_maps` to its functions of one point, and `_options` to the numbers they need.
    """
    cdef bint _complete(self):
        return self._maps.term64 is not NULL

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        terms.ndim = 1
        terms.dims[0] = shape.dims[0]
        return 0

    cdef double _total(self, ndarray p, ndarray t) except *:
        cdef Points n = self._points(p, t)
        if PyArray_TYPE(p) == NPY_DOUBLE:
            return total_of(&self._maps, <double*>PyArray_DATA(p), <double*>PyArray_DATA(t), n,
                            self._options)
        return total_of(&self._maps, <float*>PyArray_DATA(p), <float*>PyArray_DATA(t), n,
                        self._options)

    cdef int _terms(self, ndarray p, ndarray t, ndarray terms) except -1:
        cdef Points n = self._points(p, t)
        if PyArray_TYPE(p) == NPY_DOUBLE:
            write_terms(&self._maps, <double*>PyArray_DATA(p), <double*>PyArray_DATA(t),
                        <double*>PyArray_DATA(terms), n, self._options)
        else:
            write_terms(&self._maps, <float*>PyArray_DATA(p), <float*>PyArray_DATA(t),
                        <float*>PyArray_DATA(terms), n, self._options)
        return 0

    cdef int _slopes(self, ndarray p, ndarray t, ndarray g, double scale) except -1:
        cdef Points n = self._points(p, t)
        if PyArray_TYPE(p) == NPY_DOUBLE:
            write_slopes(&self._maps, <double*>PyArray_DATA(p), <double*>PyArray_DATA(t),
                         <double*>PyArray_DATA(g), n, scale, self._options)
        else:
            write_slopes(&self._maps, <float*>PyArray_DATA(p), <float*>PyArray_DATA(t),
                         <float*>PyArray_DATA(g), n, scale, self._options)
        return 0

    cdef Points _points(self, ndarray p, ndarray t) except *:
        cdef Shape shape, terms
        cdef Points n = Points(0, 0, 0)
        read_shape(p, &shape)
        self._term_shape(&shape, &terms)
        n.count = terms.dims[0]
        if n.count > 0:
            n.size = PyArray_SIZE(p) // n.count
            n.target = PyArray_SIZE(t) // n.count
        return n
