/* Sums over one point of the losses whose prediction stacks two halves.
 *
 * Points are short, so what counts is what surrounds the loop: the terms are added up where they
 * arise, for a buffer of them would be read before its stores are done.
 *
 * The file includes itself twice, once for each type `real`.
 */
#ifndef MLPACK_ANN_STACKED_REAL
#ifndef MLPACK_ANN_STACKED_H
#define MLPACK_ANN_STACKED_H

#include "_reduce.h"

#define MLPACK_ANN_STACKED_REAL float
#define F(name) ann_##name##_f32
#include "_stacked.h"

#define MLPACK_ANN_STACKED_REAL double
#define F(name) ann_##name##_f64
#include "_stacked.h"

#endif /* MLPACK_ANN_STACKED_H */
#else  /* MLPACK_ANN_STACKED_REAL: the sums, for one type */

#define real MLPACK_ANN_STACKED_REAL

/* sum max(0, margin - t (first - second)), blocks of it in the type itself. */
static inline double F(ranking)(const real *first, const real *second, const real *t, ptrdiff_t n,
                                real margin)
{
    double total = 0;
    ptrdiff_t start, i;
    for (start = 0; start < n; start += ANN_REDUCE_BLOCK) {
        const real *a = first + start, *b = second + start, *c = t + start;
        const ptrdiff_t m = F(block)(start, n);
        real s = 0;
        ANN_SIMD(reduction(+ : s))
        for (i = 0; i < m; i++) {
            real loss = margin - c[i] * (a[i] - b[i]);
            s += loss < 0 ? 0 : loss;
        }
        total += s;
    }
    return total;
}

/* |a - p|^2 - |a - n|^2 = (n - p) . (2a - p - n): cancels less than the difference of two sums. */
static inline double F(excess)(const real *anchor, const real *positive, const real *negative,
                               ptrdiff_t n)
{
    double total = 0;
    ptrdiff_t start, i;
    for (start = 0; start < n; start += ANN_REDUCE_BLOCK) {
        const real *a = anchor + start, *b = positive + start, *c = negative + start;
        const ptrdiff_t m = F(block)(start, n);
        real s = 0;
        ANN_SIMD(reduction(+ : s))
        for (i = 0; i < m; i++)
            s += (c[i] - b[i]) * ((a[i] - b[i]) + (a[i] - c[i]));
        total += s;
    }
    return total;
}

#undef real
#undef MLPACK_ANN_STACKED_REAL
#undef F

#endif
