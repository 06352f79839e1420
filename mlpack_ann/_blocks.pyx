"""Copies between arrays that are laid out differently, and their adjoints."""
from cython cimport floating
from libc.string cimport memcpy, memset
from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_TYPE, import_array, ndarray

from mlpack_ann._parallel cimport in_parts
from mlpack_ann._reduce cimport sum_

import_array()

cdef enum:
    SHORT = 16                          # elements up to which a loop beats a call of memcpy


cdef struct Task:
    const Blocks* b
    bint wide                           # float64
    const void* x
    void* y


cdef inline void copy_run(const floating* x, floating* y, Py_ssize_t n, Py_ssize_t step,
                          Py_ssize_t y_step) noexcept nogil:
    cdef Py_ssize_t i
    cdef floating value
    if step == 1 and y_step == 1 and n > SHORT:
        memcpy(y, x, n * sizeof(floating))
    elif step == 0 and y_step == 1:
        value = x[0]
        for i in range(n):
            y[i] = value
    else:
        for i in range(n):
            y[i * y_step] = x[i * step]


cdef inline void repeat_elements(const floating* x, floating* y, Py_ssize_t n,
                                 Py_ssize_t times) noexcept nogil:
    """Write each element of x several times in a row."""
    cdef Py_ssize_t i, j
    for i in range(n):
        for j in range(times):
            y[i * times + j] = x[i]


cdef void copy_loops(const Blocks* b, int loop, Py_ssize_t start, Py_ssize_t stop,
                     const floating* x, floating* y) noexcept nogil:
    """The items start..stop of a loop, and all of those within it."""
    cdef int inner = loop + 1
    cdef Py_ssize_t i
    x += start * b.x[loop]
    y += start * b.y[loop]
    if inner == b.loops:
        copy_run(x, y, stop - start, b.x[loop], b.y[loop])
    elif (inner + 1 == b.loops and b.x[loop] == 1 and b.x[inner] == 0 and b.y[inner] == 1
            and b.y[loop] == b.size[inner] <= SHORT):
        if b.size[inner] == 2:          # a number that the compiler knows makes faster code
            repeat_elements(x, y, stop - start, 2)
        else:
            repeat_elements(x, y, stop - start, b.size[inner])
    else:
        for i in range(stop - start):
            copy_loops(b, inner, 0, b.size[inner], x + i * b.x[loop], y + i * b.y[loop])


cdef void copy_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        copy_loops(t.b, 0, start, stop, <const double*>t.x, <double*>t.y)
    else:
        copy_loops(t.b, 0, start, stop, <const float*>t.x, <float*>t.y)


cdef inline void sum_run(const floating* x, floating* y, Py_ssize_t n, Py_ssize_t step,
                         Py_ssize_t y_step) noexcept nogil:
    cdef Py_ssize_t i
    cdef floating total = 0
    if y_step == 0 and step == 1 and n > SHORT:
        y[0] += <floating>sum_(x, n)
    elif y_step == 0:
        for i in range(n):
            total += x[i * step]
        y[0] += total
    elif y_step == 1 and step == 1:
        for i in range(n):
            y[i] += x[i]
    else:
        for i in range(n):
            y[i * y_step] += x[i * step]


cdef inline void sum_repeated(const floating* x, floating* y, Py_ssize_t n,
                              Py_ssize_t times) noexcept nogil:
    """The adjoint of `repeat_elements`."""
    cdef Py_ssize_t i, j
    cdef floating total
    for i in range(n):
        total = y[i]
        for j in range(times):
            total += x[i * times + j]
        y[i] = total


cdef void sum_loops(const Blocks* b, int loop, Py_ssize_t start, Py_ssize_t stop,
                    const floating* x, floating* y) noexcept nogil:
    cdef int inner = loop + 1
    cdef Py_ssize_t i
    x += start * b.x[loop]
    y += start * b.y[loop]
    if inner == b.loops:
        sum_run(x, y, stop - start, b.x[loop], b.y[loop])
    elif (inner + 1 == b.loops and b.y[loop] == 1 and b.y[inner] == 0 and b.x[inner] == 1
            and b.x[loop] == b.size[inner] <= SHORT):
        if b.size[inner] == 2:
            sum_repeated(x, y, stop - start, 2)
        else:
            sum_repeated(x, y, stop - start, b.size[inner])
    else:
        for i in range(stop - start):
            sum_loops(b, inner, 0, b.size[inner], x + i * b.x[loop], y + i * b.y[loop])


cdef inline void sum_part(const Blocks* b, Py_ssize_t start, Py_ssize_t stop, const floating* x,
                          floating* y) noexcept nogil:
    """Clear what belongs to these items of the outermost loop, and add up."""
    memset(y + start * b.y[0], 0, (stop - start) * b.y[0] * sizeof(floating))
    sum_loops(b, 0, start, stop, x, y)


cdef void sum_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        sum_part(t.b, start, stop, <const double*>t.x, <double*>t.y)
    else:
        sum_part(t.b, start, stop, <const float*>t.x, <float*>t.y)


cdef double weight_of(const Blocks* b) noexcept:
    """Elements of an item of the outermost loop."""
    cdef double weight = 1
    cdef int i
    for i in range(1, b.loops):
        weight *= b.size[i]
    return weight


cdef bint is_empty(const Blocks* b) noexcept:
    cdef int i
    for i in range(b.loops):
        if b.size[i] == 0:
            return True
    return False


cdef void copy_blocks(Blocks* b, ndarray x, Py_ssize_t x0, ndarray y, Py_ssize_t y0) noexcept:
    cdef Task t
    cdef bint wide = PyArray_TYPE(x) == NPY_DOUBLE
    cdef Py_ssize_t item = sizeof(double) if wide else sizeof(float)
    if is_empty(b):
        return
    if b.loops == 0:                    # a single element
        b.loops, b.size[0], b.x[0], b.y[0] = 1, 1, 1, 1
    t.b, t.wide = b, wide
    t.x, t.y = <const char*>PyArray_DATA(x) + x0 * item, <char*>PyArray_DATA(y) + y0 * item
    in_parts(copy_work, &t, b.size[0], weight_of(b))


cdef void sum_blocks(Blocks* b, ndarray x, ndarray y) noexcept:
    cdef Task t
    cdef int first = 0
    if is_empty(b):
        return
    while first < b.loops and b.y[first] == 0:
        first += 1
    # The outermost loop is to write apart; that of one item does, too.
    if first == b.loops:
        put_first(b, 1, 0, 1, b.loops)
    elif first > 0:
        put_first(b, b.size[first], b.x[first], b.y[first], first)
    t.b, t.wide, t.x, t.y = b, PyArray_TYPE(x) == NPY_DOUBLE, PyArray_DATA(x), PyArray_DATA(y)
    in_parts(sum_work, &t, b.size[0], weight_of(b))


cdef void put_first(Blocks* b, Py_ssize_t size, Py_ssize_t x, Py_ssize_t y, int place) noexcept:
    """Make this loop the outermost, by moving those before `place`, which is free."""
    cdef int i
    b.loops = max(b.loops, place + 1)
    for i in range(place, 0, -1):
        b.size[i], b.x[i], b.y[i] = b.size[i - 1], b.x[i - 1], b.y[i - 1]
    b.size[0], b.x[0], b.y[0] = size, x, y
