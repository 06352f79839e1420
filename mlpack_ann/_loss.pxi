# The loops of a loss with a term per element and parameters a and b, to be included at module
# level.
#
# The file has defined, for one element of the fused type `floating`, the prediction p and target t:
#     term(p, t, a, b)      the value
#     slope(p, t, a, b)     its derivative by p
# and gets `loss_maps()`, which its class hands to the base class. The loops are C, for Cython has
# no sums of free order.
from mlpack_ann._elementwise_loss cimport LossMaps


cdef inline float term32 "ann_term_f32"(float p, float t, float a, float b) noexcept nogil:
    return term(p, t, a, b)


cdef inline double term64 "ann_term_f64"(double p, double t, double a, double b) noexcept nogil:
    return term(p, t, a, b)


cdef inline float slope32 "ann_slope_f32"(float p, float t, float a, float b) noexcept nogil:
    return slope(p, t, a, b)


cdef inline double slope64 "ann_slope_f64"(double p, double t, double a, double b) noexcept nogil:
    return slope(p, t, a, b)


include "_loss_maps.pxi"
