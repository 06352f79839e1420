from mlpack_ann.layer.layer cimport Layer

# Kernels of rows start..stop, for both types; n is a row's length, of x where they differ.
cdef struct RowMaps:
    void (*forward32)(const float* x, float* y, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t n,
                      bint streamed) noexcept nogil
    void (*forward64)(const double* x, double* y, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t n,
                      bint streamed) noexcept nogil
    void (*backward32)(const float* x, const float* y, const float* gy, float* g, Py_ssize_t start,
                       Py_ssize_t stop, Py_ssize_t n, bint streamed) noexcept nogil
    void (*backward64)(const double* x, const double* y, const double* gy, double* g,
                       Py_ssize_t start, Py_ssize_t stop, Py_ssize_t n,
                       bint streamed) noexcept nogil


cdef class RowLayer(Layer):
    cdef RowMaps _maps
