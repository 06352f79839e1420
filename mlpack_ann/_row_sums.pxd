"""Sums over the rows of a matrix, column by column: of biases' gradients, and of statistics."""
from numpy cimport ndarray

cdef extern from "_row_sums.h":
    enum:
        ANN_SUM, ANN_MOMENTS, ANN_COLUMN_DOTS, ANN_POINT_DOTS

# A matrix and what is summed of it; `kind` says which of the others are read (_row_sums.h).
cdef struct RowSums:
    int kind
    bint wide                           # float64
    Py_ssize_t rows, size
    const void* e
    const void* x
    const void* shift                   # of each column
    const double* mean                  # of each row
    const double* factor
    # The results, of each column: in double, or in the type where that is NULL
    double* s64
    double* q64
    void* s
    void* q

cdef void run_row_sums(RowSums* t) noexcept nogil
cdef int sum_rows(ndarray x, ndarray total) except -1
