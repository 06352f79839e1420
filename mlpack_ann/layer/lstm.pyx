"""LSTM with peepholes. Source: mlpack ann/layer/lstm.hpp."""
from mlpack_ann._arrays cimport PyArray_DATA, import_array, ndarray
from mlpack_ann._gates cimport LSTM_PEEP, Sweep, peephole_gradient
from mlpack_ann._gemm cimport transposed_product
from mlpack_ann._merge cimport put, take
from mlpack_ann.layer.lstm_cell cimport LSTMCell
from mlpack_ann.layer.recurrent_layer cimport Tape, sized

import_array()


cdef class LSTM(LSTMCell):
    """LSTM with peepholes: gates that see the cell.

    ``i = s(x[t] @ Wi + h[t - 1] @ Ui + pi * c[t - 1] + bi)``, f likewise,
    ``z = tanh(x[t] @ Wz + h[t - 1] @ Uz + bz)``, ``c[t] = f * c[t - 1] + i * z``,
    ``o = s(x[t] @ Wo + h[t - 1] @ Uo + po * c[t] + bo)``, ``h[t] = o * tanh(c[t])`` with the
    sigmoid s; the output is h.

    Parameters
    ----------
    in_size : int, optional
        Features of a step; taken from the first input if omitted (give `out_size` by keyword).
    out_size : int
        Units.
    rho : int, optional
        After so many steps h and c start again, within a sequence, too. No limit if omitted.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights, drawn uniformly from ``+-1 / sqrt(out_size)``.

    Notes
    -----
    Input (batch, steps, in_size) or, step by step, (batch, in_size); see `RecurrentLayer`, also for
    the states, h and c. `parameters` is Wo (in_size, out_size) and bo, and so of f, i and z, then
    Uo, Uf, Ui, Uz (out_size, out_size), then po, pf, pi, each in C order.

    mlpack 3.x and 4.4 go back through wrong steps; mlpack 4.8 has the parameters in another order.

    References
    ----------
    Gers, Schraudolph and Schmidhuber, Learning Precise Timing with LSTM Recurrent Networks,
    Journal of Machine Learning Research 3, 2002.
    """
    cdef ndarray _all, _d_all               # (in + 1, 4 units): Wo, Wf, Wi, Wz, below them biases
    cdef ndarray _d_recurrent               # (units, 4 units)
    cdef list _affine                       # of o, f, i and z, views of the parameters
    cdef ndarray _peepholes

    def __init__(self, in_size=None, out_size=None, rho=None, *, dtype="float64", rng=None):
        super().__init__(in_size, out_size, rho, dtype=dtype, rng=rng)

    cdef int _kind(self):
        return LSTM_PEEP

    cdef object _size(self):
        return (4 * (<object>self._in_size + 1 + self.out_size) + 3) * self.out_size

    cdef tuple _parts(self, ndarray flat):
        """Return W and b of each gate, and U, (4, units, units), and the peepholes; or the
        derivatives by them."""
        n, m = (self._in_size + 1) * self.out_size, self.out_size
        return ([flat[g * n:g * n + n] for g in range(4)], flat[4 * n:-3 * m].reshape(4, m, m),
                flat[-3 * m:])

    cdef int _bind(self) except -1:
        cdef Py_ssize_t n = self._in_size, m = self.out_size
        self._affine, self._recurrent, self._peepholes = self._parts(self._parameters)
        self._all, self._d_all = [sized(None, n + 1, 4 * m, self._typenum) for _ in range(2)]
        self._d_recurrent = sized(None, m, 4 * m, self._typenum)
        self._input_weight, self._bias = self._all[:n], self._all[n]
        return 0

    cdef int _gather(self) except -1:
        for g, part in enumerate(self._affine):
            put(part, self._all, self._in_size + 1, g * self.out_size)
        return 0

    cdef int _plan(self, Sweep* s, Tape tape) except -1:
        s.peepholes = PyArray_DATA(self._peepholes)
        return LSTMCell._plan(self, s, tape)

    cdef int _plan_back(self, Sweep* s, Tape tape) except -1:
        s.peepholes = PyArray_DATA(self._peepholes)
        return LSTMCell._plan_back(self, s, tape)

    cdef int _weight_gradient(self, Sweep* s, Tape tape, ndarray x, ndarray gradient) except -1:
        cdef Py_ssize_t n = self._in_size, m = self.out_size, g
        affine, recurrent, peepholes = self._parts(gradient)
        self._input_gradient(tape, x, self._d_all[:n], self._d_all[n])
        transposed_product(tape.seen, tape.d, self._d_recurrent, self._scratch)
        for g in range(4):
            take(self._d_all, affine[g], n + 1, g * m)
            take(self._d_recurrent, recurrent[g], m, g * m)
        peephole_gradient(s, peepholes)
        return 0
