from numpy cimport ndarray

from mlpack_ann._elementwise cimport Maps
from mlpack_ann._validation cimport Shape


cdef class Activation:
    cdef Maps _maps

    cdef int _fn(self, ndarray x, ndarray y) except -1
    cdef ndarray _checked(self, object array, str name, Shape* shape)
