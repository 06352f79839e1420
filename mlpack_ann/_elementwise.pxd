"""The compiled loops of one elementwise function, made by including ``_elementwise.pxi``."""

cdef struct Maps:
    # Of n contiguous elements, and the function's parameters a and b.
    void (*forward32)(const float* x, float* y, Py_ssize_t n, float a, float b) noexcept nogil
    void (*forward64)(const double* x, double* y, Py_ssize_t n, double a, double b) noexcept nogil
    void (*deriv32)(const float* x, const float* y, float* dy, Py_ssize_t n,
                    float a, float b) noexcept nogil
    void (*deriv64)(const double* x, const double* y, double* dy, Py_ssize_t n,
                    double a, double b) noexcept nogil
    void (*backward32)(const float* x, const float* y, const float* gy, float* g, Py_ssize_t n,
                       float a, float b) noexcept nogil
    void (*backward64)(const double* x, const double* y, const double* gy, double* g, Py_ssize_t n,
                       double a, double b) noexcept nogil
