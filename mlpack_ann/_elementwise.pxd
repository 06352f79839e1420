"""The compiled loops of one elementwise function, made by including ``_elementwise.pxi``."""

cdef struct Maps:
    void (*forward32)(const float[::1] x, float[::1] y, float a, float b) noexcept nogil
    void (*forward64)(const double[::1] x, double[::1] y, double a, double b) noexcept nogil
    void (*deriv32)(const float[::1] x, const float[::1] y, float[::1] dy,
                    float a, float b) noexcept nogil
    void (*deriv64)(const double[::1] x, const double[::1] y, double[::1] dy,
                    double a, double b) noexcept nogil
    void (*backward32)(const float[::1] x, const float[::1] y, const float[::1] gy, float[::1] g,
                       float a, float b) noexcept nogil
    void (*backward64)(const double[::1] x, const double[::1] y, const double[::1] gy,
                       double[::1] g, double a, double b) noexcept nogil
