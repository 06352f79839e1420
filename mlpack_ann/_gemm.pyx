"""Matrix products of the linear layers, and the sums that go with them.

By the register blocks of _product.h, in panels of the result's columns, which is what threads
share; single rows are limited by reading the matrix, which _rows.h does at the speed of the cache.
Measured with AVX-512 against NumPy's OpenBLAS: 1.05 to 1.8 times as fast from four rows on, as fast
for one row, and with the same bits for any number of threads, which BLAS does not promise.
"""
from cython cimport floating
from libc.string cimport memcpy, memset
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_ITEMSIZE, PyArray_TYPE,
                    import_array, ndarray)

from mlpack_ann._parallel cimport in_parts, parts_of
from mlpack_ann._product cimport (VECTOR_BYTES, Product, multiply, to_pixels, to_planes,
                                  whole_vectors)
from mlpack_ann._scratch cimport Scratch

import_array()

cdef extern from *:
    """
    #define T float
    #define NAME(f) f##_float
    #include "_rows.h"
    #undef T
    #undef NAME
    #define T double
    #define NAME(f) f##_double
    #include "_rows.h"
    #undef T
    #undef NAME
    """
    void combine_float(const float*, const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t,
                       float*) noexcept nogil
    void combine_double(const double*, const double*, Py_ssize_t, Py_ssize_t, Py_ssize_t,
                        double*) noexcept nogil
    void dots_float(const float*, Py_ssize_t, Py_ssize_t, const float*, float*) noexcept nogil
    void dots_double(const double*, Py_ssize_t, Py_ssize_t, const double*, double*) noexcept nogil

cdef enum:                              # what a piece of scratch memory is for
    PLACES, PANELS, RESULTS, START, TURNED, TURNED_RESULT, PACKED

cdef enum:
    WIDTH = 4                           # vectors of a panel
    DEPTH = 1024                        # rows of a panel's factor at a time: 256 kB
    BLOCK = 8                           # of dot products
    LONG = 512                          # taps; above it reading a left factor by columns is slow
    LINE = 64                           # bytes that a packed one has together
    PAGE = 2048                         # bytes between rows that have few places in a cache
    FEW = 4                             # rows
    MANY = 128


cdef struct Task:                       # out (rows, columns) = x by w, plus start
    bint wide, turned                   # float64; w is (columns, taps)
    Py_ssize_t rows, columns, taps
    Py_ssize_t width                    # of a panel
    Py_ssize_t splits                   # of the rows
    const void* x
    const void* w
    const void* start                   # in whole vectors, or NULL
    void* out
    const Py_ssize_t* place
    const Py_ssize_t* offset
    void* panels
    void* results
    Py_ssize_t panel_size, result_size


cdef int run(Task* t, Scratch scratch, Py_ssize_t block, Py_ssize_t block_step,
             Py_ssize_t tap_step, const floating* bias) except -1 nogil:
    """Multiply by register blocks; element (r, t) of the left factor is x[r // block * block_step
    + r % block + t * tap_step]."""
    cdef Py_ssize_t lanes = whole_vectors(1, sizeof(floating)), panels, i
    # Sixteen multiply-adds take as long as an element of a map.
    cdef double weight = t.rows * <double>t.taps * t.columns / 16
    cdef int parts = parts_of(t.columns, weight / t.columns)
    cdef Py_ssize_t* steps
    cdef floating* start
    t.width = WIDTH * lanes
    panels = (t.columns + t.width - 1) // t.width
    t.splits = 1 if panels % parts == 0 or panels >= 4 * parts else min(<Py_ssize_t>parts, t.rows)
    t.wide = sizeof(floating) == 8
    t.panel_size, t.result_size = min(t.taps, <Py_ssize_t>DEPTH) * t.width, t.rows * t.width
    steps = <Py_ssize_t*>scratch.take(PLACES, (t.rows + t.taps) * sizeof(Py_ssize_t))
    t.panels = scratch.take(PANELS, parts * t.panel_size * sizeof(floating))
    t.results = scratch.take(RESULTS, parts * t.result_size * sizeof(floating))
    t.place, t.offset, t.start = steps, steps + t.rows, NULL
    for i in range(t.rows):
        steps[i] = i // block * block_step + i % block
    for i in range(t.taps):
        steps[t.rows + i] = i * tap_step
    if bias is not NULL:
        start = <floating*>scratch.take(START, panels * t.width * sizeof(floating))
        memset(start + t.columns, 0, (panels * t.width - t.columns) * sizeof(floating))
        memcpy(start, bias, t.columns * sizeof(floating))
        t.start = start
    in_parts(work, t, panels * t.splits, weight / (panels * t.splits))
    return 0


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    cdef Py_ssize_t i
    for i in range(start, stop):
        if t.wide:
            multiply_panel(t, part, i // t.splits, i % t.splits, <double*>t.out)
        else:
            multiply_panel(t, part, i // t.splits, i % t.splits, <float*>t.out)


cdef void multiply_panel(const Task* t, int part, Py_ssize_t panel, Py_ssize_t split,
                         floating* out) noexcept nogil:
    """Fill some rows of the columns of a panel. Its factor is read in place if it has whole vectors
    of contiguous columns, else copied; so too the result."""
    cdef Py_ssize_t column = panel * t.width, columns = min(t.width, t.columns - column)
    cdef Py_ssize_t padded = whole_vectors(columns, sizeof(floating)), first = 0, i
    cdef Py_ssize_t row = t.rows * split // t.splits, rows = t.rows * (split + 1) // t.splits - row
    cdef floating* copy = <floating*>t.panels + part * t.panel_size
    cdef floating* result = <floating*>t.results + part * t.result_size
    cdef const floating* w
    cdef bint crowded = rows >= MANY and t.columns * sizeof(floating) % PAGE == 0
    cdef Product k
    k.rows, k.vectors = rows, padded // whole_vectors(1, sizeof(floating))
    k.x, k.place = t.x, t.place + row
    k.start = NULL if t.start is NULL else <const floating*>t.start + column
    k.y, k.y_step = out + row * t.columns + column, t.columns
    if padded != columns:
        k.y, k.y_step = result, padded
    while first < t.taps or first == 0:
        k.taps, k.offset = min(t.taps - first, <Py_ssize_t>DEPTH), t.offset + first
        k.adds = first > 0
        if t.turned:
            w = <const floating*>t.w + column * t.taps + first
            to_pixels(w, t.taps, columns, k.taps, copy, padded, k.taps, 0)
            k.w, k.w_step = copy, padded
        elif padded == columns and not crowded:
            k.w, k.w_step = <const floating*>t.w + first * t.columns + column, t.columns
        else:
            w = <const floating*>t.w + first * t.columns + column
            for i in range(k.taps):
                memcpy(copy + i * padded, w + i * t.columns, columns * sizeof(floating))
                memset(copy + i * padded + columns, 0, (padded - columns) * sizeof(floating))
            k.w, k.w_step = copy, padded
        multiply(&k, out)
        first += DEPTH
    if padded != columns:
        for i in range(rows):
            memcpy(out + (row + i) * t.columns + column, result + i * padded,
                   columns * sizeof(floating))


cdef int run_of(Task* t, Scratch scratch, const void* x, ndarray w, ndarray out, Py_ssize_t block,
                Py_ssize_t block_step, Py_ssize_t tap_step, ndarray bias) except -1:
    t.x, t.w, t.out = x, PyArray_DATA(w), PyArray_DATA(out)
    t.rows, t.columns = PyArray_DIM(out, 0), PyArray_DIM(out, 1)
    if PyArray_TYPE(out) == NPY_DOUBLE:
        return run(t, scratch, block, block_step, tap_step,
                   <const double*>(NULL if bias is None else PyArray_DATA(bias)))
    return run(t, scratch, block, block_step, tap_step,
               <const float*>(NULL if bias is None else PyArray_DATA(bias)))


cdef int product(ndarray a, ndarray b, ndarray bias, ndarray out, Scratch scratch) except -1:
    """out = a @ b, plus bias on every row unless that is None."""
    cdef Task t
    cdef Rows r
    if PyArray_DIM(out, 0) >= FEW:
        t.turned, t.taps = False, PyArray_DIM(b, 0)
        return run_of(&t, scratch, PyArray_DATA(a), b, out, 1, t.taps, 1, bias)
    r = rows_of(a, b, out)
    r.start = NULL if bias is None else PyArray_DATA(bias)
    in_parts(combine_part, &r, (r.columns + 63) // 64, 16 * r.taps * r.rows)
    return 0


cdef int product_by_transposed(ndarray a, ndarray b, ndarray out, Scratch scratch) except -1:
    """out = a @ b.T."""
    cdef Task t
    cdef Rows r
    cdef Py_ssize_t rows = PyArray_DIM(out, 0), lanes = VECTOR_BYTES // PyArray_ITEMSIZE(out)
    if rows < FEW:
        r = rows_of(a, b, out)
        in_parts(dot_part, &r, (r.columns + BLOCK - 1) // BLOCK, BLOCK / 4 * r.taps * r.rows)
        return 0
    if lanes <= 2 * rows and rows <= MANY:
        if PyArray_TYPE(out) == NPY_DOUBLE:
            return product_of_turned(<const double*>PyArray_DATA(a), <const double*>PyArray_DATA(b),
                                     <double*>PyArray_DATA(out), rows, PyArray_DIM(b, 0),
                                     PyArray_DIM(b, 1), scratch)
        return product_of_turned(<const float*>PyArray_DATA(a), <const float*>PyArray_DATA(b),
                                 <float*>PyArray_DATA(out), rows, PyArray_DIM(b, 0),
                                 PyArray_DIM(b, 1), scratch)
    t.turned, t.taps = True, PyArray_DIM(b, 1)
    return run_of(&t, scratch, PyArray_DATA(a), b, out, 1, t.taps, 1, None)


cdef int product_of_turned(const floating* a, const floating* b, floating* out, Py_ssize_t rows,
                           Py_ssize_t columns, Py_ssize_t taps, Scratch scratch) except -1:
    """out = (b @ a.T).T: where a has few rows, turning it and the result is less than turning b."""
    cdef Task t
    cdef Py_ssize_t padded = whole_vectors(rows, sizeof(floating))
    cdef floating* turned = <floating*>scratch.take(TURNED, taps * padded * sizeof(floating))
    cdef floating* result = <floating*>scratch.take(TURNED_RESULT,
                                                    columns * padded * sizeof(floating))
    to_pixels(a, taps, rows, taps, turned, padded, taps, 0)
    t.x, t.w, t.out, t.turned = b, turned, result, False
    t.rows, t.columns, t.taps = columns, padded, taps
    run(&t, scratch, 1, taps, 1, <const floating*>NULL)
    to_planes(result, padded, columns, 0, columns, out, columns, rows)
    return 0


cdef int transposed_product(ndarray a, ndarray b, ndarray out, Scratch scratch) except -1:
    """out = a.T @ b."""
    cdef Task t
    cdef Rows r
    cdef Py_ssize_t rows, block
    if PyArray_DIM(a, 0) == 1:
        if PyArray_TYPE(out) == NPY_DOUBLE:
            outer_product(<const double*>PyArray_DATA(a), <const double*>PyArray_DATA(b),
                          <double*>PyArray_DATA(out), PyArray_DIM(out, 0), PyArray_DIM(out, 1))
        else:
            outer_product(<const float*>PyArray_DATA(a), <const float*>PyArray_DATA(b),
                          <float*>PyArray_DATA(out), PyArray_DIM(out, 0), PyArray_DIM(out, 1))
        return 0
    t.turned, t.taps, rows = False, PyArray_DIM(a, 0), PyArray_DIM(a, 1)
    if t.taps <= LONG or PyArray_DIM(b, 1) <= LINE:
        return run_of(&t, scratch, PyArray_DATA(a), b, out, rows, 0, rows, None)
    r = rows_of(a, b, out)
    r.taps, r.rows, block = t.taps, rows, LINE // PyArray_ITEMSIZE(a)
    r.out = scratch.take(PACKED, (rows + block - 1) // block * LINE * r.taps)
    in_parts(pack_part, &r, r.taps, rows)
    return run_of(&t, scratch, r.out, b, out, block, block * r.taps, block, None)


cdef void pack_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    """Copy some rows of x (taps, rows), so that lines of all taps stand one after the other."""
    cdef const Rows* r = <const Rows*>task
    cdef Py_ssize_t size = r.rows * (sizeof(double) if r.wide else sizeof(float)), t, i
    cdef const char* x = <const char*>r.x + start * size
    cdef char* packed = <char*>r.out
    for t in range(start, stop):
        for i in range(size // LINE):
            memcpy(packed + (i * r.taps + t) * LINE, x + i * LINE, LINE)
        i = size // LINE
        if size % LINE:
            memcpy(packed + (i * r.taps + t) * LINE, x + i * LINE, size % LINE)
        x += size


cdef void outer_product(const floating* a, const floating* b, floating* out, Py_ssize_t rows,
                        Py_ssize_t columns) noexcept nogil:
    """out = a column by a row, which only has to be written."""
    cdef Py_ssize_t i, j
    for i in range(rows):
        for j in range(columns):
            out[i * columns + j] = a[i] * b[j]


# Few rows --------------------------------------------------------------------------------------

cdef struct Rows:                       # out (rows, columns), of x (rows, taps) by w
    bint wide
    Py_ssize_t rows, columns, taps
    const void* x
    const void* w
    const void* start
    void* out


cdef Rows rows_of(ndarray x, ndarray w, ndarray out) noexcept:
    return Rows(PyArray_TYPE(out) == NPY_DOUBLE, PyArray_DIM(out, 0), PyArray_DIM(out, 1),
                PyArray_DIM(x, 1), PyArray_DATA(x), PyArray_DATA(w), NULL, PyArray_DATA(out))


cdef void combine_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Rows* r = <const Rows*>task
    stop = min(64 * stop, r.columns)
    if r.wide:
        combine_rows(r, 64 * start, stop, <double*>r.out)
    else:
        combine_rows(r, 64 * start, stop, <float*>r.out)


cdef void combine_rows(const Rows* r, Py_ssize_t start, Py_ssize_t stop,
                       floating* out) noexcept nogil:
    """Fill some columns: the sum of the rows of w, each times an element of x."""
    cdef const floating* first
    cdef Py_ssize_t i, j
    for i in range(r.rows):
        first = <const floating*>r.start
        for j in range(start, stop):
            out[i * r.columns + j] = 0 if first is NULL else first[j]
        if floating is double:
            combine_double(<const double*>r.x + i * r.taps, <const double*>r.w + start, r.taps,
                           r.columns, stop - start, out + i * r.columns + start)
        else:
            combine_float(<const float*>r.x + i * r.taps, <const float*>r.w + start, r.taps,
                          r.columns, stop - start, out + i * r.columns + start)


cdef void dot_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Rows* r = <const Rows*>task
    cdef Py_ssize_t first = BLOCK * start, n = min(BLOCK * stop, r.columns) - first, i
    for i in range(r.rows):
        if r.wide:
            dots_double(<const double*>r.w + first * r.taps, n, r.taps,
                        <const double*>r.x + i * r.taps, <double*>r.out + i * r.columns + first)
        else:
            dots_float(<const float*>r.w + first * r.taps, n, r.taps,
                       <const float*>r.x + i * r.taps, <float*>r.out + i * r.columns + first)


# Sums of columns -------------------------------------------------------------------------------

cdef int sum_of_rows(ndarray x, ndarray total) except -1:
    """total = the sum of the rows of x."""
    cdef Rows r = Rows(PyArray_TYPE(x) == NPY_DOUBLE, PyArray_DIM(x, 0), PyArray_DIM(x, 1), 0,
                       PyArray_DATA(x), NULL, NULL, PyArray_DATA(total))
    in_parts(sum_part, &r, r.columns, r.rows)
    return 0


cdef void sum_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Rows* r = <const Rows*>task
    if r.wide:
        sum_columns(r, start, stop, <double*>r.out)
    else:
        sum_columns(r, start, stop, <float*>r.out)


cdef void sum_columns(const Rows* r, Py_ssize_t start, Py_ssize_t stop,
                      floating* total) noexcept nogil:
    cdef const floating* x = <const floating*>r.x
    cdef Py_ssize_t i, j
    for j in range(start, stop):
        total[j] = 0
    for i in range(r.rows):
        for j in range(start, stop):
            total[j] += x[i * r.columns + j]
