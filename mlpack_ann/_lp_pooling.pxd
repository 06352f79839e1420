"""The loops of p-norms over a row of windows (_lp_pooling.h)."""
from cython cimport floating

from mlpack_ann._pooling cimport Row


cdef extern from "_lp_pooling.h" nogil:
    void ann_lp_row_f32(const Row* row, int p, const float* x, float* y, float* sums, float* totals)
    void ann_lp_row_f64(const Row* row, int p, const double* x, double* y, double* sums,
                        double* totals)
    void ann_lp_weights_f32(const Row* row, int p, const float* y, const float* gy, float* weights)
    void ann_lp_weights_f64(const Row* row, int p, const double* y, const double* gy,
                            double* weights)
    bint ann_lp_scale_f32(const float* x, float* g, Py_ssize_t n)
    bint ann_lp_scale_f64(const double* x, double* g, Py_ssize_t n)
    void ann_lp_spread_row_f32(const Row* row, int p, const float* x, const float* y,
                               const float* gy, float* g)
    void ann_lp_spread_row_f64(const Row* row, int p, const double* x, const double* y,
                               const double* gy, double* g)


cdef inline void lp_row(const Row* row, int p, const floating* x, floating* y, floating* sums,
                        floating* totals) noexcept nogil:
    """p-norms of a row of windows."""
    if floating is float:
        ann_lp_row_f32(row, p, x, y, sums, totals)
    else:
        ann_lp_row_f64(row, p, x, y, sums, totals)


cdef inline void lp_weights(const Row* row, int p, const floating* y, const floating* gy,
                            floating* weights) noexcept nogil:
    """What `spread_row` is to spread, for p of 1 or 2."""
    if floating is float:
        ann_lp_weights_f32(row, p, y, gy, weights)
    else:
        ann_lp_weights_f64(row, p, y, gy, weights)


cdef inline bint lp_scale(const floating* x, floating* g, Py_ssize_t n) noexcept nogil:
    """g *= x; return whether all of it is finite."""
    if floating is float:
        return ann_lp_scale_f32(x, g, n)
    else:
        return ann_lp_scale_f64(x, g, n)


cdef inline void lp_spread_row(const Row* row, int p, const floating* x, const floating* y,
                               const floating* gy, floating* g) noexcept nogil:
    """Add to g the derivative of `lp_row`, for any p above 1."""
    if floating is float:
        ann_lp_spread_row_f32(row, p, x, y, gy, g)
    else:
        ann_lp_spread_row_f64(row, p, x, y, gy, g)
