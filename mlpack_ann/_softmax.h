/* The softmax family over one row of more than a few vectors.
 *
 * Limited by the arithmetic of exp, so a row is read no oftener than there is need, while it is in
 * the first cache: for its largest element, for the exponentials and their sum, for the result.
 * Rows up to 4,096 elements keep the exponentials apart where the output goes past the caches
 * (_lines.h). NaN is no largest element: it makes the sum NaN, and so the whole row. The file
 * includes itself twice, once for each type `real`.
 */
#ifndef MLPACK_ANN_SOFTMAX_REAL
#ifndef MLPACK_ANN_SOFTMAX_H
#define MLPACK_ANN_SOFTMAX_H

#include "_lines.h"
#include "_math.h"

#define ANN_LOG2_E 1.4426950408889634

/* RAISE is such that 2^RAISE exp(-A_MAX) is normal, and exp(-A_MAX) rounds to 0. */
#define MLPACK_ANN_SOFTMAX_REAL float
#define F(name) ann_##name##_f32
#define RAISE 30
#define A_MAX 104.5f
#define SHIFTER (12582912 + 127 + RAISE)        /* 1.5 * 2^23, the exponents' bias */
#define FRACTION_BITS 23
#define LN2_HI 0.69317626953125f                /* ln 2 to 14 bits: exact times any exponent */
#define LN2_LO -2.9088971e-05f
#include "_softmax.h"

#define MLPACK_ANN_SOFTMAX_REAL double
#define F(name) ann_##name##_f64
#define RAISE 60
#define A_MAX 745.5
#define SHIFTER (6755399441055744 + 1023 + RAISE)
#define FRACTION_BITS 52
#define LN2_HI 0.6931471805601177
#define LN2_LO -1.7239444525614835e-13
#include "_softmax.h"

#endif /* MLPACK_ANN_SOFTMAX_H */
#else  /* MLPACK_ANN_SOFTMAX_REAL: the loops, for one type */

#define real MLPACK_ANN_SOFTMAX_REAL
#define LANES (4 * ANN_LINE / (ptrdiff_t)sizeof(real))

/* The largest element but for NaN; -inf if there is none. */
static inline real F(row_largest)(const real *x, ptrdiff_t n)
{
    real lane[LANES], largest = -(real)INFINITY;
    ptrdiff_t i, l;
    for (l = 0; l < LANES; l++)
        lane[l] = -(real)INFINITY;
    for (i = 0; i + LANES <= n; i += LANES)
        for (l = 0; l < LANES; l++)
            lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
    ANN_SIMD(reduction(max : largest))
    for (l = 0; l < LANES; l++)
        largest = lane[l] > largest ? lane[l] : largest;
    for (; i < n; i++)
        largest = x[i] > largest ? x[i] : largest;
    return largest;
}

/* 2^RAISE exp(-a) for a >= 0, in two thirds of the time of exp(-a): whoever multiplies next lowers it
 * again, and rounds what becomes subnormal or 0. Adding SHIFTER leaves the exponent in the low bits
 * of the sum. (_math.h has the rest.) */
ANN_INLINE real F(raised)(real a)
{
    real shifted, n, r;
    a = (real)A_MAX < a ? (real)A_MAX : a;
    shifted = (real)SHIFTER - a * (real)ANN_LOG2_E;
    n = shifted - (real)SHIFTER;
    r = (-a - n * LN2_HI) - n * LN2_LO;
    r = (F(exp_tail)(r) * (r * r) + r) + 1;
    return r * F(from_bits)(F(bits)(shifted) << FRACTION_BITS);
}

/* e = 2^RAISE exp(x - largest), unless NULL; returns the sum. */
ANN_INLINE real F(raised_shares)(const real *__restrict x, real *__restrict e, ptrdiff_t n,
                                 real largest)
{
    double total = 0;
    ptrdiff_t start, i;
    for (start = 0; start < n; start += ANN_REDUCE_BLOCK) {
        const ptrdiff_t end = start + F(block)(start, n);
        real sum = 0;
        ANN_SIMD(reduction(+ : sum))
        for (i = start; i < end; i++) {
            const real share = F(raised)(largest - x[i]);
            if (e)
                e[i] = share;
            sum += share;
        }
        total += sum;
    }
    return (real)total;
}

/* How many elements are as large as an infinite largest one; they alone share the probability. NaN
 * if there is a NaN. */
ANN_APART real F(infinite_shares)(const real *x, ptrdiff_t n, real largest)
{
    real count = 0;
    ptrdiff_t i;
    for (i = 0; i < n; i++)
        count += x[i] == largest ? 1 : x[i] != x[i] ? x[i] : 0;
    return count;
}

/* y = exp(x) / sum(exp(x)) */
ANN_APART void F(softmax_row)(const real *__restrict x, real *__restrict y, ptrdiff_t n,
                              int streamed, const real *next)
{
    const real largest = F(row_largest)(x, n);
    ptrdiff_t i;
    if (largest - largest != 0) {
        const real share = 1 / F(infinite_shares)(x, n, largest);
        for (i = 0; i < n; i++)
            y[i] = x[i] == largest || share != share ? share : 0;
    } else if (streamed && n <= ANN_REDUCE_BLOCK) {
        real e[ANN_REDUCE_BLOCK];
        const real scale = 1 / F(raised_shares)(x, e, n, largest);
        ANN_WRITE(real, y, n, 1, ANN_FETCH(next + i), e[i] * scale);
    } else {
        const real scale = 1 / F(raised_shares)(x, y, n, largest);
        ANN_SIMD()
        for (i = 0; i < n; i++)
            y[i] *= scale;
    }
}

/* y = x - log(sum(exp(x))) */
ANN_APART void F(log_softmax_row)(const real *__restrict x, real *__restrict y, ptrdiff_t n,
                                  int streamed, const real *next)
{
    const real largest = F(row_largest)(x, n);
    if (largest - largest != 0) {
        const real shift = F(log)(F(infinite_shares)(x, n, largest));
        ANN_WRITE(real, y, n, streamed, (void)0, (x[i] == largest ? 0 : x[i] - largest) - shift);
    } else {
        const real lower = 1 / (real)((int64_t)1 << RAISE);
        const real shift = F(log)(F(raised_shares)(x, NULL, n, largest) * lower);
        ANN_WRITE(real, y, n, streamed, ANN_FETCH(next + i), x[i] - largest - shift);
    }
}

/* g = y * (gy - sum(y * gy)) */
ANN_APART void F(softmax_row_back)(const real *__restrict y, const real *__restrict gy,
                                   real *__restrict g, ptrdiff_t n, int streamed, ptrdiff_t ahead)
{
    const real mean = (real)F(dot)(y, gy, n);
    ANN_WRITE(real, g, n, streamed, ANN_FETCH(y + i + ahead); ANN_FETCH(gy + i + ahead),
              y[i] * (gy[i] - mean));
}

/* g = gy - exp(y) * sum(gy), for y <= 0, as log_softmax_row gives it */
ANN_APART void F(log_softmax_row_back)(const real *__restrict y, const real *__restrict gy,
                                       real *__restrict g, ptrdiff_t n, int streamed,
                                       ptrdiff_t ahead)
{
    const real lowered = (real)F(sum)(gy, n) / (real)((int64_t)1 << RAISE);
    ANN_WRITE(real, g, n, streamed, ANN_FETCH(y + i + ahead); ANN_FETCH(gy + i + ahead),
              gy[i] - F(raised)(-y[i]) * lowered);
}

#undef LANES
#undef real
#undef MLPACK_ANN_SOFTMAX_REAL
#undef F
#undef RAISE
#undef A_MAX
#undef SHIFTER
#undef FRACTION_BITS
#undef LN2_HI
#undef LN2_LO

#endif
