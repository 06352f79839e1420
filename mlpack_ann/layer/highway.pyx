"""Highway layer. Source: mlpack ann/layer/highway.hpp."""
from cython cimport floating
from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_SIZE

from mlpack_ann._validation import flag, integer
from mlpack_ann.layer.base_layer import Sigmoid
from mlpack_ann.layer.linear import Linear

from mlpack_ann._arrays cimport PyArray_TYPE, import_array, ndarray
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._merge cimport add_to
from mlpack_ann._validation cimport Shape, as_tuple, read_shape
from mlpack_ann.layer.container cimport Container, Place, kept
from mlpack_ann.layer.multi_layer cimport MultiLayer

import_array()


cdef struct Task:
    const void* x
    const void* h
    const void* t
    const void* gy                          # NULL in Forward
    void* y                                 # of Backward: what g gets past the layers
    void* dh
    void* dt
    bint wide


cdef inline void blend(const Task* task, const floating* x, Py_ssize_t start,
                       Py_ssize_t stop) noexcept nogil:
    cdef const floating* h = <const floating*>task.h
    cdef const floating* t = <const floating*>task.t
    cdef const floating* gy = <const floating*>task.gy
    cdef floating* y = <floating*>task.y
    cdef floating* dh = <floating*>task.dh
    cdef floating* dt = <floating*>task.dt
    cdef Py_ssize_t i
    if gy is NULL:
        for i in range(start, stop):
            y[i] = h[i] * t[i] + x[i] * (1 - t[i])
        return
    for i in range(start, stop):
        dh[i] = gy[i] * t[i]
        dt[i] = gy[i] * (h[i] - x[i])
        y[i] = gy[i] * (1 - t[i])


cdef void blend_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        blend(t, <const double*>t.x, start, stop)
    else:
        blend(t, <const float*>t.x, start, stop)


cdef class Highway(MultiLayer):
    """``output = h * t + input * (1 - t)``, where ``h = layers(input)`` and the transform gate
    ``t = sigmoid(input @ W + b)``.

    Parameters
    ----------
    in_size : int, optional
        Features of a point; taken from the first input if omitted.
    model : bool, default=True
        Whether `Model()` gives the layers; their weights are among the `parameters` in any case.
    layers : iterable of Layer, optional
        The first layers, which work one after the other; `Add` appends others.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the gate's initial weights, drawn uniformly from ``+-1 / sqrt(in_size)``.

    Notes
    -----
    Input and output: (batch, in_size), a shape that the layers keep. `parameters` is W in C order,
    (in_size, in_size), b (in_size), then the weights of the layers. Backward must follow Forward
    of that input.

    References
    ----------
    Srivastava, Greff and Schmidhuber (2015), Highway networks.
    """
    cdef readonly bint model
    cdef Py_ssize_t _in_size                # 0 until known
    cdef ndarray _h, _dh, _dt, _da, _past   # kept

    def __init__(self, in_size=None, model=True, *, layers=(), dtype="float64", rng=None):
        self._built = False
        self.model = flag(model, self, "model")
        self._in_size = 0 if in_size is None else integer(in_size, self, "in_size")
        self._prepared = True
        Container.__init__(self, layers, dtype, rng)
        if in_size is not None:
            self._add_gate()

    cdef bint _complete(self):
        return self._prepared

    @property
    def in_size(self):
        """int: features of a point; None until the first input tells."""
        return self._in_size or None

    def Model(self):
        """Return the layers that were added, or none if `model` is False."""
        return self.layers if self.model else ()

    def __getstate__(self):
        # The gate's weights are in no other layer's state.
        return {**MultiLayer.__getstate__(self), "parameters": self.parameters}

    cdef int _add_gate(self) except -1:
        gate = Linear(self._in_size, self._in_size, dtype=Container.dtype.__get__(self),
                      rng=self._rng)
        self._hold((gate, Sigmoid()), True)
        self._hidden = 2
        return self._settle()

    cdef int _settle(self) except -1:
        MultiLayer._settle(self)
        if not self._hidden:
            self._unsized, self._parameters = True, None
        return 0

    cdef int _points_shape(self, const Shape* inner, Shape* outer) except -1:
        if inner.ndim != 2 or inner.dims[1] == 0 or (
                self._in_size and inner.dims[1] != self._in_size):
            return self._refuse_shape(inner, f"(batch, {self.in_size or 'in_size'})")
        self._chain_shape(inner, outer)
        if as_tuple(outer) != as_tuple(inner):
            self._refuse_shape(inner, "a shape that the layers keep, not one they make "
                                      f"{as_tuple(outer)} of")
        return 0

    cdef int _infer_points(self, const Shape* inner) except -1:
        if not self._hidden:
            self._in_size = inner.dims[1]
            self._add_gate()
        return MultiLayer._infer_points(self, inner)

    cdef int _run(self, Task* task, ndarray x) except -1:
        if PyArray_SIZE(self._h) != PyArray_SIZE(x) or PyArray_TYPE(self._h) != PyArray_TYPE(x):
            raise RuntimeError("Highway: was changed while it was run")
        task.x, task.wide = PyArray_DATA(x), PyArray_TYPE(x) == NPY_DOUBLE
        task.h = PyArray_DATA(self._h)
        task.t = PyArray_DATA((<Place>self._places[1]).output)
        in_parts(blend_part, task, PyArray_SIZE(x), 1)
        return 0

    cdef int _forward_points(self, ndarray x, ndarray y) except -1:
        cdef Task task
        cdef Shape shape
        cdef Place linear = self._places[0], sigmoid = self._places[1]
        read_shape(x, &shape)
        linear.layer.Forward(x, linear.output_of(&shape, PyArray_TYPE(x)))
        sigmoid.layer.Forward(linear.output, sigmoid.output_of(&shape, PyArray_TYPE(x)))
        self._h = kept(self._h, &shape, PyArray_TYPE(x))
        self._chain_forward(x, self._h)
        task.gy, task.y = NULL, PyArray_DATA(y)
        return self._run(&task, x)

    cdef int _split(self, ndarray x, ndarray gy, ndarray past) except -1:
        """Write the derivatives by h and by the gate's sum, and what passes both by."""
        cdef Task task
        cdef Shape shape
        cdef int typenum = PyArray_TYPE(x)
        cdef Place linear = self._places[0], sigmoid = self._places[1]
        read_shape(x, &shape)
        self._dh, self._dt = kept(self._dh, &shape, typenum), kept(self._dt, &shape, typenum)
        self._da = kept(self._da, &shape, typenum)
        task.gy, task.y = PyArray_DATA(gy), PyArray_DATA(past)
        task.dh, task.dt = PyArray_DATA(self._dh), PyArray_DATA(self._dt)
        self._run(&task, x)
        sigmoid.layer.Backward(linear.output, sigmoid.output, self._dt, self._da)
        return 0

    cdef int _backward_points(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Shape shape
        cdef Place linear = self._places[0]
        read_shape(x, &shape)
        self._past = kept(self._past, &shape, PyArray_TYPE(x))
        self._split(x, gy, self._past)
        self._chain_backward(x, self._h, self._dh, g)
        add_to(self._past, g)
        linear.layer.Backward(x, linear.output, self._da, self._past)
        return add_to(self._past, g)

    cdef int _gradient_points(self, ndarray x, ndarray error, ndarray gradient) except -1:
        cdef Shape shape
        cdef Place linear = self._places[0]
        read_shape(x, &shape)
        self._past = kept(self._past, &shape, PyArray_TYPE(x))
        self._split(x, error, self._past)
        linear.layer.Gradient(x, self._da, gradient[linear.start:linear.stop])
        return self._chain_gradient(x, self._dh, gradient)
