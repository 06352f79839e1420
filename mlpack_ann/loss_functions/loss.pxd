from numpy cimport ndarray

from mlpack_ann._validation cimport Shape


cdef class Loss:
    cdef object _reduction
    cdef bint _built

    # Hooks of a loss: checked, C-contiguous arrays of one dtype.
    cdef ndarray _target(self, object target, ndarray p, const Shape* shape)
    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1
    cdef double _count(self, const Shape* shape) except *
    cdef double _total(self, ndarray p, ndarray t) except *
    cdef int _terms(self, ndarray p, ndarray t, ndarray terms) except -1
    cdef int _slopes(self, ndarray p, ndarray t, ndarray g, double scale) except -1

    cdef bint _complete(self)
    cdef ndarray _checked(self, object prediction, Shape* shape, Shape* terms)
    cdef double _scale(self, const Shape* shape) except *
    cdef int _not_written(self, str method) except -1
    cdef int _refuse_shape(self, const Shape* given, str expected) except -1
