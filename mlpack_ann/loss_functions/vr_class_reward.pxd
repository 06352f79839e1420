from numpy cimport ndarray

from mlpack_ann.loss_functions.label_loss cimport LabelLoss


cdef class VRClassReward(LabelLoss):
    cdef double _scale_of_reward
    cdef bint _size_average

    cdef int _reward(self, ndarray p, ndarray t, ndarray rewards) except -1
