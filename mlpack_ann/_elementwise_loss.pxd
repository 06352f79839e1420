"""The compiled loops of one loss with a term per element, made by including ``_loss.pxi``."""

cdef struct LossMaps:
    # Of prediction and target, n contiguous elements each, and the loss's parameters a and b.
    double (*total32)(const float* p, const float* t, Py_ssize_t n, float a, float b) noexcept nogil
    double (*total64)(const double* p, const double* t, Py_ssize_t n,
                      double a, double b) noexcept nogil
    double (*wide_total)(const float* p, const float* t, Py_ssize_t n,
                         double a, double b) noexcept nogil
    void (*terms32)(const float* p, const float* t, float* terms, Py_ssize_t n,
                    float a, float b) noexcept nogil
    void (*terms64)(const double* p, const double* t, double* terms, Py_ssize_t n,
                    double a, double b) noexcept nogil
    void (*slopes32)(const float* p, const float* t, float* g, Py_ssize_t n, float scale,
                     float a, float b) noexcept nogil
    void (*slopes64)(const double* p, const double* t, double* g, Py_ssize_t n, double scale,
                     double a, double b) noexcept nogil
