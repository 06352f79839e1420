"""Sums over the rows of a matrix, column by column, on several threads.

The columns are shared among the threads; few columns are not worth sharing, so there the rows are,
in chunks whose number depends on the matrix alone, and the chunks' sums are added in their order.
"""
from cython cimport floating
from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_TYPE, import_array, ndarray

from mlpack_ann._parallel cimport in_parts

import_array()

cdef extern from "_row_sums.h" nogil:
    const Py_ssize_t ANN_STREAM_BYTES, ANN_ROWS
    void ann_row_sums_f32(int kind, const float* e, const float* x, Py_ssize_t stride,
                          Py_ssize_t rows, Py_ssize_t n, bint fetched, const float* shift,
                          const double* mean, const double* factor, double* s, double* q)
    void ann_row_sums_f64(int kind, const double* e, const double* x, Py_ssize_t stride,
                          Py_ssize_t rows, Py_ssize_t n, bint fetched, const double* shift,
                          const double* mean, const double* factor, double* s, double* q)

cdef enum:
    COLUMNS = 32                        # a thread's share is a multiple of these
    SPAN = 1024                         # ANN_SPAN
    FEW = 128                           # columns that are not shared
    CHUNKS = 16


cdef struct Task:
    const RowSums* of
    Py_ssize_t chunk                    # rows of a chunk; 0: columns are shared
    double* parts                       # of each chunk, s and q


cdef void part_of(const RowSums* t, Py_ssize_t row, Py_ssize_t rows, Py_ssize_t j, Py_ssize_t n,
                  floating of_type, double* s, double* q) noexcept nogil:
    """Sum up some rows and columns; `of_type` only tells the type."""
    cdef Py_ssize_t start = row * t.size + j
    cdef const floating* e = <const floating*>t.e + start
    cdef const floating* x = NULL
    cdef const floating* shift = NULL
    cdef const double* mean = NULL
    cdef const double* factor = NULL
    cdef bint fetched = t.rows * t.size * sizeof(floating) >= ANN_STREAM_BYTES
    if t.x is not NULL:
        x = <const floating*>t.x + start
    if t.shift is not NULL:
        shift = <const floating*>t.shift + j
    if t.mean is not NULL:
        mean, factor = t.mean + row, t.factor + row
    if floating is double:
        ann_row_sums_f64(t.kind, e, x, t.size, rows, n, fetched, shift, mean, factor, s, q)
    else:
        ann_row_sums_f32(t.kind, e, x, t.size, rows, n, fetched, shift, mean, factor, s, q)


cdef void store(const RowSums* t, Py_ssize_t start, Py_ssize_t n, floating of_type, const double* s,
                const double* q) noexcept nogil:
    cdef Py_ssize_t j
    cdef floating* to
    if t.s64 is not NULL:
        for j in range(n):
            t.s64[start + j] = s[j]
        if t.q64 is not NULL:
            for j in range(n):
                t.q64[start + j] = q[j]
        return
    to = <floating*>t.s + start
    for j in range(n):
        to[j] = <floating>s[j]
    if t.q is not NULL:
        to = <floating*>t.q + start
        for j in range(n):
            to[j] = <floating>q[j]


cdef void columns(const RowSums* t, Py_ssize_t start, Py_ssize_t stop,
                  floating of_type) noexcept nogil:
    cdef double s[SPAN]
    cdef double q[SPAN]
    cdef Py_ssize_t n
    while start < stop:
        n = min(stop - start, <Py_ssize_t>SPAN)
        part_of(t, 0, t.rows, start, n, of_type, s, q)
        store(t, start, n, of_type, s, q)
        start += n


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    cdef const RowSums* of = t.of
    cdef Py_ssize_t k, row, rows
    cdef double* s
    if t.chunk == 0:
        start, stop = start * COLUMNS, min(stop * COLUMNS, of.size)
        if of.wide:
            columns[double](of, start, stop, 0)
        else:
            columns[float](of, start, stop, 0)
        return
    for k in range(start, stop):
        row = k * t.chunk
        rows = min(t.chunk, of.rows - row)
        s = t.parts + 2 * k * of.size
        if of.wide:
            part_of[double](of, row, rows, 0, of.size, 0, s, s + of.size)
        else:
            part_of[float](of, row, rows, 0, of.size, 0, s, s + of.size)


cdef void run_row_sums(RowSums* t) noexcept nogil:
    """Form the sums."""
    cdef double parts[2 * CHUNKS * FEW]
    cdef Task task
    cdef Py_ssize_t chunks, k, j
    task.of, task.chunk, task.parts = t, 0, &parts[0]
    if t.size == 0:
        return
    if t.size >= FEW or t.rows < 2 * CHUNKS * ANN_ROWS:
        in_parts(work, &task, (t.size + COLUMNS - 1) // COLUMNS, <double>t.rows * COLUMNS)
        return
    task.chunk = ((t.rows + CHUNKS - 1) // CHUNKS + ANN_ROWS - 1) // ANN_ROWS * ANN_ROWS
    chunks = (t.rows + task.chunk - 1) // task.chunk
    in_parts(work, &task, chunks, <double>task.chunk * t.size)
    for k in range(1, chunks):
        for j in range(2 * t.size):
            parts[j] += parts[2 * k * t.size + j]
    if t.wide:
        store[double](t, 0, t.size, 0, parts, parts + t.size)
    else:
        store[float](t, 0, t.size, 0, parts, parts + t.size)


cdef int sum_rows(ndarray x, ndarray total) except -1:
    """total = the sum of the rows of a batch, as wide as `total`; both C-contiguous."""
    cdef RowSums t
    t.kind, t.wide = ANN_SUM, PyArray_TYPE(x) == NPY_DOUBLE
    t.rows, t.size = PyArray_DIM(x, 0), PyArray_DIM(total, 0)
    t.e, t.s = PyArray_DATA(x), PyArray_DATA(total)
    t.x = t.shift = t.q = NULL
    t.mean = t.factor = NULL
    t.s64 = t.q64 = NULL
    run_row_sums(&t)
    return 0
