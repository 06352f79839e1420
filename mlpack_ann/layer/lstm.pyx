"""LSTM with peepholes. Source: mlpack ann/layer/lstm.hpp."""
from mlpack_ann._arrays cimport PyArray_DATA, import_array, ndarray
from mlpack_ann._gates cimport LSTM_PEEP, Sweep, peephole_gradient
from mlpack_ann._gemm cimport transposed_product
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
    cdef ndarray _all                       # (in + 1, 4 units): Wo, Wf, Wi, Wz, below them biases
    cdef ndarray _d_all, _d_recurrent

    def __init__(self, in_size=None, out_size=None, rho=None, *, dtype="float64", rng=None):
        super().__init__(in_size, out_size, rho, dtype=dtype, rng=rng)

    cdef int _kind(self):
        return LSTM_PEEP

    cdef object _size(self):
        return (4 * (<object>self._in_size + 1 + self.out_size) + 3) * self.out_size

    cdef tuple _parts(self, ndarray flat):
        """Return views (in + 1, 4, units) of W and b, (units, 4, units) of U, and the peepholes."""
        n, m = self._in_size + 1, self.out_size
        split = 4 * n * m
        return (flat[:split].reshape(4, n, m).swapaxes(0, 1),
                flat[split:-3 * m].reshape(4, m, m).swapaxes(0, 1), flat[-3 * m:])

    cdef int _bind(self) except -1:
        cdef Py_ssize_t n = self._in_size, m = 4 * self.out_size
        self._all, self._d_all = [sized(None, n + 1, m, self._typenum) for _ in range(2)]
        self._recurrent, self._d_recurrent = [sized(None, self.out_size, m, self._typenum)
                                              for _ in range(2)]
        self._input_weight, self._bias = self._all[:n], self._all[n]
        return 0

    cdef int _gather(self) except -1:
        weights, recurrent, _ = self._parts(self._parameters)
        (<object>self._all).reshape(weights.shape)[...] = weights
        (<object>self._recurrent).reshape(recurrent.shape)[...] = recurrent
        return 0

    cdef int _plan(self, Sweep* s, Tape tape) except -1:
        self._see_peepholes(s)
        return LSTMCell._plan(self, s, tape)

    cdef int _plan_back(self, Sweep* s, Tape tape) except -1:
        self._see_peepholes(s)
        return LSTMCell._plan_back(self, s, tape)

    cdef int _see_peepholes(self, Sweep* s) except -1:
        s.peepholes = PyArray_DATA(self._parts(self._parameters)[2])
        return 0

    cdef int _weight_gradient(self, Sweep* s, Tape tape, ndarray x, ndarray gradient) except -1:
        weights, recurrent, peepholes = self._parts(gradient)
        self._input_gradient(tape, x, self._d_all[:self._in_size], self._d_all[self._in_size])
        transposed_product(tape.seen, tape.d, self._d_recurrent, self._scratch)
        weights[...] = (<object>self._d_all).reshape(weights.shape)
        recurrent[...] = (<object>self._d_recurrent).reshape(recurrent.shape)
        peephole_gradient(s, peepholes)
        return 0
