from numpy cimport ndarray

from mlpack_ann.layer.container cimport Holder
from mlpack_ann.layer.layer cimport Layer


cdef class Unrolled(Holder):
    cdef list _copies                       # of each place: step -> copy of its layer
    cdef Py_ssize_t _late                   # the place whose layer works from the second step on
    cdef ndarray _gy, _sum                  # kept: what derivatives belong to; gradients to add
    cdef bint _known                        # whether derivatives belong to `_gy`

    cdef int _unroll(self, object layers, Py_ssize_t late) except -1
    cdef object _layer(self, Py_ssize_t place)
    cdef Layer _at_step(self, Py_ssize_t number, Py_ssize_t t)
    cdef int _sum_up(self, Py_ssize_t number, Py_ssize_t t, ndarray x, ndarray error,
                     ndarray gradient) except -1
    cdef int _note_error(self, ndarray gy) except -1
    cdef bint _knows(self, ndarray error)
