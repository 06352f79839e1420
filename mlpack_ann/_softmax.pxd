"""Kernels of the softmax family, over rows start..stop of a matrix with rows of n elements.

Long rows go one by one (_softmax.h). Short ones are taken in blocks that stay in the cache: exp
runs over a whole block at once, so that they cost little more per element; only maxima, sums and
scales go row by row.
"""
from cython cimport floating

from mlpack_ann._math cimport decay_, exp_, log_

cdef extern from "_softmax.h" nogil:
    void ann_stream(void* to, const void* source, Py_ssize_t size)
    void ann_stream_end()
    void ann_softmax_row_f32(const float* x, float* y, Py_ssize_t n, bint streamed,
                             const float* after)
    void ann_softmax_row_f64(const double* x, double* y, Py_ssize_t n, bint streamed,
                             const double* after)
    void ann_log_softmax_row_f32(const float* x, float* y, Py_ssize_t n, bint streamed,
                                 const float* after)
    void ann_log_softmax_row_f64(const double* x, double* y, Py_ssize_t n, bint streamed,
                                 const double* after)
    void ann_softmax_row_back_f32(const float* y, const float* gy, float* g, Py_ssize_t n,
                                  bint streamed, Py_ssize_t ahead)
    void ann_softmax_row_back_f64(const double* y, const double* gy, double* g, Py_ssize_t n,
                                  bint streamed, Py_ssize_t ahead)
    void ann_log_softmax_row_back_f32(const float* y, const float* gy, float* g, Py_ssize_t n,
                                      bint streamed, Py_ssize_t ahead)
    void ann_log_softmax_row_back_f64(const double* y, const double* gy, double* g, Py_ssize_t n,
                                      bint streamed, Py_ssize_t ahead)

cdef enum:
    BLOCK = 4096                # elements
    SHORT = 32                  # up to this length rows are taken in blocks


# ---------------------------------------------------------------- blocks of short rows

cdef inline floating row_sum(const floating* x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef floating total = 0
    for j in range(n):
        total += x[j]
    return total


# x less the largest of its row, so that exp cannot overflow. Elements equal to the largest give 0
# where it is infinite, too.
cdef inline floating below_largest(floating x, floating largest) noexcept nogil:
    return 0 if x == largest else x - largest


cdef inline void exp_of_rows(const floating* x, floating* y, floating* largest, Py_ssize_t rows,
                             Py_ssize_t n) noexcept nogil:
    """y = exp(x - largest) in each row; the flat loop is where the time goes."""
    cdef Py_ssize_t i, j
    for i in range(rows):
        largest[i] = x[i * n]
        for j in range(1, n):
            largest[i] = x[i * n + j] if x[i * n + j] > largest[i] else largest[i]
        for j in range(n):
            y[i * n + j] = below_largest(x[i * n + j], largest[i])
    for i in range(rows * n):
        y[i] = decay_(-y[i])


cdef inline void softmax_block(const floating* x, floating* y, Py_ssize_t rows,
                               Py_ssize_t n) noexcept nogil:
    cdef floating largest[BLOCK]
    cdef Py_ssize_t i, j
    cdef floating scale
    exp_of_rows(x, y, &largest[0], rows, n)
    for i in range(rows):
        scale = <floating>1 / row_sum(y + i * n, n)
        for j in range(n):
            y[i * n + j] = y[i * n + j] * scale


cdef inline void log_softmax_block(const floating* x, floating* y, Py_ssize_t rows,
                                   Py_ssize_t n) noexcept nogil:
    cdef floating largest[BLOCK]
    cdef floating shift[BLOCK]
    cdef Py_ssize_t i, j
    exp_of_rows(x, y, &largest[0], rows, n)             # y serves as scratch
    for i in range(rows):
        shift[i] = row_sum(y + i * n, n)
    for i in range(rows):
        shift[i] = log_(shift[i])
    for i in range(rows):
        for j in range(n):
            y[i * n + j] = below_largest(x[i * n + j], largest[i]) - shift[i]


cdef inline void softmax_block_back(const floating* y, const floating* gy, floating* g,
                                    Py_ssize_t rows, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef floating mean
    for i in range(rows):
        mean = 0
        for j in range(i * n, i * n + n):
            mean += y[j] * gy[j]
        for j in range(i * n, i * n + n):
            g[j] = y[j] * (gy[j] - mean)


cdef inline void log_softmax_block_back(const floating* y, const floating* gy, floating* g,
                                        Py_ssize_t rows, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef floating total
    for i in range(rows * n):
        g[i] = exp_(y[i])
    for i in range(rows):
        total = row_sum(gy + i * n, n)
        for j in range(i * n, i * n + n):
            g[j] = gy[j] - g[j] * total


# ---------------------------------------------------------------- rows of any length

cdef inline void softmax_rows(const floating* x, floating* y, Py_ssize_t start, Py_ssize_t stop,
                              Py_ssize_t n, bint streamed) noexcept nogil:
    """y = exp(x) / sum(exp(x)) in each row."""
    cdef floating block[BLOCK]
    cdef Py_ssize_t i, rows
    if n > SHORT:
        for i in range(start, stop):
            if floating is float:
                ann_softmax_row_f32(x + i * n, y + i * n, n, streamed, x + (i + 1) * n)
            else:
                ann_softmax_row_f64(x + i * n, y + i * n, n, streamed, x + (i + 1) * n)
        stop = start
    while start < stop:
        rows = min(stop - start, BLOCK // n)
        softmax_block(x + start * n, &block[0] if streamed else y + start * n, rows, n)
        if streamed:
            ann_stream(y + start * n, &block[0], rows * n * sizeof(floating))
        start += rows
    ann_stream_end()


cdef inline void log_softmax_rows(const floating* x, floating* y, Py_ssize_t start,
                                  Py_ssize_t stop, Py_ssize_t n, bint streamed) noexcept nogil:
    """y = x - log(sum(exp(x))) in each row."""
    cdef floating block[BLOCK]
    cdef Py_ssize_t i, rows
    if n > SHORT:
        for i in range(start, stop):
            if floating is float:
                ann_log_softmax_row_f32(x + i * n, y + i * n, n, streamed, x + (i + 1) * n)
            else:
                ann_log_softmax_row_f64(x + i * n, y + i * n, n, streamed, x + (i + 1) * n)
        stop = start
    while start < stop:
        rows = min(stop - start, BLOCK // n)
        log_softmax_block(x + start * n, &block[0] if streamed else y + start * n, rows, n)
        if streamed:
            ann_stream(y + start * n, &block[0], rows * n * sizeof(floating))
        start += rows
    ann_stream_end()


cdef inline void softmax_rows_back(const floating* x, const floating* y, const floating* gy,
                                   floating* g, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t n,
                                   bint streamed) noexcept nogil:
    """g = y * (gy - sum(y * gy)) in each row."""
    cdef floating block[BLOCK]
    cdef Py_ssize_t i, rows
    if n > SHORT:
        for i in range(start, stop):
            if floating is float:
                ann_softmax_row_back_f32(y + i * n, gy + i * n, g + i * n, n, streamed, n)
            else:
                ann_softmax_row_back_f64(y + i * n, gy + i * n, g + i * n, n, streamed, n)
        stop = start
    while start < stop:
        rows, i = min(stop - start, BLOCK // n), start * n
        softmax_block_back(y + i, gy + i, &block[0] if streamed else g + i, rows, n)
        if streamed:
            ann_stream(g + i, &block[0], rows * n * sizeof(floating))
        start += rows
    ann_stream_end()


cdef inline void log_softmax_rows_back(const floating* x, const floating* y, const floating* gy,
                                       floating* g, Py_ssize_t start, Py_ssize_t stop,
                                       Py_ssize_t n, bint streamed) noexcept nogil:
    """g = gy - exp(y) * sum(gy) in each row."""
    cdef floating block[BLOCK]
    cdef Py_ssize_t i, rows
    if n > SHORT:
        for i in range(start, stop):
            if floating is float:
                ann_log_softmax_row_back_f32(y + i * n, gy + i * n, g + i * n, n, streamed, n)
            else:
                ann_log_softmax_row_back_f64(y + i * n, gy + i * n, g + i * n, n, streamed, n)
        stop = start
    while start < stop:
        rows, i = min(stop - start, BLOCK // n), start * n
        log_softmax_block_back(y + i, gy + i, &block[0] if streamed else g + i, rows, n)
        if streamed:
            ann_stream(g + i, &block[0], rows * n * sizeof(floating))
        start += rows
    ann_stream_end()
