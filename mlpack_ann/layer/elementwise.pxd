from mlpack_ann._elementwise cimport Maps
from mlpack_ann.layer.layer cimport Layer


cdef class Elementwise(Layer):
    cdef Maps _maps
    cdef double _a, _b
