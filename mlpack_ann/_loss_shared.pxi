# As ``_loss.pxi``, for a loss whose value and slope have a dear part in common. The file has
# defined:
#     shared(p, t, a, b)            the common part
#     term(p, t, common, a, b)      the value
#     slope(p, t, common, a, b)     its derivative by p
from mlpack_ann._elementwise_loss cimport LossMaps


cdef extern from *:
    """
    #define ANN_LOSS_SHARED
    """


cdef inline float shared32 "ann_shared_f32"(float p, float t, float a, float b) noexcept nogil:
    return shared(p, t, a, b)


cdef inline double shared64 "ann_shared_f64"(double p, double t, double a, double b) noexcept nogil:
    return shared(p, t, a, b)


cdef inline float term32 "ann_term_f32"(float p, float t, float common, float a,
                                        float b) noexcept nogil:
    return term(p, t, common, a, b)


cdef inline double term64 "ann_term_f64"(double p, double t, double common, double a,
                                         double b) noexcept nogil:
    return term(p, t, common, a, b)


cdef inline float slope32 "ann_slope_f32"(float p, float t, float common, float a,
                                          float b) noexcept nogil:
    return slope(p, t, common, a, b)


cdef inline double slope64 "ann_slope_f64"(double p, double t, double common, double a,
                                           double b) noexcept nogil:
    return slope(p, t, common, a, b)


include "_loss_maps.pxi"
