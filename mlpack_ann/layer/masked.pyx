"""What the layers share that drop at random: the mask."""
import numpy as np

from cython cimport floating
from libc.math cimport round
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from numpy cimport PyArray_DATA, PyArray_DIM, PyArray_ITEMSIZE, PyArray_NBYTES, PyArray_SIZE

from mlpack_ann import _random
from mlpack_ann._validation import as_array, name_of, number

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._hash cimport hashed
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._rows_out cimport RowsOut, end_rows, is_streamed, next_row, start_rows
from mlpack_ann._validation cimport Shape, as_tuple, read_shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef enum:
    BLOCK = 1024                            # entries of a mask drawn before they are used
    WEIGHT = 2                              # of an element, for in_parts


cdef inline void draw(uint8_t* mask, Py_ssize_t start, Py_ssize_t stop, uint32_t threshold,
                      uint64_t key) noexcept nogil:
    """Keep (1) where random bits reach the threshold."""
    cdef Py_ssize_t i
    for i in range(start, stop):
        mask[i] = hashed(<uint32_t>i, key) >= threshold


cdef inline void apply(const Task* t, RowsOut* out, const uint8_t* mask, Py_ssize_t n,
                       const floating* x) noexcept nogil:
    """scale * mask * x, for n entries of the mask."""
    cdef floating scale = <floating>t.scale, factor
    cdef floating* y
    cdef Py_ssize_t i, j, run = t.run
    if run == 1:
        y = <floating*>next_row(out, n * sizeof(floating))
        for i in range(n):
            y[i] = x[i] * (scale * mask[i])
        return
    for i in range(n):
        y = <floating*>next_row(out, run * sizeof(floating))
        factor = scale * mask[i]
        for j in range(run):
            y[j] = factor * x[j]
        x += run


cdef inline void shift(const Task* t, RowsOut* out, const uint8_t* mask, Py_ssize_t n,
                       const floating* x) noexcept nogil:
    """scale * mask * x, plus a number for what is kept and another for what is dropped."""
    cdef floating scale = <floating>t.scale, dropped = <floating>t.dropped
    cdef floating more = <floating>(t.kept - t.dropped)
    cdef floating* y = <floating*>next_row(out, n * sizeof(floating))
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = x[i] * (scale * mask[i]) + (dropped + more * mask[i])


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    cdef Py_ssize_t item = t.run * (sizeof(double) if t.wide else sizeof(float)), first, n
    cdef RowsOut out
    start_rows(&out, t.y + start * item, t.streamed)
    while start < stop:
        first = start % t.entries
        n = min(<Py_ssize_t>BLOCK, stop - start, t.entries - first)
        if t.drawn:
            draw(t.mask, first, first + n, t.threshold, t.key)
        if t.shifted:
            if t.wide:
                shift(t, &out, t.mask + first, n, <const double*>(t.x + start * item))
            else:
                shift(t, &out, t.mask + first, n, <const float*>(t.x + start * item))
        elif t.wide:
            apply(t, &out, t.mask + first, n, <const double*>(t.x + start * item))
        else:
            apply(t, &out, t.mask + first, n, <const float*>(t.x + start * item))
        start += n
    end_rows(&out)


cdef ndarray as_mask(object value, object owner):
    """Return an array of zeros and ones as a mask."""
    mask = as_array(value, owner, "mask")
    if mask.dtype.kind not in "biuf":
        raise TypeError(f"{name_of(owner)}: mask is {mask.dtype}, expected zeros and ones")
    if not np.isin(mask, (0, 1)).all():
        raise ValueError(f"{name_of(owner)}: mask has other values than 0 and 1")
    return np.array(mask, np.uint8, order="C")


cdef ndarray next_mask(Task* t, ndarray memory, tuple shape, double ratio, object rng):
    """Return a mask of this shape, in `memory` if it fits, that `multiply_by` is to draw."""
    cdef double uniform = _random.generator(rng).random()   # 53 bits, in any generator
    if memory is None or (<object>memory).shape != shape:
        memory = np.empty(shape, np.uint8)
    if ratio == 1:
        memory[...] = 0
        return memory
    t.drawn, t.key = True, <uint64_t>(uniform * 2.0**53)
    t.threshold = <uint32_t>min(round(ratio * 2.0**32), 2.0**32 - 1)
    return memory


cdef int multiply_by(ndarray mask, ndarray x, ndarray y, double scale, Task* t) except -1:
    """y = scale * mask * x; the mask is drawn meanwhile if the task says so."""
    cdef Py_ssize_t size = PyArray_SIZE(x), entries
    if size == 0:
        return 0
    t.x, t.y = <const char*>PyArray_DATA(x), <char*>PyArray_DATA(y)
    t.mask, t.entries = <uint8_t*>PyArray_DATA(mask), PyArray_SIZE(mask)
    entries = t.entries // PyArray_DIM(mask, 0) * PyArray_DIM(x, 0)
    t.run, t.scale, t.wide = size // entries, scale, PyArray_TYPE(x) == NPY_DOUBLE
    t.streamed = is_streamed(PyArray_NBYTES(y), t.run * PyArray_ITEMSIZE(y))
    in_parts(work, t, entries, t.run * WEIGHT)
    return 0


cdef class Masked(Layer):
    """``output = mask * input / (1 - ratio)`` in training mode, else the input.

    A class with a mask of another shape than the input's writes `_mask_shape`.
    """
    _state = ("_fixed_mask",)

    def __init__(self, ratio, rng):
        self.ratio = ratio
        self._given = self._mask = None
        super().__init__(rng=rng)

    @property
    def ratio(self):
        """float: probability of being dropped."""
        return self._ratio

    @ratio.setter
    def ratio(self, value):
        self._ratio = number(value, self, "ratio", minimum=0, maximum=1)

    @property
    def mask(self):
        """uint8 array, 1 where kept and 0 where dropped: the mask assigned, or else the one the
        latest Forward drew; None if there is neither. A copy.

        Assign a mask, of one point (1, ...) or of the batch, and every Forward in training mode
        uses it, until None is assigned.
        """
        if self._given is not None:
            return (<object>self._given).copy()
        mask = <object>self._mask
        if mask is None:
            return None
        return np.broadcast_to(mask, (self._seen[0], *mask.shape[1:])).copy()

    @mask.setter
    def mask(self, value):
        self._given = None if value is None else as_mask(value, self)

    @property
    def _fixed_mask(self):
        return self._given

    @_fixed_mask.setter
    def _fixed_mask(self, value):
        self.mask = value

    cdef int _mask_shape(self, const Shape* inner, Shape* mask) except -1:
        """Fill in the mask's shape for an input of this shape. Default: the same."""
        mask[0] = inner[0]
        return 0

    cdef int _next_mask(self, ndarray x, Task* t) except -1:
        """Take the mask assigned, or have a new one drawn."""
        cdef Shape inner, shape
        read_shape(x, &inner)
        self._mask_shape(&inner, &shape)
        expected = as_tuple(&shape)
        if self._given is not None:
            given = (<object>self._given).shape
            if given != expected and given != (1, *expected[1:]):
                raise ValueError(f"{type(self).__name__}: mask has shape {given}, "
                                 f"expected {expected} or {(1, *expected[1:])}")
            self._mask = self._given
            return 0
        self._mask = self._drawn = next_mask(t, self._drawn, expected, self._ratio, self.rng)
        return 0

    cdef double _factor(self, Task* t):
        """Return the factor of what is kept, and tell the task what is added. Default: nothing."""
        return 1 / (1 - self._ratio) if self._ratio < 1 else 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Task t
        t.drawn = t.shifted = False
        if self._training:
            self._next_mask(x, &t)
        else:
            self._mask = None
        self._scale = self._factor(&t)
        self._remember(x)
        return self._apply(x, y, &t)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Task t
        self._require_forward(x)
        t.drawn = t.shifted = False
        return self._apply(gy, g, &t)

    cdef int _apply(self, ndarray x, ndarray y, Task* t) except -1:
        """Multiply by the mask, if there is one."""
        if self._mask is None:
            y[...] = x
            return 0
        return multiply_by(self._mask, x, y, self._scale, t)
