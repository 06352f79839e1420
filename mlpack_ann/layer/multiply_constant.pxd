from mlpack_ann.layer.elementwise cimport Elementwise


cdef class MultiplyConstant(Elementwise):
    pass
