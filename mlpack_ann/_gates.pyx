"""Recurrent layers: all steps of a batch, forwards or back.

What a step needs of the input is a product of all steps beforehand, and weights' gradients are
products of all steps afterwards. In between, points are independent of each other: a thread takes
some of them through all steps, each a product by the recurrent weights and one pass over the gates
of a point (_gates.h), which are in the cache. So threads wait for each other once, not in each
step.
"""
from cython cimport floating
from libc.string cimport memcpy, memset
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_TYPE, import_array, ndarray)

from mlpack_ann._parallel cimport in_parts
from mlpack_ann._product cimport Product, multiply, to_pixels, whole_vectors
from mlpack_ann._scratch cimport Scratch

import_array()

cdef extern from *:
    """
    #include "_gates.h"
    #define T float
    #define NAME(f) f##_float
    #define F(f) ann_##f##_f32
    #include "_gates.h"
    #undef T
    #undef NAME
    #undef F
    #define T double
    #define NAME(f) f##_double
    #define F(f) ann_##f##_f64
    #include "_gates.h"
    #undef T
    #undef NAME
    #undef F

    #define GATES_WORK(T) { \\
        begin_##T, end_back_##T, linear_##T, linear_back_##T, lstm_##T, lstm_back_##T, \\
        lstm_fast_##T, lstm_fast_back_##T, lstm_peep_##T, lstm_peep_back_##T, lstm_end_back_##T, \\
        gru_reset_##T, gru_##T, gru_back_##T, gru_reset_back_##T, gru_after_##T, \\
        gru_after_back_##T, NULL}
    static const RowWork gates_work[2][18] = {GATES_WORK(float), GATES_WORK(double)};
    """
    const RowWork gates_work[2][18]
    void peepholes_back_float(const Sweep*, Py_ssize_t, Py_ssize_t, float*) noexcept nogil
    void peepholes_back_double(const Sweep*, Py_ssize_t, Py_ssize_t, double*) noexcept nogil

cdef enum:
    DEPTH = 1024                        # rows of a weight matrix at a time

cdef enum:                              # what a piece of scratch memory is for, per phase
    WEIGHT, RESULT, PLACES, USES


cdef int add_phase(Sweep* s, int before, ndarray weight, void* x, int after, bint adds,
                   Scratch scratch) except -1:
    """Add a product of a step: x, (batch, n), by `weight` forwards, by its transpose back.

    The result is in rows of whole vectors, zero at first if `adds`, where each step adds to it.
    """
    if s.wide:
        return prepare(s, &s.phase[s.phases], <const double*>PyArray_DATA(weight), weight, x,
                       before, after, adds, scratch)
    return prepare(s, &s.phase[s.phases], <const float*>PyArray_DATA(weight), weight, x,
                   before, after, adds, scratch)


cdef int prepare(Sweep* s, Phase* phase, const floating* w, ndarray weight, void* x, int before,
                 int after, bint adds, Scratch scratch) except -1:
    cdef Py_ssize_t rows = PyArray_DIM(weight, 0), columns = PyArray_DIM(weight, 1), padded, i
    cdef int use = s.phases * USES
    cdef Product* k = &phase.k
    cdef floating* copy
    cdef Py_ssize_t* places
    k.taps = columns if s.back else rows
    padded = whole_vectors(rows if s.back else columns, sizeof(floating))
    k.w, k.w_step = w, padded
    if s.back or padded != columns:
        copy = <floating*>scratch.take(use + WEIGHT, k.taps * padded * sizeof(floating))
        if s.back:
            to_pixels(w, columns, rows, columns, copy, padded, columns, 0)
        else:
            for i in range(rows):
                memcpy(copy + i * padded, w + i * columns, columns * sizeof(floating))
                memset(copy + i * padded + columns, 0, (padded - columns) * sizeof(floating))
        k.w = copy
    places = <Py_ssize_t*>scratch.take(use + PLACES, (s.batch + k.taps) * sizeof(Py_ssize_t))
    for i in range(s.batch):
        places[i] = i * k.taps
    for i in range(k.taps):
        places[s.batch + i] = i
    k.x, k.place, k.offset, k.start = x, places, places + s.batch, NULL
    k.y = scratch.take(use + RESULT, s.batch * padded * sizeof(floating))
    k.y_step, k.vectors, k.adds = padded, padded // whole_vectors(1, sizeof(floating)), adds
    memset(k.y, 0, s.batch * padded * sizeof(floating))
    phase.before, phase.after = gates_work[s.wide][before], gates_work[s.wide][after]
    s.phases += 1
    return 0


cdef void sweep(Sweep* s, double weight) noexcept nogil:
    """Go through all steps; `weight` is that of the gates of a point in a step."""
    cdef int i
    for i in range(s.phases):           # sixteen multiply-adds take as long as an element of a map
        weight += s.phase[i].k.taps * <double>s.phase[i].k.y_step / 16
    in_parts(work, s, s.batch, s.steps * weight)


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef Sweep* s = <Sweep*>task
    if s.wide:
        walk(s, start, stop, <const double*>NULL)
    else:
        walk(s, start, stop, <const float*>NULL)


cdef void walk(const Sweep* s, Py_ssize_t start, Py_ssize_t stop,
               const floating* of_type) noexcept nogil:
    cdef Py_ssize_t n, t, point
    cdef const Phase* phase
    cdef int i
    for n in range(s.steps):
        t = s.steps - 1 - n if s.back else n
        for i in range(s.phases):
            phase = &s.phase[i]
            if phase.before is not NULL:
                for point in range(start, stop):
                    phase.before(s, point, t)
            product_of(&phase.k, start, stop, of_type)
            if phase.after is not NULL:
                for point in range(start, stop):
                    phase.after(s, point, t)


cdef void product_of(const Product* whole, Py_ssize_t start, Py_ssize_t stop,
                     const floating* of_type) noexcept nogil:
    """The product of some points."""
    cdef Product k = whole[0]
    k.rows, k.place = stop - start, whole.place + start
    k.y = <floating*>whole.y + start * k.y_step
    while whole.taps > 0:
        k.taps = min(whole.taps - (k.offset - whole.offset), <Py_ssize_t>DEPTH)
        multiply(&k, of_type)
        k.offset, k.adds = k.offset + k.taps, True
        k.w = <const floating*>k.w + k.taps * k.w_step
        if k.offset == whole.offset + whole.taps:
            return


cdef void peephole_gradient(Sweep* s, ndarray gradient) noexcept:
    """Sum up the derivatives by the peepholes, after a sweep back."""
    s.y = PyArray_DATA(gradient)
    in_parts(peepholes, s, s.size, <double>s.batch * s.steps * 2)


cdef void peepholes(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef Sweep* s = <Sweep*>task
    if s.wide:
        peepholes_back_double(s, start, stop, <double*>s.y)
    else:
        peepholes_back_float(s, start, stop, <float*>s.y)
