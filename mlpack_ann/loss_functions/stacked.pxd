from mlpack_ann.loss_functions.point_loss cimport PointLoss


cdef class StackedLoss(PointLoss):
    cdef double _margin
