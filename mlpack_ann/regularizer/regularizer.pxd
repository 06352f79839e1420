from numpy cimport ndarray


cdef class Regularizer:
    cdef readonly double factor

    cdef int _add(self, ndarray weight, ndarray gradient) except -1
