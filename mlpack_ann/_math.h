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
    float p = 0.0013882515f;
    p = p * r + 0.0083665475f;
    p = p * r + 0.041667201f;
    p = p * r + 0.16666543f;
    return p * r + 0.49999997f;
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

/* -log P(X > a) for a standard normal X and 0 <= a <= TAIL_MAX: minimax in the relative error of
 * P^0.15 (float) and of 1 - 2 P (double). Even and odd powers apart, for a chain half as long. */

ANN_INLINE float ann_tail_exponent_f32(float a)
{
    const float z = a * a;
    float even = 1.5822078e-06f, odd = -2.3056486e-05f;
    even = even * z + 0.00011070333f, odd = odd * z + 0.00013455449f;
    even = even * z - 0.0049411627f, odd = odd * z + 0.036413893f;
    even = even * z + 0.31829196f, odd = odd * z + 0.79788589f;
    return odd * a + (even * z + 0.6931472f);
}

ANN_INLINE double ann_tail_exponent_f64(double a)
{
    const double z = a * a;
    double even = -9.072726567942628e-18, odd = 1.3008174146161248e-19;
    odd = odd * z + 2.957204356481174e-16;
    even = even * z - 5.980905126931986e-15, odd = odd * z + 8.397254118461132e-14;
    even = even * z - 8.66166408690353e-13, odd = odd * z + 6.754916348630494e-12;
    even = even * z - 4.012782233466131e-11, odd = odd * z + 1.7799225237051604e-10;
    even = even * z - 5.412308756561435e-10, odd = odd * z + 7.225191905413449e-10;
    even = even * z + 2.7080243842856447e-09, odd = odd * z - 1.938801857689481e-08;
    even = even * z + 4.451344857932494e-08, odd = odd * z + 7.504090026949139e-08;
    even = even * z - 9.286472511597242e-07, odd = odd * z + 2.8500011143499883e-06;
    even = even * z + 1.6175015756373811e-06, odd = odd * z - 5.21602584120698e-05;
    even = even * z + 0.00021202580863868774, odd = odd * z - 3.6980748901393734e-05;
    even = even * z - 0.00478211175100376, odd = odd * z + 0.03633560235742565;
    even = even * z + 0.31830988618379247, odd = odd * z + 0.7978845608028653;
    return odd * a + (even * z + 0.6931471805599453);
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
#define FADED 130.0f                         /* exp(-FADED) is 0 */
#define EXPM1_MIN -20.0f                     /* expm1 is -1 below it */
#define SINH_MAX 89.5f                       /* sinh overflows below it */
#define TANH_MAX 10.0f                       /* tanh is 1 above it */
#define TAIL_MAX 5.7f                        /* above it 1 - P(X > a) is 1 */
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
#define FADED 1060.0
#define EXPM1_MIN -40.0
#define SINH_MAX 710.5
#define TANH_MAX 20.0
#define TAIL_MAX 8.4
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
    real r, scale;
    BITS n, half;
    x = x > EXP_MAX ? EXP_MAX : x;
    x = x < EXP_MIN ? EXP_MIN : x;
    n = F(reduce)(x, &r) + 2 * BIAS;
    half = n >> 1;
    scale = F(power_of_two)(half);
    return (scale * (F(exp_tail)(r) * (r * r) + r) + scale) * F(power_of_two)(n - half);
}

/* 2^k exp(x), where its power of two is that of a normal number. */
ANN_INLINE real F(scaled_exp)(real x, BITS k)
{
    real r;
    BITS n = F(reduce)(x, &r);
    real scale = F(power_of_two)(n + BIAS + k);
    return scale * (F(exp_tail)(r) * (r * r) + r) + scale;
}

/* exp(-a) for |a| <= FADED, as long as it stays below 2^(BIAS / 2). */
ANN_INLINE real F(bounded_decay)(real a)
{
    return F(scaled_exp)(-a, BIAS / 2) * F(power_of_two)(BIAS - BIAS / 2);
}

/* exp(-a) for a >= 0: one clamp and one power of two less than exp. */
ANN_INLINE real F(decay)(real a)
{
    return F(bounded_decay)(a > -(EXP_MIN) ? -(EXP_MIN) : a);
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

/* exp(x) - 1 where x is no more than EXP_MAX - 1; beyond, any value or NaN. -0 becomes 0. */
ANN_INLINE real F(bounded_expm1)(real x)
{
    return F(scaled_expm1)(x < EXPM1_MIN ? EXPM1_MIN : x, 0);
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

/* 1 / (1 + exp(-x)), and exp(x) / (1 + exp(x)) for x < 0: never overflows. Both terms are raised
 * by the same power of two. */
ANN_INLINE real F(sigmoid)(real x)
{
    const real one = F(power_of_two)(BIAS + BIAS / 2);
    real a = F(fabs)(x), e = F(scaled_exp)(-(a > -(EXP_MIN) ? -(EXP_MIN) : a), BIAS / 2);
    return (x < 0 ? e : one) / (one + e);
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

/* a P(X > a) for a standard normal X and a >= 0. The selection comes before the product: a sum that
 * the product goes into is then contracted alike in SIMD code and elsewhere. */
ANN_INLINE real F(weighted_tail)(real a)
{
    real c = a > TAIL_MAX ? TAIL_MAX : a, weight = a > TAIL_MAX ? 0 : a;
    return weight * F(scaled_exp)(-F(tail_exponent)(c), 0);
}

/* |x|, cut where exp(-|x|) is 0. */
ANN_INLINE real F(reach)(real x)
{
    real a = F(fabs)(x);
    return a > FADED ? FADED : a;
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
#undef FADED
#undef EXPM1_MIN
#undef SINH_MAX
#undef TANH_MAX
#undef TAIL_MAX

#endif
