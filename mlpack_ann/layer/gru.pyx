"""Gated recurrent unit. Source: mlpack ann/layer/gru.hpp."""
from mlpack_ann._validation import flag

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._gates cimport (BEGIN, END_BACK, GRU_AFTER, GRU_AFTER_BACK, GRU_BACK, GRU_RESET,
                                GRU_RESET_BACK, NOTHING, Sweep, add_phase)
from mlpack_ann._gates cimport GRU as GRU_STEP
from mlpack_ann._gemm cimport transposed_product
from mlpack_ann._merge cimport put, take
from mlpack_ann.layer.recurrent_layer cimport STEP, STEP2, RecurrentLayer, Tape, data, sized

import_array()


cdef class GRU(RecurrentLayer):
    """Gated recurrent unit.

    ``z = s(x[t] @ Wz + bz + h[t - 1] @ Uz)``, r likewise,
    ``n = tanh(x[t] @ Wn + bn + (r * h[t - 1]) @ V)``, ``h[t] = z * h[t - 1] + (1 - z) * n`` with
    the sigmoid s; the output is h.

    Parameters
    ----------
    in_size : int, optional
        Features of a step; taken from the first input if omitted (give `out_size` by keyword).
    out_size : int
        Units.
    rho : int, optional
        After so many steps h starts again, within a sequence, too. No limit if omitted.
    reset_after : bool, default=False
        Whether n has ``r * (h[t - 1] @ V)`` instead, as in mlpack 4.8 and PyTorch.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights, drawn uniformly from ``+-1 / sqrt(out_size)``.

    Notes
    -----
    Input (batch, steps, in_size) or, step by step, (batch, in_size); see `RecurrentLayer`.
    `parameters` is W in C order, (in_size, 3 out_size), of z, r and n side by side, then the three
    biases, then U (out_size, 2 out_size) of z and r, then V (out_size, out_size).

    mlpack 4.8 has no biases, and the roles of z and 1 - z exchanged.

    References
    ----------
    Cho et al., Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine
    Translation, EMNLP 2014.
    """
    cdef readonly bint reset_after
    cdef ndarray _recurrent, _candidate     # U (units, 2 units), V (units, units)
    cdef ndarray _all, _d_all               # U beside V, (units, 3 units)

    def __init__(self, in_size=None, out_size=None, rho=None, *, reset_after=False, dtype="float64",
                 rng=None):
        self._built = False
        self.reset_after = flag(reset_after, self, "reset_after")
        super().__init__(in_size, out_size, rho, dtype=dtype, rng=rng)

    cdef Py_ssize_t _gates(self):
        return 3

    cdef object _size(self):
        return 3 * (<object>self._in_size + 1 + self.out_size) * self.out_size

    cdef tuple _parts(self, ndarray flat):
        """Return W, b, U and V, or the derivatives by them."""
        n, m = self._in_size, self.out_size
        rest = flat[3 * (n + 1) * m:]
        return (flat[:3 * n * m].reshape(n, 3 * m), flat[3 * n * m:][:3 * m],
                rest[:2 * m * m].reshape(m, 2 * m), rest[2 * m * m:].reshape(m, m))

    cdef int _bind(self) except -1:
        self._input_weight, self._bias, self._recurrent, self._candidate = self._parts(
            self._parameters)
        return 0

    cdef int _gather(self) except -1:
        cdef Py_ssize_t m = self.out_size
        if self.reset_after:
            self._all = sized(self._all, m, 3 * m, self._typenum)
            put(self._recurrent, self._all, m, 0)
            put(self._candidate, self._all, m, 2 * m)
        return 0

    cdef int _plan(self, Sweep* s, Tape tape) except -1:
        tape.kept = sized(tape.kept, s.batch * s.steps, s.size, self._typenum)
        s.kept = data(tape.kept)
        if self.reset_after:
            return add_phase(s, BEGIN, self._all, s.state, GRU_AFTER, False, self._sweep_scratch)
        s.step = self._buffer(STEP, s.batch * s.size)
        add_phase(s, BEGIN, self._recurrent, s.state, GRU_RESET, False, self._sweep_scratch)
        return add_phase(s, NOTHING, self._candidate, s.step, GRU_STEP, False, self._sweep_scratch)

    cdef int _plan_back(self, Sweep* s, Tape tape) except -1:
        """The derivatives that U and V have to do with are kept beside those that W has."""
        cdef Py_ssize_t gates = 3 if self.reset_after else 2
        tape.d2 = sized(tape.d2, s.batch * s.steps, gates * s.size, self._typenum)
        s.d2 = data(tape.d2)
        s.step = self._buffer(STEP, s.batch * gates * s.size)
        if self.reset_after:
            return add_phase(s, GRU_AFTER_BACK, self._all, s.step, END_BACK, True,
                             self._sweep_scratch)
        tape.d3 = sized(tape.d3, s.batch * s.steps, s.size, self._typenum)
        s.d3, s.step2 = data(tape.d3), self._buffer(STEP2, s.batch * s.size)
        add_phase(s, GRU_BACK, self._candidate, s.step2, NOTHING, False, self._sweep_scratch)
        return add_phase(s, GRU_RESET_BACK, self._recurrent, s.step, END_BACK, True,
                         self._sweep_scratch)

    cdef int _weight_gradient(self, Sweep* s, Tape tape, ndarray x, ndarray gradient) except -1:
        cdef Py_ssize_t m = self.out_size
        weight, bias, recurrent, candidate = self._parts(gradient)
        self._input_gradient(tape, x, weight, bias)
        if self.reset_after:
            self._d_all = sized(self._d_all, m, 3 * m, self._typenum)
            transposed_product(tape.seen, tape.d2, self._d_all, self._scratch)
            take(self._d_all, recurrent, m, 0)
            return take(self._d_all, candidate, m, 2 * m)
        transposed_product(tape.seen, tape.d2, recurrent, self._scratch)
        return transposed_product(tape.kept, tape.d3, candidate, self._scratch)
