"""Recurrent layers: all steps of a batch, forwards or back; see _gates.h and _gates.pyx."""
from numpy cimport ndarray

from mlpack_ann._product cimport Product
from mlpack_ann._scratch cimport Scratch

cdef extern from "_gates.h":
    ctypedef void (*RowWork)(const Sweep* s, Py_ssize_t point, Py_ssize_t t) noexcept nogil

    ctypedef struct Phase:
        Product k
        Py_ssize_t panel_step
        RowWork before, after

    ctypedef struct Sweep:
        bint wide, back
        int phases
        Py_ssize_t batch, steps, size, rho
        Phase phase[2]
        void* gates
        void* seen
        void* kept
        void* y
        void* first
        void* state
        const void* gy
        void* d
        void* d2
        void* d3
        void* d_first
        void* d_state
        void* step
        void* step2
        const void* peepholes

# What is done to a point in a step, before and after a product, forwards and back.
cdef enum:
    BEGIN, END_BACK, LINEAR, LINEAR_BACK
    LSTM, LSTM_BACK, LSTM_FAST, LSTM_FAST_BACK, LSTM_PEEP, LSTM_PEEP_BACK, LSTM_END_BACK
    GRU_RESET, GRU, GRU_BACK, GRU_RESET_BACK, GRU_AFTER, GRU_AFTER_BACK
    NOTHING

cdef int add_phase(Sweep* s, int before, ndarray weight, void* x, int after, bint adds,
                   Scratch scratch) except -1
cdef void sweep(Sweep* s, double weight) noexcept nogil
cdef void peephole_gradient(Sweep* s, ndarray gradient) noexcept
