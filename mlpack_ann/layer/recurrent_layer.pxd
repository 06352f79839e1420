from numpy cimport ndarray

from mlpack_ann._gates cimport Sweep
from mlpack_ann._scratch cimport Scratch
from mlpack_ann.layer.layer cimport Layer


cdef class Tape:
    cdef Py_ssize_t batch, steps, rho
    cdef ndarray gates, seen, kept          # (batch * steps, ...): see _gates.h
    cdef ndarray first, last, d_first       # (states, batch, units)
    cdef ndarray d, d2, d3

    cdef int start(self, RecurrentLayer layer, Py_ssize_t batch, Py_ssize_t steps) except -1


cdef class RecurrentLayer(Layer):
    cdef readonly Py_ssize_t out_size
    cdef Py_ssize_t _in_size                # 0 until known
    cdef object _rho
    cdef ndarray _input_weight, _bias       # (in, gates * units) and (gates * units,)
    cdef Scratch _scratch, _sweep_scratch
    cdef Tape _sequence                     # of the latest whole sequence
    cdef list _alone                        # Tapes of steps given alone
    cdef Tape _latest                       # of the latest Forward, or None
    cdef Py_ssize_t _count, _at             # of steps kept; of the latest Backward
    cdef Py_ssize_t _done, _left, _limit    # steps since the start; until the next; at most
    cdef ndarray _initial                   # (states, batch, units), or None
    cdef Tape _known                        # whose derivatives belong to `_gy`, or None
    cdef ndarray _gy

    # Hooks of a recurrent layer.
    cdef Py_ssize_t _gates(self)            # of a unit
    cdef Py_ssize_t _states(self)           # 1, h; or 2, h and c
    cdef object _size(self)                 # of the parameters
    cdef int _gather(self) except -1
    cdef int _plan(self, Sweep* s, Tape tape) except -1
    cdef int _plan_back(self, Sweep* s, Tape tape) except -1
    cdef int _weight_gradient(self, Sweep* s, Tape tape, ndarray x, ndarray gradient) except -1

    # Tools for the hooks.
    cdef void* _buffer(self, int use, Py_ssize_t count) except NULL
    cdef int _input_gradient(self, Tape tape, ndarray x, ndarray weight, ndarray bias) except -1

    cdef bint _starts(self, ndarray x)
    cdef int _require_initial(self, Py_ssize_t points) except -1
    cdef Tape _whole(self, ndarray x)
    cdef Tape _next_step(self, ndarray x, bint starts)
    cdef int _fill(self, Sweep* s, Tape tape) except -1
    cdef int _run(self, Tape tape, ndarray x, ndarray y) except -1
    cdef int _run_back(self, Sweep* s, Tape tape, ndarray gy) except -1
    cdef bint _knows(self, ndarray error)


cdef enum:                                  # scratch memory after that of two phases
    STEP = 6
    STEP2 = 7
    STATE = 8

cdef ndarray sized(ndarray array, Py_ssize_t rows, Py_ssize_t columns, int typenum)
cdef void* data(ndarray a) noexcept
