/* A row of windows reduced to p-norms, and the derivative of that, as SIMD code.
 *
 * (sum of x^p)^(1/p), for a whole p >= 1; for an odd one the real root, which has the sum's sign.
 * Powers are multiplied up from squares, some windows at a time. Where a sum leaves the range of
 * its type, that window is computed again, scaled by its largest element. The derivative,
 * (x / y)^(p - 1), is 0 where y is (or below the normal numbers); for p = 1 it is 1.
 *
 * The file includes itself twice, once for each type `real`.
 */
#ifndef MLPACK_ANN_LP_POOLING_REAL
#ifndef MLPACK_ANN_LP_POOLING_H
#define MLPACK_ANN_LP_POOLING_H

#include <float.h>
#include <math.h>

#include "_math.h"
#include "_pooling.h"

#define ANN_LP_CHUNK 64                     /* elements whose powers are formed at a time */

/* Of x and p in double, by the definition. */
static inline double ann_lp_power(double x, int p)
{
    double power = 1;
    for (; p > 0; p >>= 1, x *= x)
        power *= p & 1 ? x : 1;
    return power;
}

#define MLPACK_ANN_LP_POOLING_REAL float
#define REAL_MIN FLT_MIN
#define REAL_MAX FLT_MAX
#define REAL_EPSILON FLT_EPSILON
#define F(name) ann_##name##_f32
#include "_lp_pooling.h"

#define MLPACK_ANN_LP_POOLING_REAL double
#define REAL_MIN DBL_MIN
#define REAL_MAX DBL_MAX
#define REAL_EPSILON DBL_EPSILON
#define F(name) ann_##name##_f64
#include "_lp_pooling.h"

#endif /* MLPACK_ANN_LP_POOLING_H */
#else  /* MLPACK_ANN_LP_POOLING_REAL: the rows, for one type */

#define real MLPACK_ANN_LP_POOLING_REAL

/* power[i] = base[i]^p for i below n, at most ANN_LP_CHUNK; base is used up. */
ANN_POOLING_INLINE void F(lp_powers)(real *__restrict base, ptrdiff_t n, int p,
                                     real *__restrict power)
{
    ptrdiff_t i;
    ANN_POOLING_SIMD
    for (i = 0; i < n; i++)
        power[i] = p & 1 ? base[i] : 1;
    while (p >>= 1) {
        ANN_POOLING_SIMD
        for (i = 0; i < n; i++)
            base[i] *= base[i];
        if (p & 1) {
            ANN_POOLING_SIMD
            for (i = 0; i < n; i++)
                power[i] *= base[i];
        }
    }
}

ANN_POOLING_INLINE real F(lp_term)(real x, const int p)
{
    return p == 1 ? x : x * x;
}

/* The sum of powers of each column of `rows` rows; p is 1 or 2. */
ANN_POOLING_INLINE void F(lp_few_of_rows)(const ann_windows *w, const int p,
                                          const real *__restrict x, real *__restrict sum)
{
    const ptrdiff_t n = w->reach, width = w->width;
    ptrdiff_t r, j;
    ANN_POOLING_SIMD
    for (j = 0; j < n; j++)
        sum[j] = F(lp_term)(x[j], p);
    for (r = 1; r < w->rows; r++) {
        const real *__restrict row = x + r * width;
        ANN_POOLING_SIMD
        for (j = 0; j < n; j++)
            sum[j] += F(lp_term)(row[j], p);
    }
}

/* The same for any p. */
static inline void F(lp_of_rows)(const ann_windows *w, int p, const real *__restrict x,
                                 real *__restrict sum)
{
    real base[ANN_LP_CHUNK], power[ANN_LP_CHUNK];
    ptrdiff_t start, r, j;
    for (start = 0; start < w->reach; start += ANN_LP_CHUNK) {
        const ptrdiff_t rest = w->reach - start, n = rest < ANN_LP_CHUNK ? rest : ANN_LP_CHUNK;
        for (j = 0; j < n; j++)
            sum[start + j] = 0;
        for (r = 0; r < w->rows; r++) {
            memcpy(base, x + r * w->width + start, (size_t)n * sizeof(real));
            F(lp_powers)(base, n, p, power);
            ANN_POOLING_SIMD
            for (j = 0; j < n; j++)
                sum[start + j] += power[j];
        }
    }
}

/* The sums of windows from those of their columns. */
ANN_POOLING_INLINE void F(lp_of_columns)(const ann_windows *w, const ptrdiff_t stride,
                                         const real *__restrict sum, real *__restrict y)
{
    const ptrdiff_t n = w->n;
    ptrdiff_t c, o;
    ANN_POOLING_SIMD
    for (o = 0; o < n; o++)
        y[o] = sum[o * stride];
    for (c = 1; c < w->columns; c++) {
        ANN_POOLING_SIMD
        for (o = 0; o < n; o++)
            y[o] += sum[o * stride + c];
    }
}

/* The sums of n windows of 2 x 2 squares side by side. */
static inline void F(lp_2x2)(const real *__restrict x, ptrdiff_t width, real *__restrict y,
                             ptrdiff_t n)
{
    const real *__restrict below = x + width;
    ptrdiff_t o;
    ANN_POOLING_SIMD
    for (o = 0; o < n; o++)
        y[o] = (x[2 * o] * x[2 * o] + x[2 * o + 1] * x[2 * o + 1])
               + (below[2 * o] * below[2 * o] + below[2 * o + 1] * below[2 * o + 1]);
}

/* One window again, whose sum was 0 or out of range; `y` if nothing is better. */
static inline real F(lp_again)(const ann_windows *w, int p, const real *x, real y)
{
    double largest = 0, sum = 0;
    ptrdiff_t r, c;
    for (r = 0; r < w->rows; r++)
        for (c = 0; c < w->columns; c++) {
            const double size = fabs((double)x[r * w->width + c]);
            largest = size > largest ? size : largest;
            if (!(size <= REAL_MAX))
                return y;
        }
    if (largest == 0)
        return 0;
    for (r = 0; r < w->rows; r++)
        for (c = 0; c < w->columns; c++)
            sum += ann_lp_power(x[r * w->width + c] / largest, p);
    return (real)(copysign(pow(fabs(sum), 1.0 / p), sum) * largest);
}

static inline void F(lp_row)(const ann_windows *w, int p, const real *x, real *__restrict y,
                             real *__restrict sum, real *__restrict total)
{
    const ptrdiff_t n = w->n;
    const real small = REAL_MIN / REAL_EPSILON, large = REAL_MAX, share = 1 / (real)p;
    ptrdiff_t o;
    int again = 0;
    if (p == 2 && w->rows == 2 && w->columns == 2 && w->stride == 2) {
        F(lp_2x2)(x, w->width, total, n);
    } else {
        if (p == 1)
            F(lp_few_of_rows)(w, 1, x, sum);
        else if (p == 2)
            F(lp_few_of_rows)(w, 2, x, sum);
        else
            F(lp_of_rows)(w, p, x, sum);
        if (w->stride == 1)
            F(lp_of_columns)(w, 1, sum, total);
        else if (w->stride == 2)
            F(lp_of_columns)(w, 2, sum, total);
        else
            F(lp_of_columns)(w, w->stride, sum, total);
    }
    if (p == 1) {
        memcpy(y, total, (size_t)n * sizeof(real));
        return;
    }
    if (p == 2) {
        ANN_POOLING_SIMD
        for (o = 0; o < n; o++)
            y[o] = F(sqrt)(total[o]);
    } else {
        ANN_POOLING_SIMD
        for (o = 0; o < n; o++)
            y[o] = F(copysign)(F(exp)(share * F(log)(F(fabs)(total[o]))), total[o]);
    }
    for (o = 0; o < n; o++)
        again |= !(F(fabs)(total[o]) >= small) | !(F(fabs)(total[o]) <= large);
    for (o = 0; o < n && again; o++)
        if (!(F(fabs)(total[o]) >= small && F(fabs)(total[o]) <= large))
            y[o] = F(lp_again)(w, p, x + o * w->stride, y[o]);
}

/* 1 / y, and 0 where that would be infinite. */
ANN_POOLING_INLINE real F(lp_inverse)(real y)
{
    return F(fabs)(y) < REAL_MIN ? 0 : 1 / y;
}

/* What `spread_row` is to spread for p = 1 or 2, so that the sum of an element's shares, for p = 2
 * times the element, is its derivative. */
static inline void F(lp_weights)(const ann_windows *w, int p, const real *__restrict y,
                                 const real *__restrict gy, real *__restrict weight)
{
    const real count = (real)(w->rows * w->columns);
    const ptrdiff_t n = w->n;
    ptrdiff_t o;
    ANN_POOLING_SIMD
    for (o = 0; o < n; o++)
        weight[o] = gy[o] * (p == 1 ? 1 : F(lp_inverse)(y[o])) * count;
}

/* g *= x; returns whether all of it is finite. */
static inline int F(lp_scale)(const real *__restrict x, real *__restrict g, ptrdiff_t n)
{
    int infinite = 0;
    ptrdiff_t i;
    ANN_POOLING_PRAGMA(omp simd reduction(| : infinite))
    for (i = 0; i < n; i++) {
        g[i] *= x[i];
        infinite |= !(F(fabs)(g[i]) <= REAL_MAX);
    }
    return !infinite;
}

/* Add the derivative for any p >= 2 to g. */
static inline void F(lp_spread_row)(const ann_windows *w, int p, const real *x, const real *y,
                                    const real *gy, real *g)
{
    const ptrdiff_t stride = w->stride;
    real inverse[ANN_LP_CHUNK], base[ANN_LP_CHUNK], power[ANN_LP_CHUNK];
    ptrdiff_t start, r, c, o;
    for (start = 0; start < w->n; start += ANN_LP_CHUNK) {
        const ptrdiff_t rest = w->n - start, n = rest < ANN_LP_CHUNK ? rest : ANN_LP_CHUNK;
        for (o = 0; o < n; o++)
            inverse[o] = F(lp_inverse)(y[start + o]);
        for (r = 0; r < w->rows; r++)
            for (c = 0; c < w->columns; c++) {
                const real *__restrict in = x + r * w->width + start * stride + c;
                real *__restrict out = g + r * w->width + start * stride + c;
                ANN_POOLING_SIMD
                for (o = 0; o < n; o++)
                    base[o] = in[o * stride] * inverse[o];
                F(lp_powers)(base, n, p - 1, power);
                ANN_POOLING_SIMD
                for (o = 0; o < n; o++)
                    out[o * stride] += gy[start + o] * power[o];
            }
    }
}

#undef real
#undef REAL_MIN
#undef REAL_MAX
#undef REAL_EPSILON
#undef MLPACK_ANN_LP_POOLING_REAL
#undef F

#endif
