from numpy cimport ndarray


cdef class Regularizer:
    cdef readonly double factor
    cdef bint _built

    cdef int _add(self, ndarray weight, ndarray gradient) except -1
