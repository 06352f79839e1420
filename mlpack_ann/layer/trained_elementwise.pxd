from mlpack_ann.layer.elementwise cimport Elementwise


cdef class TrainedElementwise(Elementwise):
    cdef double _initial                    # value of the weight at first and after Reset
