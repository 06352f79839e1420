"""Copies, fills and sums of whole arrays, by threads, past the caches where they are large."""
from numpy cimport ndarray

cdef extern from "_stream.h" nogil:
    const Py_ssize_t ANN_STREAM_BYTES
    void ann_stream(void* to, const void* source, Py_ssize_t size)
    void ann_stream_end()

# Checked, C-contiguous arrays of one dtype. y = x; both of one size.
cdef void copy_all(ndarray x, ndarray y) noexcept
# y[...] = value
cdef void fill_all(ndarray y, double value) noexcept
# y[i] = x[i] + row for the points i, whose elements begin row.
cdef void add_row(ndarray x, ndarray row, ndarray y) noexcept

# Of parts, written past the caches if `streamed`: then call ann_stream_end after the last one.
# y[:n] = value; y[:n] = x[:n]; y[i * n:(i + 1) * n] = x[i] for i < count.
cdef void fill_f32(float* y, Py_ssize_t n, float value, bint streamed) noexcept nogil
cdef void fill_f64(double* y, Py_ssize_t n, double value, bint streamed) noexcept nogil
cdef void copy_f32(const float* x, float* y, Py_ssize_t n, bint streamed) noexcept nogil
cdef void copy_f64(const double* x, double* y, Py_ssize_t n, bint streamed) noexcept nogil
cdef void spread_f32(const float* x, float* y, Py_ssize_t count, Py_ssize_t n,
                     bint streamed) noexcept nogil
cdef void spread_f64(const double* x, double* y, Py_ssize_t count, Py_ssize_t n,
                     bint streamed) noexcept nogil
