"""Sum along an axis. Source: mlpack ann/layer/sum_reduce.hpp."""
from mlpack_ann._validation import flag, integer

from cython cimport floating
from numpy cimport PyArray_DATA

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._blocks cimport Blocks, add_loop, copy_blocks, no_blocks
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._points cimport read_point
from mlpack_ann._reduce cimport sum_
from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.layer.layer cimport Layer

import_array()

cdef enum:
    BLOCK = 256                         # sums side by side that stay in the first cache
    SHORT = 16                          # terms up to which a plain loop beats a SIMD reduction


cdef struct Sums:
    const void* x                       # (outer, terms, inner)
    void* y                             # (outer, inner)
    Py_ssize_t outer, terms, inner
    bint wide                           # float64


cdef inline floating total_of(const floating* x, Py_ssize_t n) noexcept nogil:
    cdef floating total = 0
    cdef Py_ssize_t i
    if n > SHORT:
        return <floating>sum_(x, n)
    for i in range(n):
        total += x[i]
    return total


cdef inline void add_rows(const floating* x, floating* y, Py_ssize_t terms, Py_ssize_t step,
                          Py_ssize_t n) noexcept nogil:
    """Sum n columns of rows that are a step apart."""
    cdef double total[BLOCK]
    cdef Py_ssize_t i, j
    for j in range(n):
        total[j] = 0
    for i in range(terms):
        for j in range(n):
            total[j] += x[i * step + j]
    for j in range(n):
        y[j] = <floating>total[j]


cdef inline void sum_part(const Sums* t, Py_ssize_t start, Py_ssize_t stop, const floating* x,
                          floating* y) noexcept nogil:
    """Items start..stop: blocks of columns, of each outer index."""
    cdef Py_ssize_t blocks = blocks_of(t.inner), item, o, j
    for item in range(start, stop):
        o, j = item // blocks, item % blocks * BLOCK
        if t.inner == 1:
            y[o] = total_of(x + o * t.terms, t.terms)
        else:
            add_rows(x + o * t.terms * t.inner + j, y + o * t.inner + j, t.terms, t.inner,
                     min(<Py_ssize_t>BLOCK, t.inner - j))


cdef void sum_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Sums* t = <const Sums*>task
    if t.wide:
        sum_part(t, start, stop, <const double*>t.x, <double*>t.y)
    else:
        sum_part(t, start, stop, <const float*>t.x, <float*>t.y)


cdef inline Py_ssize_t blocks_of(Py_ssize_t inner) noexcept nogil:
    return (inner + BLOCK - 1) // BLOCK


cdef class SumReduce(Layer):
    """Sum each point along one of its axes.

    Parameters
    ----------
    axis : int, default=0
        Which axis of a point; 0 is the first after the batch. mlpack counts from the last.
    keep_dimensions : bool, default=False
        Whether the axis stays, with one element.

    Notes
    -----
    Input (batch, ...), output without the axis; (batch, 1) for points of a single one. Flat points
    may stand for those of `input_dimensions`, and give flat ones.
    """
    cdef readonly Py_ssize_t axis
    cdef readonly bint keep_dimensions

    def __init__(self, axis=0, keep_dimensions=False):
        self.axis = integer(axis, self, "axis", 0)
        self.keep_dimensions = flag(keep_dimensions, self, "keep_dimensions")
        super().__init__()

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Shape point
        cdef Sums t
        cdef int i
        self._read(inner, &point, &t)
        outer[0] = inner[0]
        if inner.ndim != point.ndim + 1:    # flat
            outer.dims[1] = t.outer * t.inner
        elif self.keep_dimensions or point.ndim == 1:
            outer.dims[1 + self.axis] = 1
        else:
            outer.ndim -= 1
            for i in range(1 + <int>self.axis, outer.ndim):
                outer.dims[i] = inner.dims[i + 1]
        return 0

    cdef int _read(self, const Shape* batch, Shape* point, Sums* t) except -1:
        """Fill in the axes of a point and its sizes before, along and after the axis."""
        cdef int i
        if not read_point(batch, self._input_dimensions, 0, point) or point.ndim <= self.axis:
            dims = "" if self._input_dimensions is None else (
                f", or flat points of input_dimensions {self._input_dimensions}")
            return self._refuse_shape(batch, f"(batch, ...) with more than {self.axis} axes in a "
                                             f"point{dims}")
        t.outer, t.terms, t.inner = 1, point.dims[self.axis], 1
        for i in range(point.ndim):
            if i < self.axis:
                t.outer *= point.dims[i]
            elif i > self.axis:
                t.inner *= point.dims[i]
        return 0

    cdef Sums _sums(self, ndarray x) except *:
        cdef Shape batch, point
        cdef Sums t
        read_shape(x, &batch)
        self._read(&batch, &point, &t)
        t.outer *= batch.dims[0]
        return t

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Sums t = self._sums(x)
        t.x, t.y, t.wide = PyArray_DATA(x), PyArray_DATA(y), PyArray_TYPE(x) == NPY_DOUBLE
        in_parts(sum_work, &t, t.outer * blocks_of(t.inner),
                 <double>t.terms * min(<Py_ssize_t>BLOCK, t.inner))
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Sums t = self._sums(x)
        cdef Blocks b = no_blocks()
        add_loop(&b, t.outer, t.inner, t.terms * t.inner)
        add_loop(&b, t.terms, 0, t.inner)
        add_loop(&b, t.inner, 1, 1)
        copy_blocks(&b, gy, 0, g, 0)
        return 0
