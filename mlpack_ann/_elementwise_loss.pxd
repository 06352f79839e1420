"""The compiled loops of one loss with a term per element, made by including ``_loss.pxi``."""

cdef struct LossMaps:
    double (*total32)(const float[::1] p, const float[::1] t, float a, float b) noexcept nogil
    double (*total64)(const double[::1] p, const double[::1] t, double a, double b) noexcept nogil
    double (*wide_total)(const float[::1] p, const float[::1] t, double a, double b) noexcept nogil
    void (*terms32)(const float[::1] p, const float[::1] t, float[::1] terms,
                    float a, float b) noexcept nogil
    void (*terms64)(const double[::1] p, const double[::1] t, double[::1] terms,
                    double a, double b) noexcept nogil
    void (*slopes32)(const float[::1] p, const float[::1] t, float[::1] g, float scale,
                     float a, float b) noexcept nogil
    void (*slopes64)(const double[::1] p, const double[::1] t, double[::1] g, double scale,
                     double a, double b) noexcept nogil
