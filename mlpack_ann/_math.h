/* Elementary functions that compilers turn into SIMD code.
 *
 * libm's functions are calls, and a call keeps a loop scalar. Those below are straight-line code
 * (selections instead of branches, shifts of exponent bits instead of tables), so that a loop
 * such as  y[i] = tanh(x[i])  vectorises for float and for double under
 * -O3 -fno-math-errno -fno-trapping-math. Other compilers get the same values, maybe slower.
 *
 * Errors stay below 3 units in the last place, subnormal results included. NaN, infinities,
 * signed zeros, overflow and underflow are what IEEE 754 and C's Annex F ask for.
 *
 * Limits: rounding to nearest is assumed, and the arithmetic must be evaluated as written.
 *
 * The file includes itself twice: the second half is the algorithms, written once for the type
 * `real`; the first half is what differs between float and double.
 */
#ifndef MLPACK_ANN_MATH_REAL
#ifndef MLPACK_ANN_MATH_H
#define MLPACK_ANN_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "_math.h needs IEEE arithmetic: compile without -ffast-math"
#endif

/* Inlining is what makes loops vectorise, so it is not left to the compiler's size estimate. */
#if defined(__GNUC__) || defined(__clang__)
#define ANN_INLINE static inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define ANN_INLINE static __forceinline
#else
#define ANN_INLINE static inline
#endif

/* (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2: minimax in the relative error of exp(r) - 1. */

ANN_INLINE float ann_exp_tail_f32(float r)
{
    float p = 0.00019741859f;
    p = p * r + 0.0013933728f;
    p = p * r + 0.008333568f;
    p = p * r + 0.041666478f;
    p = p * r + 0.16666666f;
    return p * r + 0.5f;
}

ANN_INLINE double ann_exp_tail_f64(double r)
{
    double p = 2.5057441770950935e-08;
    p = p * r + 2.7626454030001194e-07;
    p = p * r + 2.755739614897475e-06;
    p = p * r + 2.480150418329237e-05;
    p = p * r + 0.00019841269731762115;
    p = p * r + 0.0013888888932540337;
    p = p * r + 0.008333333333383534;
    p = p * r + 0.04166666666657334;
    p = p * r + 0.166666666666666;
    return p * r + 0.5000000000000006;
}

/* (2 atanh(s) - 2 s) / s as a polynomial in z = s^2, for z <= (sqrt(2) - 1)^4: minimax. */

ANN_INLINE float ann_atanh_tail_f32(float z)
{
    float p = 0.23121068f;
    p = p * z + 0.28565288f;
    p = p * z + 0.39999807f;
    p = p * z + 0.6666667f;
    return p * z;
}

ANN_INLINE double ann_atanh_tail_f64(double z)
{
    double p = 0.1479109956488764;
    p = p * z + 0.15314605925694622;
    p = p * z + 0.18183539296538506;
    p = p * z + 0.22222199134733425;
    p = p * z + 0.28571428735886584;
    p = p * z + 0.3999999999945054;
    p = p * z + 0.6666666666666727;
    return p * z;
}

/* -log(1 - erf(a)) / a for 0 <= a <= ERF_MAX: minimax in the relative error of erf(a). */

ANN_INLINE float ann_erf_exponent_f32(float a)
{
    float p = -8.279716e-06f;
    p = p * a + 0.00010862775f;
    p = p * a - 0.0005995064f;
    p = p * a + 0.0016034857f;
    p = p * a - 9.346308e-05f;
    p = p * a - 0.019191807f;
    p = p * a + 0.102789335f;
    p = p * a + 0.6366179f;
    return p * a + 1.1283792f;
}

ANN_INLINE double ann_erf_exponent_f64(double a)
{
    double p = 7.535139348157355e-16;
    p = p * a - 3.7161888022293005e-14;
    p = p * a + 8.564978703655889e-13;
    p = p * a - 1.2248893699956708e-11;
    p = p * a + 1.2160522916885567e-10;
    p = p * a - 8.869544024989215e-10;
    p = p * a + 4.891081888219643e-09;
    p = p * a - 2.054544503534659e-08;
    p = p * a + 6.444007866872792e-08;
    p = p * a - 1.3855510416797274e-07;
    p = p * a + 1.3078994410731524e-07;
    p = p * a + 3.466271211885625e-07;
    p = p * a - 1.754803124415114e-06;
    p = p * a + 2.8488607090767963e-06;
    p = p * a + 3.3959634846016503e-06;
    p = p * a - 2.9716712037111176e-05;
    p = p * a + 6.4488163659075e-05;
    p = p * a + 2.5880025210198098e-05;
    p = p * a - 0.0005901259589058754;
    p = p * a + 0.001696206469109502;
    p = p * a - 0.00020919470657225982;
    p = p * a - 0.01912844700401504;
    p = p * a + 0.10277260330173432;
    p = p * a + 0.6366197723675849;
    return p * a + 1.1283791670955126;
}

/* float: 24-bit significand, exponent bias 127. */
#define MLPACK_ANN_MATH_REAL float
#define F(name) ann_##name##_f32
#define LIBM(name) name##f
#define BITS uint32_t
#define SIGN_BIT 0x80000000u
#define FRACTION_BITS 23
#define FRACTION_MASK 0x007fffffu
#define BIAS 127u
#define ONE_BITS 0x3f800000u
#define SQRT_HALF_BITS 0x3f3504f3u
#define TWO_TO_FRACTION_BITS 8388608.0f      /* 2^23: here one unit in the last place is 1 */
#define ROUNDER 12582912.0f                  /* 1.5 * 2^23 */
#define MIN_NORMAL 1.17549435e-38f
#define TINY 1e-10f                          /* below it f(x) rounds to x where f'(0) = 1 */
#define SQRT_2_LESS_1 0.41421356f
#define LOG2_E 1.442695f
#define LN2_HI 0.69317626953125f             /* ln 2 to 14 bits: exact times any exponent */
#define LN2_LO -2.9088971e-05f               /* ln 2 - LN2_HI */
#define EXP_MAX 89.0f                        /* exp overflows below it */
#define EXP_MIN -104.0f                      /* exp is 0 below it */
#define EXPM1_MIN -20.0f                     /* expm1 is -1 below it */
#define SINH_MAX 89.5f                       /* sinh overflows below it */
#define TANH_MAX 10.0f                       /* tanh is 1 above it */
#define ERF_MAX 4.0f                         /* erf is 1 above it */
#include "_math.h"

/* double: 53-bit significand, exponent bias 1023. */
#define MLPACK_ANN_MATH_REAL double
#define F(name) ann_##name##_f64
#define LIBM(name) name
#define BITS uint64_t
#define SIGN_BIT 0x8000000000000000u
#define FRACTION_BITS 52
#define FRACTION_MASK 0x000fffffffffffffu
#define BIAS 1023u
#define ONE_BITS 0x3ff0000000000000u
#define SQRT_HALF_BITS 0x3fe6a09e667f3bcdu
#define TWO_TO_FRACTION_BITS 4503599627370496.0
#define ROUNDER 6755399441055744.0
#define MIN_NORMAL 2.2250738585072014e-308
#define TINY 1e-20
#define SQRT_2_LESS_1 0.41421356237309503
#define LOG2_E 1.4426950408889634
#define LN2_HI 0.6931471805601177            /* ln 2 to 40 bits */
#define LN2_LO -1.7239444525614835e-13
#define EXP_MAX 710.0
#define EXP_MIN -746.0
#define EXPM1_MIN -40.0
#define SINH_MAX 710.5
#define TANH_MAX 20.0
#define ERF_MAX 6.0
#include "_math.h"

#endif /* MLPACK_ANN_MATH_H */
#else  /* MLPACK_ANN_MATH_REAL: the algorithms, for one type */

#define real MLPACK_ANN_MATH_REAL

/* Selections read `x > limit ? limit : x`, not the other way round: a comparison with NaN is
 * false, so that NaN passes. */

ANN_INLINE BITS F(bits)(real x)
{
    BITS b;
    memcpy(&b, &x, sizeof b);
    return b;
}

ANN_INLINE real F(from_bits)(BITS b)
{
    real x;
    memcpy(&x, &b, sizeof x);
    return x;
}

ANN_INLINE real F(fabs)(real x)
{
    return LIBM(fabs)(x);
}

ANN_INLINE real F(sqrt)(real x)
{
    return LIBM(sqrt)(x);
}

ANN_INLINE real F(copysign)(real magnitude, real sign)
{
    return F(from_bits)((F(bits)(magnitude) & ~SIGN_BIT) | (F(bits)(sign) & SIGN_BIT));
}

/* 2^(biased - BIAS) for 0 < biased < 2 BIAS + 1; 0 for biased = 0, infinity at the upper end. */
ANN_INLINE real F(power_of_two)(BITS biased)
{
    return F(from_bits)(biased << FRACTION_BITS);
}

/* An unsigned integer below 2^FRACTION_BITS as a real, less BIAS. It becomes the low bits of
 * 2^FRACTION_BITS; unlike a conversion, this is SIMD on every instruction set. */
ANN_INLINE real F(unbiased)(BITS biased)
{
    real shifted = F(from_bits)(F(bits)(TWO_TO_FRACTION_BITS) | biased);
    return shifted - (TWO_TO_FRACTION_BITS + (real)BIAS);
}

/* x = n ln 2 + r with |r| <= ln(2) / 2: returns n (two's complement) and sets r.
 * Adding ROUNDER leaves the nearest integer in the low bits of the sum. n times LN2_HI is exact,
 * so r is the only rounding. */
ANN_INLINE BITS F(reduce)(real x, real *r)
{
    real rounded = x * LOG2_E + ROUNDER;
    real n = rounded - ROUNDER;
    *r = (x - n * LN2_HI) - n * LN2_LO;
    return F(bits)(rounded) - F(bits)(ROUNDER);
}

/* exp(x) = 2^n exp(r). 2^n is two factors: n goes beyond the exponents of normal numbers, and
 * the last multiplication alone rounds, to a subnormal, to zero or to infinity. */
ANN_INLINE real F(exp)(real x)
{
    real r;
    BITS n, half;
    x = x > EXP_MAX ? EXP_MAX : x;
    x = x < EXP_MIN ? EXP_MIN : x;
    n = F(reduce)(x, &r) + 2 * BIAS;
    half = n >> 1;
    r = (F(exp_tail)(r) * (r * r) + r) + 1;
    return r * F(power_of_two)(half) * F(power_of_two)(n - half);
}

/* exp(-a) for a >= 0, which cannot overflow: one clamp and one power of two less than exp. 2^n may
 * be subnormal, 2^(n + BIAS / 2) is not. */
ANN_INLINE real F(decay)(real a)
{
    real r;
    BITS n;
    a = a > -(EXP_MIN) ? -(EXP_MIN) : a;
    n = F(reduce)(-a, &r);
    r = (F(exp_tail)(r) * (r * r) + r) + 1;
    return r * F(power_of_two)(n + BIAS + BIAS / 2) * F(power_of_two)(BIAS - BIAS / 2);
}

/* (exp(x) - 1) / 2^k = 2^(n - k) (exp(r) - 1) + (2^(n - k) - 2^-k), without cancellation.
 * The caller keeps x between EXPM1_MIN and where 2^(n - k) overflows. */
ANN_INLINE real F(scaled_expm1)(real x, BITS k)
{
    real r, scale;
    BITS n = F(reduce)(x, &r);
    scale = F(power_of_two)(n + BIAS - k);
    r = F(exp_tail)(r) * (r * r) + r;
    return scale * r + (scale - F(power_of_two)(BIAS - k));
}

/* Halved inside, because 2^n overflows a little before exp(x) does. */
ANN_INLINE real F(expm1)(real x)
{
    real c = x > EXP_MAX ? EXP_MAX : x;
    c = c < EXPM1_MIN ? EXPM1_MIN : c;
    c = 2 * F(scaled_expm1)(c, 1);
    return F(fabs)(x) < TINY ? x : c;
}

/* sinh(x) = (e + e / (e + 1)) / 2 with e = exp|x| - 1: no cancellation. A quarter of e is used:
 * sinh overflows later than exp. */
ANN_INLINE real F(sinh)(real x)
{
    real a = F(fabs)(x), e;
    a = a > SINH_MAX ? SINH_MAX : a;
    e = F(scaled_expm1)(a, 2);
    e = 2 * (e + e / (4 * e + 1));
    return F(fabs)(x) < TINY ? x : F(copysign)(e, x);
}

/* tanh(x) = e / (e + 2) with e = exp(2 |x|) - 1: the division dampens the error of e. */
ANN_INLINE real F(tanh)(real x)
{
    real a = F(fabs)(x), e;
    a = a > TANH_MAX ? TANH_MAX : a;
    e = F(scaled_expm1)(2 * a, 0);
    return F(copysign)(e / (e + 2), x);
}

/* 1 / (1 + exp(-x)), and exp(x) / (1 + exp(x)) for x < 0: never overflows. */
ANN_INLINE real F(sigmoid)(real x)
{
    real e = F(decay)(F(fabs)(x));
    return (x < 0 ? e : 1) / (1 + e);
}

/* x = 2^e m with sqrt(1/2) <= m < sqrt(2), for positive normal x: returns e + BIAS, sets m. */
ANN_INLINE BITS F(split)(real x, real *m)
{
    BITS b = F(bits)(x) + (ONE_BITS - SQRT_HALF_BITS);
    *m = F(from_bits)((b & FRACTION_MASK) + SQRT_HALF_BITS);
    return b >> FRACTION_BITS;
}

/* e ln 2 + log(1 + f), with log(1 + f) = 2 atanh(s) and s = f / (2 + f). Since 2 s = f - s f,
 * f can stand alone, exact, and the rest is a small correction. */
ANN_INLINE real F(log_of_split)(real e, real f)
{
    real s = f / (2 + f);
    real h = f * f * (real)0.5;
    real correction = h - (s * (h + F(atanh_tail)(s * s)) + e * LN2_LO);
    return e * LN2_HI - (correction - f);
}

/* Subnormals are scaled into the normal range first. */
ANN_INLINE real F(log)(real x)
{
    real m, y = x < MIN_NORMAL ? x * TWO_TO_FRACTION_BITS : x;
    BITS e = F(split)(y, &m);
    y = F(unbiased)(e) - (x < MIN_NORMAL ? (real)FRACTION_BITS : 0);
    y = F(log_of_split)(y, m - 1);
    y = x < (real)INFINITY ? y : x;
    y = x == 0 ? -(real)INFINITY : y;
    return x < 0 ? (real)NAN : y;
}

/* log(u + lost), where u = 1 + x as rounded and lost = 1 + x - u exactly. After the split of u,
 * f = m - 1 + lost / 2^e. lost is halved and 1 / 2^e doubled, for 2^-1024 is not normal. */
ANN_INLINE real F(log1p)(real x)
{
    real u = 1 + x;
    real x_part = u - 1;
    real lost = (1 - (u - x_part)) + (x - x_part);
    real m, y;
    BITS e = F(split)(u, &m);
    real f = (m - 1) + (lost * (real)0.5) * F(power_of_two)(2 * BIAS + 1 - e);
    y = F(log_of_split)(F(unbiased)(e), f);
    y = x < (real)INFINITY ? y : x;
    y = x == -1 ? -(real)INFINITY : y;
    y = x < -1 ? (real)NAN : y;
    return F(fabs)(x) < TINY ? x : y;
}

/* log(1 + z) for 0 <= z <= 1, where the split needs one comparison: 1 + z = 2 (1 + (z - 1) / 2). */
ANN_INLINE real F(log1p_of_fraction)(real z)
{
    real e = z > SQRT_2_LESS_1 ? 1 : 0;
    return F(log_of_split)(e, z > SQRT_2_LESS_1 ? (z - 1) * (real)0.5 : z);
}

/* log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)): never overflows. */
ANN_INLINE real F(softplus)(real x)
{
    return (x < 0 ? 0 : x) + F(log1p_of_fraction)(F(decay)(F(fabs)(x)));
}

/* erf(x) = 1 - exp(-y) with y = -log(1 - erf|x|), a smooth function: no branch at |x| = 1, and
 * the subtraction dampens the error of y. */
ANN_INLINE real F(erf)(real x)
{
    real a = F(fabs)(x);
    a = a > ERF_MAX ? ERF_MAX : a;
    return F(copysign)(F(scaled_expm1)(-a * F(erf_exponent)(a), 0), x);
}

ANN_INLINE real F(maximum)(real a, real b)
{
    return (a > b) | (a != a) ? a : b;
}

ANN_INLINE real F(minimum)(real a, real b)
{
    return (a < b) | (a != a) ? a : b;
}

ANN_INLINE int F(isfinite)(real x)
{
    return F(fabs)(x) < (real)INFINITY;
}

#undef real
#undef MLPACK_ANN_MATH_REAL
#undef F
#undef LIBM
#undef BITS
#undef SIGN_BIT
#undef FRACTION_BITS
#undef FRACTION_MASK
#undef BIAS
#undef ONE_BITS
#undef SQRT_HALF_BITS
#undef TWO_TO_FRACTION_BITS
#undef ROUNDER
#undef MIN_NORMAL
#undef TINY
#undef SQRT_2_LESS_1
#undef LOG2_E
#undef LN2_HI
#undef LN2_LO
#undef EXP_MAX
#undef EXP_MIN
#undef EXPM1_MIN
#undef SINH_MAX
#undef TANH_MAX
#undef ERF_MAX

#endif
