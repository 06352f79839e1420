"""What LSTMs with and without peepholes share. Source: mlpack ann/layer/lstm.hpp."""
from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._gates cimport BEGIN, LSTM, LSTM_END_BACK, Sweep, add_phase
from mlpack_ann.layer.recurrent_layer cimport STEP, RecurrentLayer, Tape, data, sized

import_array()


cdef class LSTMCell(RecurrentLayer):
    """Four gates of one product, and two states, h and c."""

    cdef int _kind(self):
        return LSTM

    cdef Py_ssize_t _gates(self):
        return 4

    cdef Py_ssize_t _states(self):
        return 2

    cdef int _plan(self, Sweep* s, Tape tape) except -1:
        tape.kept = sized(tape.kept, s.batch * s.steps, s.size, self._typenum)
        s.kept = data(tape.kept)
        return add_phase(s, BEGIN, self._recurrent, s.state, self._kind(), False,
                         self._sweep_scratch)

    cdef int _plan_back(self, Sweep* s, Tape tape) except -1:
        s.step = self._buffer(STEP, s.batch * 4 * s.size)
        return add_phase(s, self._kind() + 1, self._recurrent, s.step, LSTM_END_BACK, False,
                         self._sweep_scratch)
