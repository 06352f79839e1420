/* Sums over contiguous memory as SIMD code.
 *
 * A compiler may not reorder a floating-point sum by itself, so a plain loop over one stays
 * scalar. `#pragma omp simd reduction` permits it for the named variables only, and keeps NaN and
 * infinities, which -ffast-math would not. Needs -fopenmp-simd (or -fopenmp); without it, or
 * under a compiler without the pragma, the same loops run scalar.
 *
 * Accuracy: blocks of 4096 elements are added in the type itself, in one partial sum per lane;
 * the blocks' sums are added in double. The order of additions depends on the instruction set, so
 * last digits differ between machines.
 *
 * Where it is faster, a block is read as two halves side by side, and an odd element goes first:
 * the chain of dependent additions is half as long.
 *
 * The file includes itself twice, once for each type `real`.
 */
#ifndef MLPACK_ANN_REDUCE_REAL
#ifndef MLPACK_ANN_REDUCE_H
#define MLPACK_ANN_REDUCE_H

#include <stddef.h>

#ifdef __FAST_MATH__
#error "_reduce.h needs IEEE arithmetic: compile without -ffast-math"
#endif

#if defined(__GNUC__) || defined(__clang__)
#define ANN_PRAGMA(text) _Pragma(#text)
#define ANN_SIMD(...) ANN_PRAGMA(omp simd __VA_ARGS__)
#else
#define ANN_SIMD(...)
#endif

#define ANN_REDUCE_BLOCK 4096

#define MLPACK_ANN_REDUCE_REAL float
#define F(name) ann_##name##_f32
#include "_reduce.h"

#define MLPACK_ANN_REDUCE_REAL double
#define F(name) ann_##name##_f64
#include "_reduce.h"

#endif /* MLPACK_ANN_REDUCE_H */
#else  /* MLPACK_ANN_REDUCE_REAL: the reductions, for one type */

#define real MLPACK_ANN_REDUCE_REAL

/* The number of elements of x[start:n] that the next block takes. */
static inline ptrdiff_t F(block)(ptrdiff_t start, ptrdiff_t n)
{
    return n - start < ANN_REDUCE_BLOCK ? n - start : ANN_REDUCE_BLOCK;
}

static inline double F(sum)(const real *x, ptrdiff_t n)
{
    double total = 0;
    ptrdiff_t start, i;
    for (start = 0; start < n; start += ANN_REDUCE_BLOCK) {
        const real *xb = x + start;
        const ptrdiff_t m = F(block)(start, n), half = m / 2;
        real s = m % 2 ? xb[m - 1] : 0;
        ANN_SIMD(reduction(+ : s))
        for (i = 0; i < half; i++)
            s += xb[i] + xb[half + i];
        total += s;
    }
    return total;
}

static inline void F(moments)(const real *x, ptrdiff_t n, real shift, double *s, double *q)
{
    ptrdiff_t start, i;
    for (start = 0; start < n; start += ANN_REDUCE_BLOCK) {
        const real *xb = x + start;
        const ptrdiff_t m = F(block)(start, n), half = m / 2;
        real first = m % 2 ? xb[m - 1] - shift : 0, second = first * first;
        ANN_SIMD(reduction(+ : first, second))
        for (i = 0; i < half; i++) {
            real a = xb[i] - shift, b = xb[half + i] - shift;
            first += a + b;
            second += a * a + b * b;
        }
        *s += first;
        *q += second;
    }
}

static inline double F(dot)(const real *a, const real *b, ptrdiff_t n)
{
    double total = 0;
    ptrdiff_t start, i;
    for (start = 0; start < n; start += ANN_REDUCE_BLOCK) {
        const real *ab = a + start, *bb = b + start;
        const ptrdiff_t m = F(block)(start, n), half = m / 2;
        real s = m % 2 ? ab[m - 1] * bb[m - 1] : 0;
        ANN_SIMD(reduction(+ : s))
        for (i = 0; i < half; i++)
            s += ab[i] * bb[i] + ab[half + i] * bb[half + i];
        total += s;
    }
    return total;
}

/* The sums of two arrays of n elements, in step. Memory gives its bandwidth to two streams that are
 * far apart, not to one: measured on a Zen 4, 25 and 46 GB/s from DRAM, 71 and 80 from the last
 * cache. Four streams are no faster; prefetches of one reach 39. */
static inline void F(sums)(const real *x, const real *y, ptrdiff_t n, double *of_x, double *of_y)
{
    double total_x = 0, total_y = 0;
    ptrdiff_t start, i;
    for (start = 0; start < n; start += ANN_REDUCE_BLOCK) {
        const real *xb = x + start, *yb = y + start;
        const ptrdiff_t m = F(block)(start, n);
        real first = 0, second = 0;
        ANN_SIMD(reduction(+ : first, second))
        for (i = 0; i < m; i++) {
            first += xb[i];
            second += yb[i];
        }
        total_x += first;
        total_y += second;
    }
    *of_x = total_x;
    *of_y = total_y;
}

/* The sum of min(x, 0) * y, from the beginnings and the middles of both. */
static inline double F(negative_dot)(const real *x, const real *y, ptrdiff_t n)
{
    const ptrdiff_t half = n / 2, step = ANN_REDUCE_BLOCK / 2;
    double total = n % 2 ? (x[n - 1] > 0 ? 0 : x[n - 1]) * y[n - 1] : 0;
    ptrdiff_t start, i;
    for (start = 0; start < half; start += step) {
        const real *xa = x + start, *xb = xa + half, *ya = y + start, *yb = ya + half;
        const ptrdiff_t m = half - start < step ? half - start : step;
        real s = 0;
        ANN_SIMD(reduction(+ : s))
        for (i = 0; i < m; i++)
            s += (xa[i] > 0 ? 0 : xa[i]) * ya[i] + (xb[i] > 0 ? 0 : xb[i]) * yb[i];
        total += s;
    }
    return total;
}

/* In double throughout, because the squares of the largest floats overflow. */
static inline void F(products)(const real *a, const real *b, ptrdiff_t n, double a_factor,
                               double b_factor, double *aa, double *ab, double *bb)
{
    double of_aa = 0, of_ab = 0, of_bb = 0;
    ptrdiff_t i;
    ANN_SIMD(reduction(+ : of_aa, of_ab, of_bb))
    for (i = 0; i < n; i++) {
        double u = a[i] * a_factor, v = b[i] * b_factor;
        of_aa += u * u;
        of_ab += u * v;
        of_bb += v * v;
    }
    *aa = of_aa;
    *ab = of_ab;
    *bb = of_bb;
}

#undef real
#undef MLPACK_ANN_REDUCE_REAL
#undef F

#endif
