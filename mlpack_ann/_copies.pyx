"""Copies, fills and sums of whole arrays, by threads.

Limited by memory. A fill is written by whole lines (_lines.h), a fifth to a third faster than one
that begins where NumPy's memory does.
"""
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_NBYTES, PyArray_SIZE,
                    PyArray_TYPE, import_array, ndarray)

from mlpack_ann._parallel cimport in_parts

import_array()

cdef extern from *:
    """
    #include "_lines.h"

    #define HELD 8192                           /* bytes of short runs that are written together */

    /* y = value; y = x; n times each element of x; y = x + row in each row */
    #define COPIES(f, real)                                                                        \
        typedef real vector_##f __attribute__((vector_size(32)));                                  \
        ANN_APART void fill_##f(real *y, ptrdiff_t n, real value, int streamed)                    \
        {                                                                                          \
            ANN_WRITE(real, y, n, streamed, (void)0, value);                                       \
        }                                                                                          \
        ANN_APART void copy_##f(const real *x, real *y, ptrdiff_t n, int streamed)                 \
        {                                                                                          \
            ANN_WRITE(real, y, n, streamed, ANN_FETCH(x + i + 1024), x[i]);                       \
        }                                                                                          \
        ANN_APART void spread_##f(const real *x, real *y, ptrdiff_t count, ptrdiff_t n)            \
        {                                                                                          \
            const ptrdiff_t lanes = 32 / sizeof(real);                                             \
            for (ptrdiff_t k = 0, i; k < count; k++, y += n) {                                     \
                const vector_##f v = x[k] - (vector_##f){0};                                       \
                for (i = 0; i + lanes < n; i += lanes)                                             \
                    memcpy(y + i, &v, sizeof v);                                                   \
                memcpy(y + n - lanes, &v, sizeof v);                                               \
            }                                                                                      \
        }                                                                                          \
        ANN_APART void spread_past_##f(const real *x, real *y, ptrdiff_t count, ptrdiff_t n)       \
        {                                                                                          \
            real held[HELD / sizeof(real)];                                                        \
            const ptrdiff_t step = HELD / (n * (ptrdiff_t)sizeof(real));                           \
            for (; count > 0; count -= step, x += step, y += step * n) {                           \
                const ptrdiff_t some = count < step ? count : step;                                \
                spread_##f(x, held, some, n);                                                      \
                ann_stream(y, held, some * n * (ptrdiff_t)sizeof(real));                           \
            }                                                                                      \
        }                                                                                          \
        ANN_APART void add_row_##f(const real *x, real *y, const real *row, ptrdiff_t rows,        \
                                   ptrdiff_t n, int streamed)                                      \
        {                                                                                          \
            for (; rows > 0; rows--, x += n, y += n)                                               \
                ANN_WRITE(real, y, n, streamed, ANN_FETCH(x + i + n), x[i] + row[i]);              \
        }
    COPIES(f32_, float)
    COPIES(f64_, double)
    """
    void write_f32 "fill_f32_"(float* y, Py_ssize_t n, float value, bint streamed) nogil
    void write_f64 "fill_f64_"(double* y, Py_ssize_t n, double value, bint streamed) nogil
    void write_copy_f32 "copy_f32_"(const float* x, float* y, Py_ssize_t n, bint streamed) nogil
    void write_copy_f64 "copy_f64_"(const double* x, double* y, Py_ssize_t n, bint streamed) nogil
    void write_spread_f32 "spread_f32_"(const float* x, float* y, Py_ssize_t count,
                                        Py_ssize_t n) nogil
    void write_spread_f64 "spread_f64_"(const double* x, double* y, Py_ssize_t count,
                                        Py_ssize_t n) nogil
    void spread_past_f32 "spread_past_f32_"(const float* x, float* y, Py_ssize_t count,
                                            Py_ssize_t n) nogil
    void spread_past_f64 "spread_past_f64_"(const double* x, double* y, Py_ssize_t count,
                                            Py_ssize_t n) nogil
    void add_row_f32 "add_row_f32_"(const float* x, float* y, const float* row, Py_ssize_t rows,
                                    Py_ssize_t n, bint streamed) nogil
    void add_row_f64 "add_row_f64_"(const double* x, double* y, const double* row, Py_ssize_t rows,
                                    Py_ssize_t n, bint streamed) nogil

cdef enum:
    HELD = 8192                             # bytes of a run up to which it is held


cdef struct Task:
    bint wide, streamed                     # float64; written past the caches
    Py_ssize_t n                            # elements of a row
    double value
    const void* x
    const void* row
    void* y


cdef Task task_of(ndarray x, ndarray y) noexcept:
    cdef Task t
    t.wide, t.streamed = PyArray_TYPE(y) == NPY_DOUBLE, PyArray_NBYTES(y) >= ANN_STREAM_BYTES
    t.x, t.y = PyArray_DATA(x), PyArray_DATA(y)
    return t


cdef void copy_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        write_copy_f64(<const double*>t.x + start, <double*>t.y + start, stop - start, t.streamed)
    else:
        write_copy_f32(<const float*>t.x + start, <float*>t.y + start, stop - start, t.streamed)
    ann_stream_end()


cdef void copy_all(ndarray x, ndarray y) noexcept:
    cdef Task t = task_of(x, y)
    in_parts(copy_work, &t, PyArray_SIZE(y), 1)


cdef void fill_f32(float* y, Py_ssize_t n, float value, bint streamed) noexcept nogil:
    write_f32(y, n, value, streamed)


cdef void fill_f64(double* y, Py_ssize_t n, double value, bint streamed) noexcept nogil:
    write_f64(y, n, value, streamed)


cdef void copy_f32(const float* x, float* y, Py_ssize_t n, bint streamed) noexcept nogil:
    write_copy_f32(x, y, n, streamed)


cdef void copy_f64(const double* x, double* y, Py_ssize_t n, bint streamed) noexcept nogil:
    write_copy_f64(x, y, n, streamed)


cdef void spread_f32(const float* x, float* y, Py_ssize_t count, Py_ssize_t n,
                     bint streamed) noexcept nogil:
    cdef Py_ssize_t i
    if n * <Py_ssize_t>sizeof(float) > HELD:
        for i in range(count):
            write_f32(y + i * n, n, x[i], streamed)
    elif streamed:
        spread_past_f32(x, y, count, n)
    else:
        write_spread_f32(x, y, count, n)


cdef void spread_f64(const double* x, double* y, Py_ssize_t count, Py_ssize_t n,
                     bint streamed) noexcept nogil:
    cdef Py_ssize_t i
    if n * <Py_ssize_t>sizeof(double) > HELD:
        for i in range(count):
            write_f64(y + i * n, n, x[i], streamed)
    elif streamed:
        spread_past_f64(x, y, count, n)
    else:
        write_spread_f64(x, y, count, n)


cdef void fill_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        write_f64(<double*>t.y + start, stop - start, t.value, t.streamed)
    else:
        write_f32(<float*>t.y + start, stop - start, <float>t.value, t.streamed)
    ann_stream_end()


cdef void fill_all(ndarray y, double value) noexcept:
    cdef Task t = task_of(y, y)
    t.value = value
    in_parts(fill_work, &t, PyArray_SIZE(y), 0.7 if t.wide else 0.35)


cdef void add_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    cdef Py_ssize_t at = start * t.n
    if t.wide:
        add_row_f64(<const double*>t.x + at, <double*>t.y + at, <const double*>t.row,
                    stop - start, t.n, t.streamed)
    else:
        add_row_f32(<const float*>t.x + at, <float*>t.y + at, <const float*>t.row,
                    stop - start, t.n, t.streamed)
    ann_stream_end()


cdef void add_row(ndarray x, ndarray row, ndarray y) noexcept:
    cdef Task t = task_of(x, y)
    cdef Py_ssize_t rows = PyArray_DIM(x, 0)
    if rows > 0:
        t.row, t.n = PyArray_DATA(row), PyArray_SIZE(x) // rows
        in_parts(add_work, &t, rows, <double>t.n)
