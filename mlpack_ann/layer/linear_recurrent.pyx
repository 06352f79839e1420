"""Linear recurrent layer. Source: mlpack ann/layer/linear_recurrent.hpp."""
from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._gates cimport BEGIN, END_BACK, LINEAR, LINEAR_BACK, Sweep, add_phase
from mlpack_ann._gemm cimport transposed_product
from mlpack_ann.layer.recurrent_layer cimport STEP, RecurrentLayer, Tape

import_array()


cdef class LinearRecurrent(RecurrentLayer):
    """``output[t] = input[t] @ W + output[t - 1] @ U + b``.

    Parameters
    ----------
    in_size : int, optional
        Features of a step; taken from the first input if omitted (give `out_size` by keyword).
    out_size : int
        Units.
    rho : int, optional
        After so many steps the state, which is the output, starts again. No limit if omitted.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights, drawn uniformly from ``+-1 / sqrt(out_size)``.

    Notes
    -----
    Input (batch, steps, in_size) or, step by step, (batch, in_size); see `RecurrentLayer`.
    `parameters` is W in C order, (in_size, out_size), then U (out_size, out_size), then b.
    """
    cdef ndarray _recurrent                 # (units, units)


    def __init__(self, in_size=None, out_size=None, rho=None, *, dtype="float64", rng=None):
        super().__init__(in_size, out_size, rho, dtype=dtype, rng=rng)

    cdef Py_ssize_t _gates(self):
        return 1

    cdef object _size(self):
        return (<object>self._in_size + self.out_size + 1) * self.out_size

    cdef tuple _parts(self, ndarray flat):
        """Return W, U and b, or the derivatives by them."""
        n, m = self._in_size, self.out_size
        return flat[:n * m].reshape(n, m), flat[n * m:-m].reshape(m, m), flat[-m:]

    cdef int _bind(self) except -1:
        self._input_weight, self._recurrent, self._bias = self._parts(self._parameters)
        return 0

    cdef int _plan(self, Sweep* s, Tape tape) except -1:
        return add_phase(s, BEGIN, self._recurrent, s.state, LINEAR, False, self._sweep_scratch)

    cdef int _plan_back(self, Sweep* s, Tape tape) except -1:
        s.step = self._buffer(STEP, s.batch * s.size)
        return add_phase(s, LINEAR_BACK, self._recurrent, s.step, END_BACK, False,
                         self._sweep_scratch)

    cdef int _weight_gradient(self, Sweep* s, Tape tape, ndarray x, ndarray gradient) except -1:
        weight, recurrent, bias = self._parts(gradient)
        self._input_gradient(tape, x, weight, bias)
        return transposed_product(tape.seen, tape.d, recurrent, self._scratch)
