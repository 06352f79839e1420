"""The compiled loops of one loss with a term per element, made by including ``_loss.pxi``."""

cdef struct LossMaps:
    # Of prediction and target, n contiguous elements each, and the loss's parameters a and b.
    # `shared` is what share32 or share64 made of them, where these are not NULL.
    void (*share32)(const float* p, const float* t, float* shared, Py_ssize_t n,
                    float a, float b) noexcept nogil
    void (*share64)(const double* p, const double* t, double* shared, Py_ssize_t n,
                    double a, double b) noexcept nogil
    double (*total32)(const float* p, const float* t, const float* shared, Py_ssize_t n,
                      float a, float b) noexcept nogil
    double (*total64)(const double* p, const double* t, const double* shared, Py_ssize_t n,
                      double a, double b) noexcept nogil
    void (*terms32)(const float* p, const float* t, const float* shared, float* terms,
                    Py_ssize_t n, float a, float b) noexcept nogil
    void (*terms64)(const double* p, const double* t, const double* shared, double* terms,
                    Py_ssize_t n, double a, double b) noexcept nogil
    void (*slopes32)(const float* p, const float* t, const float* shared, float* g, Py_ssize_t n,
                     float scale, float a, float b) noexcept nogil
    void (*slopes64)(const double* p, const double* t, const double* shared, double* g,
                     Py_ssize_t n, double scale, double a, double b) noexcept nogil
    double weight                       # of a float32 element, see _parallel
