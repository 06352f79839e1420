"""Elementary functions for the fused type `floating`, which vectorise in plain loops.

`y[i] = tanh_(x[i])` over contiguous memoryviews becomes SIMD code. Constants beside them in such
a loop must be of the fused type too (`<floating>0.5`), or a float32 loop computes in double.
Algorithms, accuracy and limits: _math.h, which is why modules compile with this folder among the
include directories.
"""
from cython cimport floating


cdef extern from "_math.h" nogil:
    float ann_exp_f32(float x)
    double ann_exp_f64(double x)
    float ann_decay_f32(float a)
    double ann_decay_f64(double a)
    float ann_bounded_decay_f32(float a)
    double ann_bounded_decay_f64(double a)
    float ann_expm1_f32(float x)
    double ann_expm1_f64(double x)
    float ann_bounded_expm1_f32(float x)
    double ann_bounded_expm1_f64(double x)
    float ann_log_f32(float x)
    double ann_log_f64(double x)
    float ann_log1p_f32(float x)
    double ann_log1p_f64(double x)
    float ann_log1p_of_fraction_f32(float z)
    double ann_log1p_of_fraction_f64(double z)
    float ann_tanh_f32(float x)
    double ann_tanh_f64(double x)
    float ann_sinh_f32(float x)
    double ann_sinh_f64(double x)
    float ann_sigmoid_f32(float x)
    double ann_sigmoid_f64(double x)
    float ann_softplus_f32(float x)
    double ann_softplus_f64(double x)
    float ann_weighted_tail_f32(float a)
    double ann_weighted_tail_f64(double a)
    float ann_reach_f32(float x)
    double ann_reach_f64(double x)
    float ann_fabs_f32(float x)
    double ann_fabs_f64(double x)
    float ann_sqrt_f32(float x)
    double ann_sqrt_f64(double x)
    float ann_copysign_f32(float magnitude, float sign)
    double ann_copysign_f64(double magnitude, double sign)
    float ann_maximum_f32(float a, float b)
    double ann_maximum_f64(double a, double b)
    float ann_minimum_f32(float a, float b)
    double ann_minimum_f64(double a, double b)
    bint ann_isfinite_f32(float x)
    bint ann_isfinite_f64(double x)


cdef inline floating exp_(floating x) noexcept nogil:
    """exp(x)."""
    if floating is float:
        return ann_exp_f32(x)
    else:
        return ann_exp_f64(x)


cdef inline floating decay_(floating a) noexcept nogil:
    """exp(-a) for a >= 0, faster."""
    if floating is float:
        return ann_decay_f32(a)
    else:
        return ann_decay_f64(a)


cdef inline floating bounded_decay_(floating a) noexcept nogil:
    """exp(-a) for -40 <= a <= 130 (1060 in double), faster still."""
    if floating is float:
        return ann_bounded_decay_f32(a)
    else:
        return ann_bounded_decay_f64(a)


cdef inline floating expm1_(floating x) noexcept nogil:
    """exp(x) - 1, accurate near 0."""
    if floating is float:
        return ann_expm1_f32(x)
    else:
        return ann_expm1_f64(x)


cdef inline floating bounded_expm1_(floating x) noexcept nogil:
    """exp(x) - 1 for x <= 88, faster; above, anything. -0 becomes 0."""
    if floating is float:
        return ann_bounded_expm1_f32(x)
    else:
        return ann_bounded_expm1_f64(x)


cdef inline floating log_(floating x) noexcept nogil:
    """Natural logarithm; -inf at 0, NaN below."""
    if floating is float:
        return ann_log_f32(x)
    else:
        return ann_log_f64(x)


cdef inline floating log1p_(floating x) noexcept nogil:
    """log(1 + x), accurate near 0; -inf at -1, NaN below."""
    if floating is float:
        return ann_log1p_f32(x)
    else:
        return ann_log1p_f64(x)


cdef inline floating log1p_of_fraction_(floating z) noexcept nogil:
    """log(1 + z) for 0 <= z <= 1, in half the time."""
    if floating is float:
        return ann_log1p_of_fraction_f32(z)
    else:
        return ann_log1p_of_fraction_f64(z)


cdef inline floating tanh_(floating x) noexcept nogil:
    """Hyperbolic tangent."""
    if floating is float:
        return ann_tanh_f32(x)
    else:
        return ann_tanh_f64(x)


cdef inline floating sinh_(floating x) noexcept nogil:
    """Hyperbolic sine, accurate near 0."""
    if floating is float:
        return ann_sinh_f32(x)
    else:
        return ann_sinh_f64(x)


cdef inline floating sigmoid_(floating x) noexcept nogil:
    """1 / (1 + exp(-x)), without overflow."""
    if floating is float:
        return ann_sigmoid_f32(x)
    else:
        return ann_sigmoid_f64(x)


cdef inline floating softplus_(floating x) noexcept nogil:
    """log(1 + exp(x)), without overflow."""
    if floating is float:
        return ann_softplus_f32(x)
    else:
        return ann_softplus_f64(x)


cdef inline floating weighted_tail_(floating a) noexcept nogil:
    """a times the probability that a standard normal variable exceeds a >= 0."""
    if floating is float:
        return ann_weighted_tail_f32(a)
    else:
        return ann_weighted_tail_f64(a)


cdef inline floating reach_(floating x) noexcept nogil:
    """|x|, up to 130 (1060 in double), where exp(-|x|) is 0."""
    if floating is float:
        return ann_reach_f32(x)
    else:
        return ann_reach_f64(x)


cdef inline floating fabs_(floating x) noexcept nogil:
    """Absolute value."""
    if floating is float:
        return ann_fabs_f32(x)
    else:
        return ann_fabs_f64(x)


cdef inline floating sqrt_(floating x) noexcept nogil:
    """Square root; NaN below 0."""
    if floating is float:
        return ann_sqrt_f32(x)
    else:
        return ann_sqrt_f64(x)


cdef inline floating copysign_(floating magnitude, floating sign) noexcept nogil:
    """`magnitude` with the sign of `sign`."""
    if floating is float:
        return ann_copysign_f32(magnitude, sign)
    else:
        return ann_copysign_f64(magnitude, sign)


cdef inline floating maximum_(floating a, floating b) noexcept nogil:
    """The larger one; NaN if either is NaN."""
    if floating is float:
        return ann_maximum_f32(a, b)
    else:
        return ann_maximum_f64(a, b)


cdef inline floating minimum_(floating a, floating b) noexcept nogil:
    """The smaller one; NaN if either is NaN."""
    if floating is float:
        return ann_minimum_f32(a, b)
    else:
        return ann_minimum_f64(a, b)


cdef inline bint isfinite_(floating x) noexcept nogil:
    """Neither infinite nor NaN."""
    if floating is float:
        return ann_isfinite_f32(x)
    else:
        return ann_isfinite_f64(x)
