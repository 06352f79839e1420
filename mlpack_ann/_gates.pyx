"""Recurrent layers: all steps of a batch, forwards or back.

What a step needs of the input is a product of all steps beforehand, and weights' gradients are
products of all steps afterwards. In between, points are independent of each other: a thread takes
some of them through all steps, each a product by the recurrent weights and one pass over the gates
of a point (_gates.h), which are in the cache. So threads wait for each other once, not in each
step.
"""
from cython cimport floating
from libc.string cimport memcpy, memset
from numpy cimport PyArray_DATA, PyArray_DIM, PyArray_NDIM, import_array, ndarray

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
    PANEL = 4                           # vectors of a panel, which are contiguous
    DEPTH = 1024                        # rows of a panel at a time: 256 kB
    FEW = 8                             # points and steps that are not worth making panels

cdef enum:                              # what a piece of scratch memory is for, per phase
    WEIGHT, RESULT, PLACES, USES


cdef int add_phase(Sweep* s, int before, ndarray weight, void* x, int after, bint adds,
                   Scratch scratch) except -1:
    """Add a product of a step: x, (batch, n), by `weight` forwards, by its transpose back.

    The weight is (n, columns), or (blocks, n, columns) for blocks side by side. The result is in
    rows of whole vectors, zero at first; if `adds`, each step adds to it.
    """
    if s.wide:
        return prepare(s, &s.phase[s.phases], <const double*>PyArray_DATA(weight), weight, x,
                       before, after, adds, scratch)
    return prepare(s, &s.phase[s.phases], <const float*>PyArray_DATA(weight), weight, x,
                   before, after, adds, scratch)


cdef int prepare(Sweep* s, Phase* phase, const floating* w, ndarray weight, void* x, int before,
                 int after, bint adds, Scratch scratch) except -1:
    cdef int last = PyArray_NDIM(weight) - 1, use = s.phases * USES
    cdef Py_ssize_t blocks = PyArray_DIM(weight, 0) if last == 2 else 1
    cdef Py_ssize_t rows = PyArray_DIM(weight, last - 1), columns = PyArray_DIM(weight, last)
    cdef Py_ssize_t padded = whole_vectors(rows if s.back else blocks * columns, sizeof(floating))
    cdef Product* k = &phase.k
    cdef floating* panels
    cdef Py_ssize_t* places
    cdef Py_ssize_t i
    k.taps = blocks * columns if s.back else rows
    k.vectors, k.w_step = padded // whole_vectors(1, sizeof(floating)), padded
    if not s.back and blocks == 1 and padded == columns and s.batch * s.steps < FEW:
        k.w, phase.panel_step = w, PANEL * whole_vectors(1, sizeof(floating))
    else:
        k.w_step = PANEL * whole_vectors(1, sizeof(floating))
        phase.panel_step = k.taps * k.w_step
        panels = <floating*>scratch.take(
            use + WEIGHT, (k.vectors + PANEL - 1) // PANEL * phase.panel_step * sizeof(floating))
        k.w = panels
        for i in range(blocks):
            if s.back:
                pack_turned(w + i * rows * columns, rows, columns, k.w_step, phase.panel_step,
                            panels + i * columns * k.w_step)
            else:
                pack(w + i * rows * columns, rows, columns, i * columns, k.w_step,
                     phase.panel_step, panels)
        if not s.back:
            pack(NULL, rows, padded - blocks * columns, blocks * columns, k.w_step,
                 phase.panel_step, panels)
    places = <Py_ssize_t*>scratch.take(use + PLACES, (s.batch + k.taps) * sizeof(Py_ssize_t))
    for i in range(s.batch):
        places[i] = i * k.taps
    for i in range(k.taps):
        places[s.batch + i] = i
    k.x, k.place, k.offset, k.start = x, places, places + s.batch, NULL
    k.y = scratch.take(use + RESULT, s.batch * padded * sizeof(floating))
    k.y_step, k.adds = padded, adds
    memset(k.y, 0, s.batch * padded * sizeof(floating))
    phase.before, phase.after = gates_work[s.wide][before], gates_work[s.wide][after]
    s.phases += 1
    return 0


cdef void pack(const floating* w, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t column,
               Py_ssize_t width, Py_ssize_t panel_step, floating* panels) noexcept nogil:
    """Copy a matrix, or zeros for NULL, into panels of so many columns, from a column on."""
    cdef Py_ssize_t done = 0, n, i
    cdef floating* to
    while done < columns:
        n = min(columns - done, width - column % width)
        to = panels + column // width * panel_step + column % width
        for i in range(rows):
            if w is NULL:
                memset(to + i * width, 0, n * sizeof(floating))
            else:
                memcpy(to + i * width, w + i * columns + done, n * sizeof(floating))
        done, column = done + n, column + n


cdef void pack_turned(const floating* w, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t width,
                      Py_ssize_t panel_step, floating* panels) noexcept nogil:
    """Copy the transpose of a matrix into panels of so many columns."""
    cdef Py_ssize_t row = 0, n, padded
    while row < rows:
        n = min(rows - row, width)
        padded = whole_vectors(n, sizeof(floating))
        to_pixels(w + row * columns, columns, n, columns, panels, padded, 1, width - padded)
        row, panels = row + width, panels + panel_step


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
            product_of(phase, start, stop, of_type)
            if phase.after is not NULL:
                for point in range(start, stop):
                    phase.after(s, point, t)


cdef void product_of(const Phase* phase, Py_ssize_t start, Py_ssize_t stop,
                     const floating* of_type) noexcept nogil:
    """The product of some points."""
    cdef Product k = phase.k
    cdef Py_ssize_t panel = 0, first
    k.rows, k.place = stop - start, phase.k.place + start
    while panel * PANEL < phase.k.vectors:
        k.vectors = min(phase.k.vectors - panel * PANEL, <Py_ssize_t>PANEL)
        k.y = (<floating*>phase.k.y + start * k.y_step
               + panel * PANEL * whole_vectors(1, sizeof(floating)))
        first = 0
        while first < phase.k.taps:
            k.taps, k.adds = min(phase.k.taps - first, <Py_ssize_t>DEPTH), phase.k.adds or first > 0
            k.offset = phase.k.offset + first
            k.w = <const floating*>phase.k.w + panel * phase.panel_step + first * k.w_step
            multiply(&k, of_type)
            first += DEPTH
        panel += 1


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
