from mlpack_ann.layer.pooling cimport Pooling


cdef class MeanPooling(Pooling):
    pass
