from mlpack_ann._elementwise_loss cimport LossMaps
from mlpack_ann.loss_functions.loss cimport Loss


cdef class ElementwiseLoss(Loss):
    cdef LossMaps _maps
    cdef double _a, _b
