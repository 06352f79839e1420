from numpy cimport ndarray


cdef class Distribution:
    cdef object _rng
    cdef ndarray _param                     # the first one: observations have its shape and dtype

    cdef ndarray _taken(self, object param, str name)
    cdef ndarray _observed(self, object observation)
