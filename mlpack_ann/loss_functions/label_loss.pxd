from mlpack_ann.loss_functions.loss cimport Loss


cdef class LabelLoss(Loss):
    pass
