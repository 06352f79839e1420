"""Sums over whole arrays, by threads.

Limited by memory, which a sum reads from two places at a time (_reduce.h): a part goes through its
chunks from its beginning and from its middle.
"""
from cython cimport floating
from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_SIZE, PyArray_TYPE, import_array, ndarray

from mlpack_ann._chunks cimport CHUNKS, LEAST, chunk_of, chunks_of, in_order
from mlpack_ann._parallel cimport in_parts

import_array()

cdef extern from "_reduce.h" nogil:
    void ann_sums_f32(const float* x, const float* y, Py_ssize_t n, double* of_x, double* of_y)
    void ann_sums_f64(const double* x, const double* y, Py_ssize_t n, double* of_x, double* of_y)
    double ann_negative_dot_f32(const float* x, const float* y, Py_ssize_t n)
    double ann_negative_dot_f64(const double* x, const double* y, Py_ssize_t n)


cdef struct Task:
    bint wide                               # float64
    const void* x
    const void* y                           # NULL for a plain sum
    Py_ssize_t n, chunk
    double[CHUNKS] sums


cdef inline void add_up(Task* task, const floating* x, Py_ssize_t i, Py_ssize_t j,
                        Py_ssize_t n) noexcept nogil:
    """The sums of n elements of chunks i and j, which may be one and the same."""
    if floating is double:
        ann_sums_f64(x + i * task.chunk, x + j * task.chunk, n, &task.sums[i], &task.sums[j])
    else:
        ann_sums_f32(x + i * task.chunk, x + j * task.chunk, n, &task.sums[i], &task.sums[j])


cdef void walk(Task* task, const floating* x, const floating* y, Py_ssize_t first,
               Py_ssize_t last) noexcept nogil:
    cdef Py_ssize_t half = (min(last, task.n // task.chunk) - first) // 2, i, start, n
    if y is NULL:
        for i in range(first, first + half):
            add_up(task, x, i, i + half, task.chunk)
        first += 2 * half
    for i in range(first, last):
        start = i * task.chunk
        n = min(task.chunk, task.n - start)
        if y is NULL:
            add_up(task, x, i, i, n)
        elif floating is double:
            task.sums[i] = ann_negative_dot_f64(x + start, y + start, n)
        else:
            task.sums[i] = ann_negative_dot_f32(x + start, y + start, n)


cdef void work(void* of, int part, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    cdef Task* task = <Task*>of
    if task.wide:
        walk(task, <const double*>task.x, <const double*>task.y, first, last)
    else:
        walk(task, <const float*>task.x, <const float*>task.y, first, last)


cdef double run(ndarray x, const void* y) noexcept:
    cdef Task task
    cdef int chunks
    task.wide = PyArray_TYPE(x) == NPY_DOUBLE
    task.x, task.y, task.n = PyArray_DATA(x), y, PyArray_SIZE(x)
    task.chunk = chunk_of(task.n, LEAST)
    chunks = chunks_of(task.n, task.chunk)
    in_parts(work, &task, chunks, task.chunk * (1. if task.wide else 0.5))
    return in_order(task.sums, chunks)


cdef double sum_all(ndarray x) noexcept:
    """Sum of x."""
    return run(x, NULL)


cdef double dot_negative(ndarray x, ndarray y) noexcept:
    """Sum of min(x, 0) * y."""
    return run(x, PyArray_DATA(y))
