"""Batch normalisation of features: a group is a column, and loops run along the rows.

Statistics and sums are doubles, one for each column; what the loops over elements need of them is
in the array's own type. `scratch` has seven rows of one number per column, the last two for sums.
"""
from cython cimport floating

from mlpack_ann._math cimport isfinite_, sqrt_
from mlpack_ann._norm cimport Norms, Planes, ann_stream_end, finish, measure_wide, mix
from mlpack_ann._row_sums cimport ANN_COLUMN_DOTS, ANN_MOMENTS, ANN_SUM, RowSums, run_row_sums

cdef extern from "_norm.h" nogil:
    void ann_column_map_f32(const float* x, float* y, Py_ssize_t n, Py_ssize_t rows,
                            const float* shift, const float* a, const float* b, bint streamed,
                            Py_ssize_t ahead)
    void ann_column_map_f64(const double* x, double* y, Py_ssize_t n, Py_ssize_t rows,
                            const double* shift, const double* a, const double* b, bint streamed,
                            Py_ssize_t ahead)
    void ann_column_map_back_f32(const float* x, const float* gy, float* g, Py_ssize_t n,
                                 Py_ssize_t rows, const float* level, const float* shift,
                                 const float* a, const float* b, const float* c, bint streamed,
                                 Py_ssize_t ahead)
    void ann_column_map_back_f64(const double* x, const double* gy, double* g, Py_ssize_t n,
                                 Py_ssize_t rows, const double* level, const double* shift,
                                 const double* a, const double* b, const double* c, bint streamed,
                                 Py_ssize_t ahead)

cdef enum:
    ROWS = 16                               # computed together


cdef inline floating* scratch_row(const Norms* t, int row, floating of_type) noexcept nogil:
    """Return a row of the scratch; `of_type` only tells the type."""
    return <floating*>(t.scratch + row * t.channels)


cdef inline Py_ssize_t items_of(const Norms* t) noexcept nogil:
    """How many groups of rows there are for the threads."""
    return (t.n.outer + ROWS - 1) // ROWS


cdef inline void sums_of_columns(const Norms* t, int kind, Py_ssize_t rows, const void* e,
                                 const void* shift, double* s, double* q) noexcept nogil:
    cdef RowSums sums
    sums.kind, sums.wide, sums.rows, sums.size = kind, t.wide, rows, t.channels
    sums.e, sums.x, sums.shift, sums.s64, sums.q64 = e, t.x, shift, s, q
    sums.mean = sums.factor = NULL
    sums.s = sums.q = NULL
    run_row_sums(&sums)


cdef inline void measure_columns(const Norms* t, const floating* x) noexcept nogil:
    """Mean and biased variance of every column."""
    # Shifted by the mean of the first rows, as many as the root of their number, one pass cancels
    # a bit or two at most, even where an outlier is among these.
    cdef Py_ssize_t rows = t.n.outer, head = <Py_ssize_t>sqrt_(<double>rows), n = t.channels, j
    cdef floating* shift = scratch_row[floating](t, 1, 0)
    cdef double* s = t.scratch + 5 * n
    cdef double* q = t.scratch + 6 * n
    cdef double* mean = t.mean
    cdef double* variance = t.variance
    cdef bint finite = True
    sums_of_columns(t, ANN_SUM, head, x, NULL, s, NULL)
    for j in range(n):
        shift[j] = <floating>(s[j] / head)
    sums_of_columns(t, ANN_MOMENTS, rows, x, shift, s, q)
    for j in range(n):
        finish(shift[j], s[j], q[j], rows, mean + j, variance + j)
    for j in range(n):
        finite = finite & isfinite_(q[j])
    for j in range(n if not finite else 0):
        if not isfinite_(q[j]):
            measure_wide(x + j, Planes(rows, n, 1), mean + j, variance + j)


cdef inline void correlate_columns(const Norms* t, floating of_type) noexcept nogil:
    """Leave sum(gy) and sum(gy * (x - mean)) of every column in the scratch."""
    cdef Py_ssize_t n = t.channels, j
    cdef const double* mean = t.mean
    cdef floating* shift = scratch_row[floating](t, 1, 0)
    cdef double* s = t.scratch + 5 * n
    cdef double* q = t.scratch + 6 * n
    for j in range(n):
        shift[j] = <floating>mean[j]
    sums_of_columns(t, ANN_COLUMN_DOTS, t.n.outer, t.gy, shift, s, q)
    for j in range(n):
        q[j] -= (mean[j] - shift[j]) * s[j]


cdef inline void prepare_rows(const Norms* t, const floating* x, const floating* gamma,
                              const floating* beta) noexcept nogil:
    """Measure if need be, and leave in the scratch what `forward_rows` reads."""
    cdef floating* shift = scratch_row[floating](t, 1, 0)
    cdef floating* a = scratch_row[floating](t, 2, 0)
    cdef floating* b = scratch_row[floating](t, 3, 0)
    cdef const double* mean = t.mean
    cdef const double* variance = t.variance
    cdef double eps = t.eps, slope
    cdef Py_ssize_t n = t.channels, j
    if t.measured:
        measure_columns(t, x)
    for j in range(n if t.measured and t.own < 1 else 0):
        mix(t, j, j)
    for j in range(n):
        slope = gamma[j] / sqrt_(variance[j] + eps)
        shift[j], a[j] = <floating>mean[j], <floating>slope
        b[j] = <floating>(beta[j] - slope * (mean[j] - <floating>mean[j]))


cdef inline void forward_rows(const Norms* t, Py_ssize_t start, Py_ssize_t stop,
                              const floating* x, floating* y) noexcept nogil:
    """Groups start..stop of rows of y = a * (x - shift) + b."""
    cdef const floating* shift = scratch_row[floating](t, 1, 0)
    cdef const floating* a = scratch_row[floating](t, 2, 0)
    cdef const floating* b = scratch_row[floating](t, 3, 0)
    cdef Py_ssize_t n = t.channels, k, i, rows
    for k in range(start, stop):
        rows, i = min(t.n.outer - k * ROWS, <Py_ssize_t>ROWS), k * ROWS * n
        if floating is float:
            ann_column_map_f32(x + i, y + i, n, rows, shift, a, b, t.streamed, n)
        else:
            ann_column_map_f64(x + i, y + i, n, rows, shift, a, b, t.streamed, n)
    ann_stream_end()


cdef inline void prepare_rows_back(const Norms* t, const floating* gamma) noexcept nogil:
    """Leave in the scratch what `backward_rows` reads."""
    cdef floating* level = scratch_row[floating](t, 0, 0)
    cdef floating* shift = scratch_row[floating](t, 1, 0)
    cdef floating* a = scratch_row[floating](t, 2, 0)
    cdef floating* b = scratch_row[floating](t, 3, 0)
    cdef floating* c = scratch_row[floating](t, 4, 0)
    cdef const double* sums = t.scratch + 5 * t.channels
    cdef const double* dots = t.scratch + 6 * t.channels
    cdef const double* mean = t.mean
    cdef const double* variance = t.variance
    cdef double eps = t.eps, share = t.own / t.n.outer, s, q, slope
    cdef Py_ssize_t n = t.channels, j
    if t.measured:
        correlate_columns[floating](t, 0)
    for j in range(n):
        slope = gamma[j] / sqrt_(variance[j] + eps)
        shift[j], a[j] = <floating>mean[j], <floating>slope
        level[j] = b[j] = c[j] = 0
    for j in range(n if t.measured else 0):
        slope = gamma[j] / sqrt_(variance[j] + eps)
        s, q = sums[j] * share, -slope * dots[j] * share / (variance[j] + eps)
        level[j], b[j] = <floating>s, <floating>q
        c[j] = <floating>(-slope * (s - <floating>s) - q * (mean[j] - <floating>mean[j]))


cdef inline void backward_rows(const Norms* t, Py_ssize_t start, Py_ssize_t stop,
                               const floating* x, const floating* gy,
                               floating* g) noexcept nogil:
    """Groups start..stop of rows of g = a * (gy - level) + b * (x - shift) + c."""
    cdef const floating* level = scratch_row[floating](t, 0, 0)
    cdef const floating* shift = scratch_row[floating](t, 1, 0)
    cdef const floating* a = scratch_row[floating](t, 2, 0)
    cdef const floating* b = scratch_row[floating](t, 3, 0)
    cdef const floating* c = scratch_row[floating](t, 4, 0)
    cdef Py_ssize_t n = t.channels, k, i, rows
    for k in range(start, stop):
        rows, i = min(t.n.outer - k * ROWS, <Py_ssize_t>ROWS), k * ROWS * n
        if floating is float:
            ann_column_map_back_f32(x + i, gy + i, g + i, n, rows, level, shift, a, b, c,
                                    t.streamed, n)
        else:
            ann_column_map_back_f64(x + i, gy + i, g + i, n, rows, level, shift, a, b, c,
                                    t.streamed, n)
    ann_stream_end()


cdef inline void gradient_rows(const Norms* t, floating* gradient) noexcept nogil:
    """The derivatives by gamma and beta."""
    cdef const double* sums = t.scratch + 5 * t.channels
    cdef const double* dots = t.scratch + 6 * t.channels
    cdef const double* variance = t.variance
    cdef double eps = t.eps
    cdef Py_ssize_t n = t.channels, j
    correlate_columns[floating](t, 0)
    for j in range(n):
        gradient[j] = <floating>(dots[j] / sqrt_(variance[j] + eps))
    for j in range(n):
        gradient[n + j] = <floating>sums[j]
