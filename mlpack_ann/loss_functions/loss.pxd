from numpy cimport ndarray

from mlpack_ann._validation cimport Shape


cdef class Loss:
    cdef object _reduction
    cdef bint _built, _mean, _none      # the last two: what `_reduction` says

    # Hooks of a loss: checked, C-contiguous arrays of one dtype.
    cdef ndarray _target(self, object target, ndarray p, const Shape* shape)
    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1
    cdef double _count(self, const Shape* shape) except *
    cdef double _compute(self, ndarray p, ndarray t, ndarray terms, ndarray g, double scale,
                         bint summed) except *

    cdef bint _complete(self)
    cdef ndarray _checked(self, object prediction, Shape* shape, Shape* terms)
    cdef ndarray _derivative(self, object loss, object prediction, object target, ndarray p,
                             ndarray t, Shape* shape)
    cdef object _value(self, ndarray p, ndarray t, ndarray g, Shape* terms, double scale)
    cdef double _scale(self, const Shape* shape) except *
    cdef int _refuse_shape(self, const Shape* given, str expected) except -1
