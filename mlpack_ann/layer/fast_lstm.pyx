"""LSTM without peepholes. Source: mlpack ann/layer/fast_lstm.hpp."""
from mlpack_ann._validation import flag

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._gates cimport LSTM, LSTM_FAST, Sweep
from mlpack_ann._gemm cimport transposed_product
from mlpack_ann.layer.lstm_cell cimport LSTMCell
from mlpack_ann.layer.recurrent_layer cimport Tape

import_array()


cdef class FastLSTM(LSTMCell):
    """LSTM without peepholes, by default with mlpack's approximate sigmoid.

    ``i, o, f, z = split(x[t] @ W + b + h[t - 1] @ U)``,
    ``c[t] = s(f) * c[t - 1] + s(i) * tanh(z)``, ``h[t] = s(o) * tanh(c[t])``; the output is h.

    Parameters
    ----------
    in_size : int, optional
        Features of a step; taken from the first input if omitted (give `out_size` by keyword).
    out_size : int
        Units.
    rho : int, optional
        After so many steps h and c start again, within a sequence, too. No limit if omitted.
    approximate : bool, default=True
        Whether s(x) is ``(1 + sign(x) z(|x| / 2)) / 2`` with ``z(a) = 1.5 a / (1 + a)`` for a below
        1.7, a line from there to 3, and constant after that, as in mlpack; or the sigmoid itself.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights, drawn uniformly from ``+-1 / sqrt(out_size)``.

    Notes
    -----
    Input (batch, steps, in_size) or, step by step, (batch, in_size); see `RecurrentLayer`, also for
    the states, h and c. `parameters` is W in C order, (in_size, 4 out_size), then b, then U
    (out_size, 4 out_size).

    The derivative of the approximation is its own; mlpack's is that of the sigmoid, s (1 - s).

    References
    ----------
    Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 9(8), 1997.
    """
    cdef readonly bint approximate

    def __init__(self, in_size=None, out_size=None, rho=None, *, approximate=True, dtype="float64",
                 rng=None):
        self._built = False
        self.approximate = flag(approximate, self, "approximate")
        super().__init__(in_size, out_size, rho, dtype=dtype, rng=rng)

    cdef int _kind(self):
        return LSTM_FAST if self.approximate else LSTM

    cdef object _size(self):
        return 4 * (<object>self._in_size + 1 + self.out_size) * self.out_size

    cdef tuple _parts(self, ndarray flat):
        """Return W, b and U, or the derivatives by them."""
        n, m = self._in_size, 4 * self.out_size
        return flat[:n * m].reshape(n, m), flat[n * m:][:m], flat[n * m + m:].reshape(-1, m)

    cdef int _bind(self) except -1:
        self._input_weight, self._bias, self._recurrent = self._parts(self._parameters)
        return 0

    cdef int _weight_gradient(self, Sweep* s, Tape tape, ndarray x, ndarray gradient) except -1:
        weight, bias, recurrent = self._parts(gradient)
        self._input_gradient(tape, x, weight, bias)
        return transposed_product(tape.seen, tape.d, recurrent, self._scratch)
