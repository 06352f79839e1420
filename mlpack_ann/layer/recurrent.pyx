"""Recurrence of any layers. Source: mlpack ann/layer/recurrent.hpp."""
from numpy cimport PyArray_DIM

from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport PyArray_NDIM, PyArray_TYPE, import_array, ndarray
from mlpack_ann._merge cimport add, add_to, put, take
from mlpack_ann._validation cimport Shape, as_tuple, read_shape
from mlpack_ann.layer.container cimport kept
from mlpack_ann.layer.unrolled cimport Unrolled

import_array()

cdef enum:
    INPUT, START, FEEDBACK, TRANSFER        # places, in the order of their weights

cdef enum:
    ENDLESS = 2147483647                    # steps


cdef class Step:
    """What is kept of one step of time, (batch, ...)."""
    cdef ndarray a, back, m, h              # of input, feedback, and their sum, and the output
    cdef ndarray da, dm, dh, later          # derivatives; `later`: by h, of the steps that follow

    cdef int fill(self, Shape* a, Shape* m, Shape* h, int typenum) except -1:
        self.a, self.da = kept(self.a, a, typenum), kept(self.da, a, typenum)
        self.back, self.m = kept(self.back, m, typenum), kept(self.m, m, typenum)
        self.dm, self.h = kept(self.dm, m, typenum), kept(self.h, h, typenum)
        self.dh, self.later = kept(self.dh, h, typenum), kept(self.later, h, typenum)
        return 0


cdef class Recurrent(Unrolled):
    """A layer that gets its own output of the step before.

    ``h[0] = transfer(start(input(x[0])))``, then
    ``h[t] = transfer(input(x[t]) + feedback(h[t - 1]))``; the output is h.

    Parameters
    ----------
    start : Layer
        Takes the place of the feedback in the first step.
    input : Layer
        From an input's features to those that the sum has.
    feedback : Layer
        From the output's features to those of the sum.
    transfer : Layer
        From the sum to the output; an activation, say.
    rho : int, optional
        After so many steps the state starts again, within a sequence, too. No limit if omitted.

    Notes
    -----
    Input (batch, steps, features), output (batch, steps, units): whole sequences, each from its
    start. Or (batch, features) and (batch, units): the next step of the sequences that the
    preceding calls were given, until `rho` or `ResetCell` says otherwise, or the number of points
    changes. Backward of steps given one by one goes through them in reverse, as mlpack's RNN calls
    it: the first is that of the latest step, the next that of the one before, which takes into
    account what it did to the later ones; Gradient is that of the step whose Backward was the
    latest. With `training` False only the latest such step can be gone back through.

    `parameters` is the weights of input, start, feedback and transfer. Of whole sequences `input`
    gets all points and steps as one batch. Of the others, one that keeps something from Forward
    (a random layer, or one that holds others) is copied for each step; copies share its weights,
    `training` and `rng`, but not statistics, nor what else is changed after the first Forward.

    mlpack's gradient of `start` is 0 for a batch.
    """
    cdef object _rho
    cdef list _alone, _sequence             # Steps, of the two ways to pass them
    cdef Py_ssize_t _count, _at, _lowest    # steps in `_alone`; the latest Backward's; lowest kept
    cdef Py_ssize_t _left, _limit           # steps until the state starts again
    cdef ndarray _a, _da                    # kept: of all steps, batch first
    cdef Py_ssize_t _known_at

    def __init__(self, start, input, feedback, transfer, rho=None):
        self._require_idle()
        self._built = False
        self.rho = rho
        self._alone, self._sequence = [], []
        self._count = self._at = self._left = self._lowest = 0
        self._limit = ENDLESS
        self._prepared = True
        super().__init__()
        self._unroll((input, start, feedback, transfer), FEEDBACK)

    cdef bint _complete(self):
        return self._prepared

    @property
    def start(self):
        """Layer of the first step."""
        return self._layer(START)

    @property
    def input(self):
        """Layer between the input and the sum."""
        return self._layer(INPUT)

    @property
    def feedback(self):
        """Layer between the output and the next step's sum."""
        return self._layer(FEEDBACK)

    @property
    def transfer(self):
        """Layer between the sum and the output."""
        return self._layer(TRANSFER)

    @property
    def rho(self):
        """int: steps after which the state starts again, or None."""
        return self._rho

    @rho.setter
    def rho(self, value):
        self._rho = None if value is None else integer(value, self, "rho")

    def Model(self):
        """Return the layers, as mlpack's accessor: start, input, feedback and transfer."""
        return self.start, self.input, self.feedback, self.transfer

    def ResetCell(self, size=None):
        """Let the next step given alone be the first of its sequence.

        Parameters
        ----------
        size : int, optional
            Steps until the state starts again; `rho`, if that is less or `size` is omitted.
        """
        self._check_built()
        self._limit = ENDLESS if size is None else integer(size, self, "size")
        self._left = 0

    # ---------------------------------------------------------------- shapes

    cdef int _shapes_of(self, const Shape* inner, Shape* a, Shape* m, Shape* h,
                        bint infer) except -1:
        """Fill in the shapes of a step's arrays, of as many rows as there are points and steps."""
        cdef Shape rows, taken, back
        cdef Py_ssize_t last = inner.ndim - 1
        if last not in (1, 2):
            self._refuse_shape(inner, "(batch, steps, features) or (batch, features)")
        rows.ndim, rows.dims[0], rows.dims[1] = 2, inner.dims[0], inner.dims[last]
        if last == 2:
            rows.dims[0] *= inner.dims[1]
        if infer:
            self._infer_place(self._places[INPUT], &rows, a)
            self._infer_place(self._places[START], a, m)
            self._infer_place(self._places[TRANSFER], m, h)
            self._infer_place(self._places[FEEDBACK], h, &back)
        else:
            self._fit(self._places[INPUT], &rows, &taken, a)
            self._fit(self._places[START], a, &taken, m)
            self._fit(self._places[TRANSFER], m, &taken, h)
            self._fit(self._places[FEEDBACK], h, &taken, &back)
        if a.ndim != 2 or h.ndim != 2 or not (a.dims[1] == m.dims[1] == back.dims[1]) or not (
                m.ndim == back.ndim == 2):
            raise ValueError(f"Recurrent: input, start and feedback give points of the shapes "
                             f"{as_tuple(a)}, {as_tuple(m)} and {as_tuple(&back)}, "
                             "expected one number of features")
        return 0

    cdef int _points_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Shape a, m, h
        self._shapes_of(inner, &a, &m, &h, False)
        outer[0] = inner[0]
        outer.dims[inner.ndim - 1] = h.dims[1]
        return 0

    cdef int _infer_points(self, const Shape* inner) except -1:
        cdef Shape a, m, h
        return self._shapes_of(inner, &a, &m, &h, True)

    # ---------------------------------------------------------------- steps

    cdef int _step(self, Step step, Step before, Py_ssize_t t) except -1:
        """Compute h from a, and from the step before if there is one."""
        if before is None:
            self._at_step(START, t).Forward(step.a, step.m)
        else:
            self._at_step(FEEDBACK, t).Forward(before.h, step.back)
            add(step.a, step.back, step.m)
        self._at_step(TRANSFER, t).Forward(step.m, step.h)
        return 0

    cdef int _step_back(self, Step step, Step before, Py_ssize_t t, bint more) except -1:
        """Compute da from dh, which is gy, and what the step before needs; `more`: steps follow."""
        if more:
            add_to(step.later, step.dh)
        self._at_step(TRANSFER, t).Backward(step.m, step.h, step.dh, step.dm)
        if before is None:
            self._at_step(START, t).Backward(step.a, step.m, step.dm, step.da)
        else:
            self._at_step(FEEDBACK, t).Backward(before.h, step.back, step.dm, before.later)
            step.da[...] = step.dm
        return 0

    cdef int _sum_up_step(self, Step step, Step before, Py_ssize_t t, ndarray gradient) except -1:
        self._sum_up(TRANSFER, t, step.m, step.dh, gradient)
        if before is None:
            return self._sum_up(START, t, step.a, step.dm, gradient)
        return self._sum_up(FEEDBACK, t, before.h, step.dm, gradient)

    cdef Step _before(self, Py_ssize_t t):
        """Return the step before one of a sequence, or None where the state starts."""
        return None if t % (self._rho or ENDLESS) == 0 else self._sequence[t - 1]

    # ---------------------------------------------------------------- passes

    cdef int _forward_points(self, ndarray x, ndarray y) except -1:
        self._known = False
        return self._forward_sequence(x, y) if PyArray_NDIM(x) == 3 else self._forward_step(x, y)

    cdef int _backward_points(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        if PyArray_NDIM(x) == 3:
            self._back_through(x, gy)
            rows = (<object>x).reshape(-1, PyArray_DIM(x, 2))
            self._at_step(INPUT, 0).Backward(rows, self._a, self._da,
                                             (<object>g).reshape(rows.shape))
            return 0
        self._at = (self._at or self._count) - 1
        self._back_one(self._at, gy)
        self._at_step(INPUT, self._at).Backward(
            x, (<Step>self._alone[self._at]).a, (<Step>self._alone[self._at]).da, g)
        return 0

    cdef int _gradient_points(self, ndarray x, ndarray error, ndarray gradient) except -1:
        cdef Py_ssize_t t
        cdef Step step, before
        gradient[...] = 0
        if PyArray_NDIM(x) == 3:
            if not self._knows(error):
                self._back_through(x, error)
            rows = (<object>x).reshape(-1, PyArray_DIM(x, 2))
            self._sum_up(INPUT, 0, rows, self._da, gradient)
            for t in range(len(self._sequence)):
                step = self._sequence[t]
                self._sum_up_step(step, self._before(t), t, gradient)
            return 0
        t = self._known_at if self._known else self._count - 1
        if not self._knows(error):
            self._back_one(t, error)
        step = self._alone[t]
        before = self._alone[t - 1] if t else None
        self._sum_up(INPUT, t, x, step.da, gradient)
        return self._sum_up_step(step, before, t, gradient)

    cdef int _forward_sequence(self, ndarray x, ndarray y) except -1:
        cdef Shape inner, a, m, h
        cdef Py_ssize_t points = PyArray_DIM(x, 0), t, steps = PyArray_DIM(x, 1)
        cdef Step step
        cdef int typenum = PyArray_TYPE(x)
        read_shape(x, &inner)
        self._shapes_of(&inner, &a, &m, &h, False)
        self._a, self._da = kept(self._a, &a, typenum), kept(self._da, &a, typenum)
        self._left = self._count = self._at = 0
        del self._sequence[steps:]
        self._sequence += [Step() for _ in range(steps - len(self._sequence))]
        a.dims[0] = m.dims[0] = h.dims[0] = points
        self._at_step(INPUT, 0).Forward((<object>x).reshape(-1, PyArray_DIM(x, 2)), self._a)
        for t in range(steps):
            step = self._sequence[t]
            step.fill(&a, &m, &h, typenum)
            take(self._a, step.a, points, t * a.dims[1])
            self._step(step, self._before(t), t)
            put(step.h, y, points, t * h.dims[1])
        return 0

    cdef int _back_through(self, ndarray x, ndarray gy) except -1:
        """Compute the derivatives by a whole sequence's sums."""
        cdef Py_ssize_t points = PyArray_DIM(x, 0), t, rho = self._rho or ENDLESS
        cdef Step step
        self._known = False
        for t in range(len(self._sequence) - 1, -1, -1):
            step = self._sequence[t]
            take(gy, step.dh, points, t * PyArray_DIM(step.dh, 1))
            self._step_back(step, self._before(t), t,
                            t + 1 < len(self._sequence) and (t + 1) % rho)
            put(step.da, self._da, points, t * PyArray_DIM(step.da, 1))
        return self._note(gy, 0)

    cdef int _forward_step(self, ndarray x, ndarray y) except -1:
        cdef Shape inner, a, m, h
        cdef Step step, before = None
        cdef Py_ssize_t t
        if self._left <= 0 or self._count == 0 or (
                PyArray_DIM((<Step>self._alone[self._count - 1]).h, 0) != PyArray_DIM(x, 0)) or (
                PyArray_TYPE((<Step>self._alone[self._count - 1]).h) != PyArray_TYPE(x)):
            self._left = min(<Py_ssize_t>(self._rho or ENDLESS), self._limit)
            self._count = self._lowest = 0
        elif not self._training and self._count > 1:    # none but the latest is kept
            self._alone[0], self._alone[1] = self._alone[1], self._alone[0]
            self._count = 1
        t = self._count
        self._lowest = 0 if self._training or t == 0 else t
        if t == len(self._alone):
            self._alone.append(Step())
        step = self._alone[t]
        if t:
            before = self._alone[t - 1]
        read_shape(x, &inner)
        self._shapes_of(&inner, &a, &m, &h, False)
        step.fill(&a, &m, &h, PyArray_TYPE(x))
        try:
            self._at_step(INPUT, t).Forward(x, step.a)
            self._step(step, before, t)
        except BaseException:
            self._left = 0
            raise
        y[...] = step.h
        self._left, self._count, self._at = self._left - 1, t + 1, 0
        return 0

    cdef int _back_one(self, Py_ssize_t t, ndarray gy) except -1:
        """Compute the derivatives by the sum of a step given alone, after those that follow it."""
        cdef Step step, before
        if not self._lowest <= t < self._count:
            self._at = 0
            raise RuntimeError("Recurrent: the step is kept no more, expected training to be True "
                               "while Forward is given the steps")
        step = self._alone[t]
        before = self._alone[t - 1] if t else None
        step.dh[...] = gy
        self._step_back(step, before, t, t + 1 < self._count)
        return self._note(gy, t)

    cdef int _note(self, ndarray gy, Py_ssize_t at) except -1:
        """Note which gy, of which step, the derivatives belong to."""
        self._known_at = at
        return self._note_error(gy)
