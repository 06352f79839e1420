"""What the layers share that merge others' outputs: sums, products, and runs side by side.

All of it is limited by memory.
"""
from cython cimport floating
from libc.string cimport memcmp, memcpy

from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_ITEMSIZE, PyArray_NBYTES, PyArray_SIZE,
                    PyArray_TYPE, import_array, ndarray)

from mlpack_ann._parallel cimport in_parts

import_array()


cdef struct Pair:
    const char* a
    const char* b
    char* y
    bint wide, product                      # float64; a * b instead of a + b


cdef inline void combine(const floating* a, const floating* b, floating* y, Py_ssize_t start,
                         Py_ssize_t stop, bint product) noexcept nogil:
    cdef Py_ssize_t i
    if product:
        for i in range(start, stop):
            y[i] = a[i] * b[i]
    else:
        for i in range(start, stop):
            y[i] = a[i] + b[i]


cdef void combine_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Pair* t = <const Pair*>task
    if t.wide:
        combine(<const double*>t.a, <const double*>t.b, <double*>t.y, start, stop, t.product)
    else:
        combine(<const float*>t.a, <const float*>t.b, <float*>t.y, start, stop, t.product)


cdef int refuse() except -1:
    raise RuntimeError("mlpack_ann: a layer was changed while it was run")


cdef inline bint alike(ndarray a, ndarray b) noexcept:
    return PyArray_SIZE(a) == PyArray_SIZE(b) and PyArray_TYPE(a) == PyArray_TYPE(b)


cdef int run(ndarray a, ndarray b, ndarray y, bint product) except -1:
    cdef Pair t
    if not (alike(a, y) and alike(b, y)):
        return refuse()
    t.a, t.b, t.y = <char*>PyArray_DATA(a), <char*>PyArray_DATA(b), <char*>PyArray_DATA(y)
    t.wide, t.product = PyArray_TYPE(y) == NPY_DOUBLE, product
    in_parts(combine_part, &t, PyArray_SIZE(y), 1)
    return 0


cdef int add_to(ndarray x, ndarray y) except -1:
    """y += x."""
    return run(x, y, y, False)


cdef int add(ndarray a, ndarray b, ndarray y) except -1:
    """y = a + b."""
    return run(a, b, y, False)


cdef int multiply(ndarray a, ndarray b, ndarray y) except -1:
    """y = a * b, elementwise; y may be a or b."""
    return run(a, b, y, True)


cdef struct Runs:
    char* to
    const char* source
    Py_ssize_t to_step, source_step, size   # bytes from row to row, and bytes of a run


cdef void copy_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Runs* t = <const Runs*>task
    cdef Py_ssize_t i
    for i in range(start, stop):
        memcpy(t.to + i * t.to_step, t.source + i * t.source_step, t.size)


cdef inline bint fits(ndarray part, ndarray whole, Py_ssize_t rows, Py_ssize_t start) noexcept:
    return (PyArray_TYPE(part) == PyArray_TYPE(whole) and PyArray_SIZE(part) % rows == 0
            and PyArray_SIZE(whole) % rows == 0
            and start + PyArray_SIZE(part) // rows <= PyArray_SIZE(whole) // rows)


cdef int put(ndarray part, ndarray whole, Py_ssize_t rows, Py_ssize_t start) except -1:
    """Write `part` into `whole`, both seen as so many rows, from element `start` of each row."""
    cdef Runs t
    if PyArray_SIZE(part) == 0:
        return 0
    if not fits(part, whole, rows, start):
        return refuse()
    t.to_step, t.size = PyArray_NBYTES(whole) // rows, PyArray_NBYTES(part) // rows
    t.source_step = t.size
    t.to = <char*>PyArray_DATA(whole) + start * PyArray_ITEMSIZE(whole)
    t.source = <char*>PyArray_DATA(part)
    in_parts(copy_part, &t, rows, 8 + t.size / 8.0)
    return 0


cdef int take(ndarray whole, ndarray part, Py_ssize_t rows, Py_ssize_t start) except -1:
    """The inverse of `put`: fill `part`."""
    cdef Runs t
    if PyArray_SIZE(part) == 0:
        return 0
    if not fits(part, whole, rows, start):
        return refuse()
    t.source_step, t.size = PyArray_NBYTES(whole) // rows, PyArray_NBYTES(part) // rows
    t.to_step = t.size
    t.to = <char*>PyArray_DATA(part)
    t.source = <char*>PyArray_DATA(whole) + start * PyArray_ITEMSIZE(whole)
    in_parts(copy_part, &t, rows, 8 + t.size / 8.0)
    return 0


cdef bint same_bits(ndarray a, ndarray b) noexcept:
    """Whether two arrays of one dtype and shape hold the same numbers, bit by bit."""
    return memcmp(PyArray_DATA(a), PyArray_DATA(b), PyArray_NBYTES(a)) == 0
