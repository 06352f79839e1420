"""Attention that looks several times. Source: mlpack ann/layer/recurrent_attention.hpp."""
from numpy cimport PyArray_DIM

from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport PyArray_TYPE, import_array, ndarray
from mlpack_ann._merge cimport add_to, put, take
from mlpack_ann._points cimport point_size
from mlpack_ann._validation cimport Shape, as_tuple, read_shape
from mlpack_ann.layer.container cimport kept
from mlpack_ann.layer.unrolled cimport Unrolled

import_array()

cdef enum:
    RNN, ACTION                             # places, in the order of their weights


cdef class Step:
    """What is kept of one step, (batch, ...)."""
    cdef ndarray a, seen, h                 # the action, the input with it, the output
    cdef ndarray da, dseen, dh              # derivatives

    cdef int fill(self, Shape* a, Shape* seen, Shape* h, int typenum) except -1:
        self.a, self.da = kept(self.a, a, typenum), kept(self.da, a, typenum)
        self.seen, self.dseen = kept(self.seen, seen, typenum), kept(self.dseen, seen, typenum)
        self.h, self.dh = kept(self.h, h, typenum), kept(self.dh, h, typenum)
        return 0


cdef class RecurrentAttention(Unrolled):
    """A layer that sees the same input several times, and each time chooses how from its own output
    of the time before.

    ``h[t] = rnn(concatenate(input, action(h[t - 1])))`` for `rho` steps, ``h[-1] = 0``; the output
    is the last h.

    Parameters
    ----------
    out_size : int
        Features of the output.
    rnn : Layer
        From the input's features and the action's behind them to `out_size`: one that begins with a
        :class:`Glimpse`, say.
    action : Layer
        From `out_size` to the features of the action, such as a location.
    rho : int
        Steps.

    Notes
    -----
    Input (batch, ...), all axes of a point counting as its features; output (batch, out_size).
    `parameters` is the weights of rnn, then of action. Backward goes through all steps, and must
    follow Forward of that input; an action that ends with a :class:`ReinforceNormal` learns from
    its reward. One that keeps something from Forward (a random layer, or one that holds others) is
    copied for each step; copies share its weights, `training`, `rng` and reward, but not
    statistics, nor what else is changed after the first Forward.

    mlpack's takes one point, and a location that it writes into a second one.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention.
    """
    cdef readonly Py_ssize_t out_size
    cdef Py_ssize_t _rho
    cdef list _steps
    cdef ndarray _start, _own               # kept: zeros; a step's derivative by the input

    def __init__(self, out_size, rnn, action, rho):
        self._require_idle()
        self._built = False
        self.out_size = integer(out_size, self, "out_size")
        self._rho = integer(rho, self, "rho")
        self._steps = []
        self._prepared = True
        super().__init__()
        self._unroll((rnn, action), -1)

    cdef bint _complete(self):
        return self._prepared

    @property
    def rnn(self):
        """Layer from the input and the action to the output."""
        return self._layer(RNN)

    @property
    def action(self):
        """Layer from the output to the action of the next step."""
        return self._layer(ACTION)

    @property
    def rho(self):
        """int: steps."""
        return self._rho

    def Model(self):
        """Return the layers, as mlpack's accessor: rnn and action."""
        return self.rnn, self.action

    # ---------------------------------------------------------------- shapes

    cdef int _shapes_of(self, const Shape* inner, Shape* a, Shape* seen, Shape* h,
                        bint infer) except -1:
        """Fill in the shapes of a step's arrays."""
        cdef Shape start, taken
        if inner.ndim < 2:
            self._refuse_shape(inner, "(batch, ...)")
        start.ndim, start.dims[0], start.dims[1] = 2, inner.dims[0], self.out_size
        if infer:
            self._infer_place(self._places[ACTION], &start, a)
        else:
            self._fit(self._places[ACTION], &start, &taken, a)
        if a.ndim != 2 or a.dims[0] != inner.dims[0]:
            raise ValueError(f"{type(self).__name__}: action gives points of the shape "
                             f"{as_tuple(a)}, expected (batch, features)")
        seen.ndim, seen.dims[0], seen.dims[1] = 2, inner.dims[0], point_size(inner) + a.dims[1]
        if infer:
            self._infer_place(self._places[RNN], seen, h)
        else:
            self._fit(self._places[RNN], seen, &taken, h)
        if as_tuple(h) != as_tuple(&start):
            raise ValueError(f"{type(self).__name__}: rnn gives points of the shape {as_tuple(h)}, "
                             f"expected {as_tuple(&start)}, of out_size features")
        return 0

    cdef int _points_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Shape a, seen
        return self._shapes_of(inner, &a, &seen, outer, False)

    cdef int _infer_points(self, const Shape* inner) except -1:
        cdef Shape a, seen, h
        return self._shapes_of(inner, &a, &seen, &h, True)

    # ---------------------------------------------------------------- passes

    cdef ndarray _before(self, Py_ssize_t t):
        """Return the output of the step before."""
        return (<Step>self._steps[t - 1]).h if t else self._start

    cdef int _forward_points(self, ndarray x, ndarray y) except -1:
        cdef Shape inner, a, seen, h
        cdef Py_ssize_t points = PyArray_DIM(x, 0), t
        cdef Step step
        cdef int typenum = PyArray_TYPE(x)
        self._known = False
        read_shape(x, &inner)
        self._shapes_of(&inner, &a, &seen, &h, False)
        self._start = kept(self._start, &h, typenum)
        self._start[...] = 0
        self._steps += [Step() for _ in range(self._rho - len(self._steps))]
        for t in range(self._rho):
            step = self._steps[t]
            step.fill(&a, &seen, &h, typenum)
            self._at_step(ACTION, t).Forward(self._before(t), step.a)
            put(x, step.seen, points, 0)
            put(step.a, step.seen, points, seen.dims[1] - a.dims[1])
            self._at_step(RNN, t).Forward(step.seen, step.h)
        y[...] = step.h
        return 0

    cdef int _back_through(self, ndarray gy, ndarray g) except -1:
        """Compute the derivatives by what each step saw and gave, and unless None by the input."""
        cdef Py_ssize_t points = PyArray_DIM(gy, 0), t
        cdef Step step = self._steps[self._rho - 1]
        cdef Shape shape
        self._known = False
        step.dh[...] = gy
        for t in range(self._rho - 1, -1, -1):
            step = self._steps[t]
            self._at_step(RNN, t).Backward(step.seen, step.h, step.dh, step.dseen)
            take(step.dseen, step.da, points, PyArray_DIM(step.dseen, 1) - PyArray_DIM(step.da, 1))
            if t:
                self._at_step(ACTION, t).Backward(self._before(t), step.a, step.da,
                                                  (<Step>self._steps[t - 1]).dh)
            if g is not None and t == self._rho - 1:
                take(step.dseen, g, points, 0)
            elif g is not None:
                read_shape(g, &shape)
                self._own = kept(self._own, &shape, PyArray_TYPE(g))
                take(step.dseen, self._own, points, 0)
                add_to(self._own, g)
        return self._note_error(gy)

    cdef int _backward_points(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return self._back_through(gy, g)

    cdef int _gradient_points(self, ndarray x, ndarray error, ndarray gradient) except -1:
        cdef Py_ssize_t t
        cdef Step step
        if not self._knows(error):
            self._back_through(error, None)
        gradient[...] = 0
        for t in range(self._rho):
            step = self._steps[t]
            self._sum_up(RNN, t, step.seen, step.dh, gradient)
            self._sum_up(ACTION, t, self._before(t), step.da, gradient)
        return 0
