"""One value for all weights. Source: mlpack ann/init_rules/const_init.hpp."""
from numpy cimport ndarray

from mlpack_ann._copies cimport fill_all
from mlpack_ann._validation import number
from mlpack_ann.init_rules.init_rule cimport InitRule, Sizes


cdef class ConstInitialization(InitRule):
    """``W = init_val``.

    Parameters
    ----------
    init_val : float, default=0.0

    Notes
    -----
    Shapes of W are as in :class:`~mlpack_ann.init_rules.init_rule.InitRule`, for all rules.
    """
    cdef readonly double init_val

    def __init__(self, init_val=0.0):
        self.init_val = number(init_val, self, "init_val")
        super().__init__()

    cdef int _fill(self, ndarray w, const Sizes* sizes, object generator) except -1:
        fill_all(w, self.init_val)
        return 0
