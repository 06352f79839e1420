"""Sums over contiguous memory, for the fused type `floating`.

Plain loops over a sum stay scalar, because Cython cannot say that its order is free; these are
SIMD code. Pointers are to `n` contiguous elements; `n` may be 0. Accuracy and limits: _reduce.h,
which is why modules compile with this folder among the include directories.
"""
from cython cimport floating


cdef extern from "_reduce.h" nogil:
    double ann_sum_f32(const float* x, Py_ssize_t n)
    double ann_sum_f64(const double* x, Py_ssize_t n)
    void ann_moments_f32(const float* x, Py_ssize_t n, float shift, double* s, double* q)
    void ann_moments_f64(const double* x, Py_ssize_t n, double shift, double* s, double* q)
    double ann_dot_f32(const float* a, const float* b, Py_ssize_t n)
    double ann_dot_f64(const double* a, const double* b, Py_ssize_t n)
    void ann_products_f32(const float* a, const float* b, Py_ssize_t n, double a_factor,
                          double b_factor, double* aa, double* ab, double* bb)
    void ann_products_f64(const double* a, const double* b, Py_ssize_t n, double a_factor,
                          double b_factor, double* aa, double* ab, double* bb)


cdef inline double sum_(const floating* x, Py_ssize_t n) noexcept nogil:
    """Sum of x."""
    if floating is float:
        return ann_sum_f32(x, n)
    else:
        return ann_sum_f64(x, n)


cdef inline void moments_(const floating* x, Py_ssize_t n, floating shift,
                          double* s, double* q) noexcept nogil:
    """Add sum(x - shift) to s and sum((x - shift)^2) to q.

    With a shift near the mean, variance = q / n - (s / n)^2 does not cancel.
    """
    if floating is float:
        ann_moments_f32(x, n, shift, s, q)
    else:
        ann_moments_f64(x, n, shift, s, q)


cdef inline double dot_(const floating* a, const floating* b, Py_ssize_t n) noexcept nogil:
    """Sum of a * b."""
    if floating is float:
        return ann_dot_f32(a, b, n)
    else:
        return ann_dot_f64(a, b, n)


cdef inline void products_(const floating* a, const floating* b, Py_ssize_t n, double a_factor,
                           double b_factor, double* aa, double* ab, double* bb) noexcept nogil:
    """Sums of u * u, u * v and v * v, with u = a_factor * a and v = b_factor * b."""
    if floating is float:
        ann_products_f32(a, b, n, a_factor, b_factor, aa, ab, bb)
    else:
        ann_products_f64(a, b, n, a_factor, b_factor, aa, ab, bb)
