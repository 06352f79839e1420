"""Sum along an axis. Source: mlpack ann/layer/sum_reduce.hpp."""
from mlpack_ann._validation import flag, integer

from cython cimport floating
from numpy cimport PyArray_DATA, PyArray_NBYTES

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._blocks cimport Blocks, add_loop, copy_blocks, no_blocks
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._points cimport read_point
from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.layer.layer cimport Layer

import_array()

cdef extern from "_row_totals.h" nogil:
    void ann_row_totals_f32(const float* x, float* y, Py_ssize_t rows, Py_ssize_t n)
    void ann_row_totals_f64(const double* x, double* y, Py_ssize_t rows, Py_ssize_t n)

cdef extern from "_row_sums.h" nogil:
    enum:
        ANN_SUM, ANN_SPAN
    const Py_ssize_t ANN_STREAM_BYTES
    void ann_row_sums_f32(int kind, const float* e, const float* x, Py_ssize_t stride,
                          Py_ssize_t rows, Py_ssize_t n, bint fetched, const float* shift,
                          const double* mean, const double* factor, double* s, double* q)
    void ann_row_sums_f64(int kind, const double* e, const double* x, Py_ssize_t stride,
                          Py_ssize_t rows, Py_ssize_t n, bint fetched, const double* shift,
                          const double* mean, const double* factor, double* s, double* q)

cdef enum:
    SPAN = 1024                         # columns summed together, at most ANN_SPAN
    LINE = 16                           # a span is a multiple of these
    ROWS = 16                           # whose totals are an item for the threads


cdef struct Sums:
    const void* x                       # (outer, terms, inner)
    void* y                             # (outer, inner)
    Py_ssize_t outer, terms, inner
    Py_ssize_t spans, span              # of columns
    bint wide, fetched                  # float64; read from memory


cdef inline void add_rows(const Sums* t, const floating* x, floating* y,
                          Py_ssize_t n) noexcept nogil:
    """Sum n columns."""
    cdef double total[SPAN]
    cdef double unused[SPAN]
    cdef Py_ssize_t j
    if floating is double:
        ann_row_sums_f64(ANN_SUM, x, NULL, t.inner, t.terms, n, t.fetched, NULL, NULL, NULL, total,
                         unused)
    else:
        ann_row_sums_f32(ANN_SUM, x, NULL, t.inner, t.terms, n, t.fetched, NULL, NULL, NULL, total,
                         unused)
    for j in range(n):
        y[j] = <floating>total[j]


cdef inline void sum_part(const Sums* t, Py_ssize_t start, Py_ssize_t stop, const floating* x,
                          floating* y) noexcept nogil:
    """Items start..stop: groups of rows, or spans of columns of each outer index."""
    cdef Py_ssize_t item, o, j
    if t.inner == 1:
        start, stop = start * ROWS, min(stop * ROWS, t.outer)
        if floating is double:
            ann_row_totals_f64(x + start * t.terms, y + start, stop - start, t.terms)
        else:
            ann_row_totals_f32(x + start * t.terms, y + start, stop - start, t.terms)
        return
    for item in range(start, stop):
        o, j = item // t.spans, item % t.spans * t.span
        add_rows(t, x + o * t.terms * t.inner + j, y + o * t.inner + j, min(t.span, t.inner - j))


cdef void sum_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Sums* t = <const Sums*>task
    if t.wide:
        sum_part(t, start, stop, <const double*>t.x, <double*>t.y)
    else:
        sum_part(t, start, stop, <const float*>t.x, <float*>t.y)


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
        t.fetched = PyArray_NBYTES(x) >= ANN_STREAM_BYTES
        if t.inner == 1:
            in_parts(sum_work, &t, (t.outer + ROWS - 1) // ROWS, <double>ROWS * t.terms)
        elif t.inner > 0:
            t.spans = (t.inner + SPAN - 1) // SPAN
            t.span = ((t.inner + t.spans - 1) // t.spans + LINE - 1) // LINE * LINE
            t.spans = (t.inner + t.span - 1) // t.span
            in_parts(sum_work, &t, t.outer * t.spans, <double>t.terms * t.span)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Sums t = self._sums(x)
        cdef Blocks b = no_blocks()
        add_loop(&b, t.outer, t.inner, t.terms * t.inner)
        add_loop(&b, t.terms, 0, t.inner)
        add_loop(&b, t.inner, 1, 1)
        copy_blocks(&b, gy, 0, g, 0)
        return 0
