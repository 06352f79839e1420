"""Base class of the layers with a state. Source: mlpack ann/layer/recurrent_layer.hpp."""
from mlpack_ann import _random
from mlpack_ann._validation import integer

from libc.string cimport memcpy, memset
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_ITEMSIZE, PyArray_NDIM,
                    import_array, ndarray)

from mlpack_ann._gates cimport Sweep, sweep
from mlpack_ann._gemm cimport product, product_by_transposed, transposed_product
from mlpack_ann._merge cimport same_bits
from mlpack_ann._row_sums cimport sum_rows
from mlpack_ann._scratch cimport Scratch
from mlpack_ann._validation cimport Shape, as_input, as_tuple, has_shape, read_shape
from mlpack_ann.layer.container cimport kept
from mlpack_ann.layer.layer cimport Layer

import_array()

cdef enum:
    ENDLESS = 2147483647                    # steps
    GATE_WEIGHT = 5                         # of a gate, in elements of a simple map


cdef ndarray sized(ndarray array, Py_ssize_t rows, Py_ssize_t columns, int typenum):
    """Return `array` if it has this size and type, else a new one."""
    cdef Shape shape
    shape.ndim, shape.dims[0], shape.dims[1] = 2, rows, columns
    return kept(array, &shape, typenum)


cdef void* data(ndarray a) noexcept:
    return NULL if a is None else PyArray_DATA(a)


cdef ndarray rows_of(ndarray a):
    """Return (batch, steps, n) as (batch * steps, n), and (batch, n) as it is."""
    return a if PyArray_NDIM(a) == 2 else (<object>a).reshape(-1, PyArray_DIM(a, 2))


cdef class Tape:
    """What Forward leaves behind of a sequence, or of one step."""

    cdef int start(self, RecurrentLayer layer, Py_ssize_t batch, Py_ssize_t steps) except -1:
        cdef Shape shape
        cdef Py_ssize_t units = layer.out_size
        cdef int typenum = layer._typenum
        self.batch, self.steps, self.rho = batch, steps, layer._rho or ENDLESS
        self.gates = sized(self.gates, batch * steps, layer._gates() * units, typenum)
        self.seen = sized(self.seen, batch * steps, units, typenum)
        shape.ndim, shape.dims[0], shape.dims[1], shape.dims[2] = 3, layer._states(), batch, units
        self.first, self.last = kept(self.first, &shape, typenum), kept(self.last, &shape, typenum)
        self.d_first = kept(self.d_first, &shape, typenum)
        return 0


cdef class RecurrentLayer(Layer):
    """A layer whose output depends on the steps before: what LSTM, GRU and kin have in common.

    Parameters
    ----------
    in_size : int, optional
        Features of a step; taken from the first input if omitted (give `out_size` by keyword).
    out_size : int
        Units.
    rho : int, optional
        After so many steps the state starts again, within a sequence, too. No limit if omitted.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights, drawn uniformly from ``+-1 / sqrt(out_size)``.

    Notes
    -----
    Input (batch, steps, in_size), output (batch, steps, out_size): whole sequences, each from its
    start; Backward and Gradient go back through all steps. Or (batch, in_size) and (batch,
    out_size): the next step of the sequences that the preceding calls were given, until `rho` or
    `ResetCell` says otherwise, or the number of points changes. Backward of steps given one by one
    goes through them in reverse, as mlpack's RNN calls it: the first is that of the latest step,
    the next that of the one before, which takes into account what it did to the later ones;
    Gradient is that of the step whose Backward was the latest. With `training` False only the
    latest such step can be gone back through.

    States (h, and an LSTM's c) are arrays (states, batch, out_size). They start as `initial_state`,
    or as zero.
    """
    _state = ("initial_state",)

    def __init__(self, in_size=None, out_size=None, rho=None, *, dtype="float64", rng=None):
        self._built, self._unsized = False, True
        self._scratch, self._sweep_scratch = Scratch(), Scratch()
        self._in_size = 0 if in_size is None else integer(in_size, self, "in_size")
        self.out_size = integer(out_size, self, "out_size")
        self.rho = rho
        self._alone, self._sequence = [], Tape()
        self._latest = self._known = None
        self._initial = self._gy = None
        self._count = self._at = self._done = self._left = 0
        self._limit = ENDLESS
        super().__init__(dtype, rng)
        if in_size is not None:
            self._allocate(self._size())

    cdef bint _complete(self):
        return self.out_size > 0 and self._gates() > 0

    @property
    def in_size(self):
        """int: features of a step; None until the first input tells."""
        return None if self._unsized else self._in_size or None

    @property
    def rho(self):
        """int: steps after which the state starts again, or None."""
        return self._rho

    @rho.setter
    def rho(self, value):
        self._rho = None if value is None else integer(value, self, "rho")

    # ---------------------------------------------------------------- the state

    @property
    def initial_state(self):
        """(states, batch, out_size): what the states start as, or None for zero.

        It is for batches of that many points only. Of steps given alone it is read where they
        start.
        """
        return None if self._initial is None else self._initial.copy()

    @initial_state.setter
    def initial_state(self, value):
        self._check_built()
        cdef ndarray given
        cdef Shape shape
        if value is None:
            self._initial = None
            return
        given = as_input(value, self._typenum, self, "initial_state")
        read_shape(given, &shape)
        if shape.ndim != 3 or shape.dims[0] != self._states() or shape.dims[2] != self.out_size:
            raise ValueError(f"{type(self).__name__}: initial_state has shape {as_tuple(&shape)}, "
                             f"expected ({self._states()}, batch, {self.out_size})")
        self._initial = given.copy()

    @property
    def state(self):
        """(states, batch, out_size): the states after the latest step, or None before the first."""
        return None if self._latest is None else self._latest.last.copy()

    @property
    def initial_state_gradient(self):
        """(states, batch, out_size): derivative by the states that the latest Backward or Gradient
        came to at the start; None before. Of a step given alone: by those that it began with."""
        return None if self._known is None else self._known.d_first.copy()

    def ResetCell(self, size=None):
        """Let the next step given alone be the first of its sequence.

        Parameters
        ----------
        size : int, optional
            Steps until the state starts again; `rho`, if that is less or `size` is omitted.
        """
        self._check_built()
        self._limit = ENDLESS if size is None else integer(size, self, "size")
        self._left = self._done = 0

    def ClearRecurrentState(self, bptt_steps=None, batch_size=None):
        """As ResetCell, mlpack 4's name of it; the number of points is taken from the input.

        Parameters
        ----------
        bptt_steps, batch_size : int, optional
            Steps until the state starts again; not used.
        """
        self.ResetCell(bptt_steps)

    def CurrentStep(self):
        """Return the number of the next step given alone, from 0, if the points stay as many."""
        return self._done if self._left > 0 else 0

    def HasPreviousStep(self):
        """Return whether the next step given alone goes on from one before."""
        return self._left > 0

    def PreviousStep(self):
        """Return the number of the step before the next one given alone."""
        if self._left <= 0:
            raise RuntimeError(f"{type(self).__name__}: the next step is the first of a sequence, "
                               "expected one before")
        return self._done - 1

    def RecurrentSize(self):
        """Return how many numbers the states of a point are."""
        self._check_built()
        return self._states() * self.out_size

    # ---------------------------------------------------------------- hooks of a recurrent layer

    cdef Py_ssize_t _gates(self):
        return 0

    cdef Py_ssize_t _states(self):
        return 1

    cdef object _size(self):
        """Return the number of the parameters, as a Python integer: that does not overflow."""
        return 0

    cdef int _gather(self) except -1:
        """Bring weights that are not there as the products need them into such arrays."""
        return 0

    cdef int _plan(self, Sweep* s, Tape tape) except -1:
        """Add the phases of a step, and what they need."""
        return self._not_written("Forward")

    cdef int _plan_back(self, Sweep* s, Tape tape) except -1:
        return self._not_written("Backward")

    cdef int _weight_gradient(self, Sweep* s, Tape tape, ndarray x, ndarray gradient) except -1:
        return self._not_written("Gradient")

    # ---------------------------------------------------------------- tools for the hooks

    cdef void* _buffer(self, int use, Py_ssize_t count) except NULL:
        """Return memory for so many numbers, for s.step, s.step2 or s.d_state."""
        return self._sweep_scratch.take(use, count * (8 if self._typenum == NPY_DOUBLE else 4))

    cdef int _input_gradient(self, Tape tape, ndarray x, ndarray weight, ndarray bias) except -1:
        """Fill in the derivatives by the weights of the input and by the bias."""
        sum_rows(tape.d, bias)
        return transposed_product(x, tape.d, weight, self._scratch)

    # ---------------------------------------------------------------- hooks of a layer

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Py_ssize_t last = inner.ndim - 1
        if last not in (1, 2) or (inner.dims[last] != self._in_size and not self._unsized):
            size = self.in_size or "in_size"
            return self._refuse_shape(inner, f"(batch, steps, {size}) or (batch, {size})")
        outer[0] = inner[0]
        outer.dims[last] = self.out_size
        return 0

    cdef int _infer(self, const Shape* inner) except -1:
        if inner.dims[inner.ndim - 1] == 0:
            return self._refuse_shape(inner, "at least one feature")
        self._in_size = inner.dims[inner.ndim - 1]
        return self._allocate(self._size())

    cdef int _initialise(self) except -1:
        bound = self.out_size ** -0.5
        self._parameters[:] = _random.generator(self.rng).uniform(-bound, bound, self._size())
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Tape tape
        cdef bint starts = PyArray_NDIM(x) == 3 or self._starts(x)
        if starts:
            self._require_initial(PyArray_DIM(x, 0))
        self._seen = self._latest = self._known = None      # until all is there
        tape = self._next_step(x, starts) if PyArray_NDIM(x) == 2 else self._whole(x)
        self._run(tape, rows_of(x), y)
        self._latest = tape
        return self._remember(x)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Sweep s
        cdef Tape tape = self._sequence
        self._require_forward(x)
        if PyArray_NDIM(x) == 2:
            if self._at == 0:
                self._at = self._count
                if self._done > self._count:
                    raise RuntimeError(f"{type(self).__name__}: the step is kept no more, expected "
                                       "training to be True while Forward is given the steps")
            self._at -= 1
            tape = self._alone[self._at]
        self._run_back(&s, tape, gy)
        return product_by_transposed(tape.d, self._input_weight, rows_of(g), self._scratch)

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        cdef Sweep s
        cdef Tape tape = self._latest if self._known is None else self._known
        self._require_forward(x)
        if self._knows(error):
            self._fill(&s, tape)
        else:
            self._run_back(&s, tape, error)
        return self._weight_gradient(&s, tape, rows_of(x), gradient)

    # ---------------------------------------------------------------- tapes

    cdef bint _starts(self, ndarray x):
        """Whether the next step given alone is the first of its sequence."""
        return self._left <= 0 or self._count == 0 or self._latest is None or (
            self._latest.batch != PyArray_DIM(x, 0))

    cdef int _require_initial(self, Py_ssize_t points) except -1:
        if self._initial is not None and PyArray_DIM(self._initial, 1) != points:
            shape = self._states(), points, self.out_size
            raise ValueError(f"{type(self).__name__}: initial_state has shape "
                             f"{(<object>self._initial).shape}, expected {shape}")
        return 0

    cdef Tape _whole(self, ndarray x):
        self._left = self._done = self._count = 0
        self._sequence.start(self, PyArray_DIM(x, 0), PyArray_DIM(x, 1))
        self._sequence.first[...] = 0 if self._initial is None else self._initial
        return self._sequence

    cdef Tape _next_step(self, ndarray x, bint starts):
        cdef Tape tape
        cdef Py_ssize_t before = self._count - 1
        if starts:
            self._left = min(<Py_ssize_t>(self._rho or ENDLESS), self._limit)
            self._count = self._done = 0
        elif not self._training:            # none but the latest is kept
            self._alone[0], self._alone[before] = self._alone[before], self._alone[0]
            self._count = before = 0
        if self._count == len(self._alone):
            self._alone.append(Tape())
        tape = self._alone[self._count]
        if self._done and self._count == 0:
            tape.first, tape.last = tape.last, tape.first
        else:
            tape.start(self, PyArray_DIM(x, 0), 1)
            if self._done:
                tape.first[...] = (<Tape>self._alone[before]).last
            else:
                tape.first[...] = 0 if self._initial is None else self._initial
        self._left, self._done, self._count = self._left - 1, self._done + 1, self._count + 1
        self._at = self._count
        return tape

    # ---------------------------------------------------------------- through time

    cdef int _fill(self, Sweep* s, Tape tape) except -1:
        """Fill in what does not depend on the direction."""
        memset(s, 0, sizeof(Sweep))
        s.wide = self._typenum == NPY_DOUBLE
        s.batch, s.steps, s.size, s.rho = tape.batch, tape.steps, self.out_size, tape.rho
        s.gates, s.seen, s.kept = data(tape.gates), data(tape.seen), data(tape.kept)
        s.first, s.state, s.d_first = data(tape.first), data(tape.last), data(tape.d_first)
        s.d, s.d2, s.d3 = data(tape.d), data(tape.d2), data(tape.d3)
        return 0

    cdef int _run(self, Tape tape, ndarray x, ndarray y) except -1:
        cdef Sweep s
        self._gather()
        product(x, self._input_weight, self._bias, tape.gates, self._scratch)
        tape.last[...] = tape.first
        self._fill(&s, tape)
        s.y = data(y)
        self._plan(&s, tape)
        sweep(&s, GATE_WEIGHT * PyArray_DIM(tape.gates, 1))
        return 0

    cdef int _run_back(self, Sweep* s, Tape tape, ndarray gy) except -1:
        """Go back from the derivative by the output, and from what the steps that follow did."""
        cdef Py_ssize_t at = self._at, i, bytes = self.out_size * PyArray_ITEMSIZE(gy)
        cdef Tape next = None
        cdef Shape shape
        cdef char* later
        cdef char* d_state
        if tape is not self._sequence and at + 1 < self._count:
            next = self._alone[at + 1]
        self._known = None
        self._gather()
        tape.d = sized(tape.d, PyArray_DIM(tape.gates, 0), PyArray_DIM(tape.gates, 1),
                       self._typenum)
        self._fill(s, tape)
        s.back, s.gy = True, data(gy)
        s.d_state = self._buffer(STATE, tape.batch * self.out_size)
        self._plan_back(s, tape)
        memset(s.d_state, 0, tape.batch * bytes)
        if next is not None:
            later, d_state = <char*>s.phase[s.phases - 1].k.y, <char*>s.d_state
            for i in range(tape.batch):
                memcpy(later + i * s.phase[s.phases - 1].k.y_step * PyArray_ITEMSIZE(gy),
                       <char*>data(next.d_first) + i * bytes, bytes)
            if self._states() == 2:
                memcpy(d_state, <char*>data(next.d_first) + tape.batch * bytes, tape.batch * bytes)
        tape.d_first[...] = 0
        sweep(s, GATE_WEIGHT * PyArray_DIM(tape.gates, 1))
        read_shape(gy, &shape)
        self._gy = kept(self._gy, &shape, self._typenum)
        self._gy[...] = gy
        self._known = tape
        return 0

    cdef bint _knows(self, ndarray error):
        """Whether the derivatives are there that belong to this error."""
        cdef Shape shape
        read_shape(error, &shape)
        return (self._known is not None and has_shape(self._gy, &shape)
                and same_bits(self._gy, error))
