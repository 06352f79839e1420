/* A row of pooled outputs: maxima with their indices, means, and the derivative of means, as SIMD
 * code.
 *
 * Cython can say neither that arrays are apart nor that a loop is to be SIMD, and both are needed
 * here. Windows are reduced over their rows first, which is contiguous, and then over their
 * columns; 2 x 2 windows side by side stay in registers. An index is as wide as its value, so that
 * both fill vectors alike, of 256 bits: rows of images are too short to fill longer ones.
 *
 * The file includes itself twice, once for each type `real`.
 */
#ifndef MLPACK_ANN_POOLING_REAL
#ifndef MLPACK_ANN_POOLING_H
#define MLPACK_ANN_POOLING_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define ANN_POOLING_PRAGMA(text) _Pragma(#text)
#define ANN_POOLING_SIMD ANN_POOLING_PRAGMA(omp simd simdlen(32 / sizeof(real)))
#define ANN_POOLING_INLINE static inline __attribute__((always_inline))
#else
#define ANN_POOLING_SIMD
#define ANN_POOLING_INLINE static __forceinline
#endif

/* n windows of rows x columns side by side, `stride` apart, on an image `width` wide. From the
 * first one's corner to the end of the image's row there are `reach` columns; all of them are
 * reduced, since whole vectors are faster than exact ends, and scratch has room for them. */
typedef struct {
    ptrdiff_t n, rows, columns, stride, width, reach;
} ann_windows;

#define MLPACK_ANN_POOLING_REAL float
#define MLPACK_ANN_POOLING_INDEX int32_t
#define F(name) ann_##name##_f32
#include "_pooling.h"

#define MLPACK_ANN_POOLING_REAL double
#define MLPACK_ANN_POOLING_INDEX int64_t
#define F(name) ann_##name##_f64
#include "_pooling.h"

#endif /* MLPACK_ANN_POOLING_H */
#else  /* MLPACK_ANN_POOLING_REAL: the rows, for one type */

#define real MLPACK_ANN_POOLING_REAL
#define index MLPACK_ANN_POOLING_INDEX

/* ---- Maxima. Of equal elements the first wins, of NaN the last. ---- */

/* A later element, at index i. */
ANN_POOLING_INLINE void F(challenge)(real v, index i, real *best, index *place)
{
    const int wins = (v > *best) | (v != v);
    *best = wins ? v : *best;
    *place = wins ? i : *place;
}

/* An element that may be an earlier one. */
ANN_POOLING_INLINE void F(challenge_unordered)(real v, index i, real *best, index *place)
{
    const int first = i < *place;
    const int wins = (v > *best) | (first & (v == *best))
                     | ((v != v) & (!first | (*best == *best)));
    *best = wins ? v : *best;
    *place = wins ? i : *place;
}

/* n windows of 2 x 2 side by side; `corner` is the index of the first one's first element. */
static inline void F(max_2x2)(const real *__restrict x, ptrdiff_t width, real *__restrict y,
                              index *__restrict at, ptrdiff_t n, index corner)
{
    const real *__restrict below = x + width;
    ptrdiff_t o;
    ANN_POOLING_SIMD
    for (o = 0; o < n; o++) {
        real best = x[2 * o];
        index place = 0;
        F(challenge)(x[2 * o + 1], 1, &best, &place);
        F(challenge)(below[2 * o], (index)width, &best, &place);
        F(challenge)(below[2 * o + 1], (index)width + 1, &best, &place);
        y[o] = best;
        at[o] = corner + (index)(2 * o) + place;
    }
}

/* The maximum of each column of `rows` rows. */
static inline void F(max_of_rows)(const ann_windows *w, const real *__restrict x, index corner,
                                  real *__restrict best, index *__restrict place)
{
    const ptrdiff_t n = w->reach;
    ptrdiff_t r, j;
    ANN_POOLING_SIMD
    for (j = 0; j < n; j++) {
        best[j] = x[j];
        place[j] = corner + (index)j;
    }
    for (r = 1; r < w->rows; r++) {
        const real *__restrict row = x + r * w->width;
        const index start = corner + (index)(r * w->width);
        ANN_POOLING_SIMD
        for (j = 0; j < n; j++)
            F(challenge)(row[j], start + (index)j, &best[j], &place[j]);
    }
}

/* The maxima of windows from the maxima of their columns. */
ANN_POOLING_INLINE void F(max_of_columns)(const ann_windows *w, const ptrdiff_t stride,
                                          const real *__restrict best,
                                          const index *__restrict place,
                                          real *__restrict y, index *__restrict at)
{
    const ptrdiff_t n = w->n;
    ptrdiff_t c, o;
    ANN_POOLING_SIMD
    for (o = 0; o < n; o++) {
        y[o] = best[o * stride];
        at[o] = place[o * stride];
    }
    for (c = 1; c < w->columns; c++) {
        ANN_POOLING_SIMD
        for (o = 0; o < n; o++)
            F(challenge_unordered)(best[o * stride + c], place[o * stride + c], &y[o], &at[o]);
    }
}

/* Maxima and their indices; x[0] has the index `corner`. `best` and `place` are scratch. */
static inline void F(max_row)(const ann_windows *w, const real *x, index corner, real *y, index *at,
                              real *best, index *place)
{
    if (w->rows == 2 && w->columns == 2 && w->stride == 2) {
        F(max_2x2)(x, w->width, y, at, w->n, corner);
        return;
    }
    F(max_of_rows)(w, x, corner, best, place);
    if (w->stride == 1)                     /* a stride that the compiler knows makes faster code */
        F(max_of_columns)(w, 1, best, place, y, at);
    else if (w->stride == 2)
        F(max_of_columns)(w, 2, best, place, y, at);
    else
        F(max_of_columns)(w, w->stride, best, place, y, at);
}

/* ---- Means ---- */

/* n windows of 2 x 2 side by side. */
static inline void F(mean_2x2)(const real *__restrict x, ptrdiff_t width, real *__restrict y,
                               ptrdiff_t n)
{
    const real *__restrict below = x + width;
    ptrdiff_t o;
    ANN_POOLING_SIMD
    for (o = 0; o < n; o++)
        y[o] = (x[2 * o] + x[2 * o + 1] + below[2 * o] + below[2 * o + 1]) / 4;
}

/* The sum of each column of `rows` rows. */
static inline void F(sum_of_rows)(const ann_windows *w, const real *__restrict x,
                                  real *__restrict sum)
{
    const ptrdiff_t n = w->reach, width = w->width;
    ptrdiff_t r, j;
    if (w->rows == 3) {                     /* as common as 2, and faster in one pass */
        ANN_POOLING_SIMD
        for (j = 0; j < n; j++)
            sum[j] = x[j] + x[j + width] + x[j + 2 * width];
        return;
    }
    ANN_POOLING_SIMD
    for (j = 0; j < n; j++)
        sum[j] = x[j];
    for (r = 1; r < w->rows; r++) {
        const real *__restrict row = x + r * width;
        ANN_POOLING_SIMD
        for (j = 0; j < n; j++)
            sum[j] += row[j];
    }
}

/* The means of windows from the sums of their columns. */
ANN_POOLING_INLINE void F(mean_of_columns)(const ann_windows *w, const ptrdiff_t stride,
                                           const real *__restrict sum, real *__restrict y)
{
    const real count = (real)(w->rows * w->columns);
    const ptrdiff_t n = w->n;
    ptrdiff_t c, o;
    if (w->columns == 3) {
        ANN_POOLING_SIMD
        for (o = 0; o < n; o++)
            y[o] = (sum[o * stride] + sum[o * stride + 1] + sum[o * stride + 2]) / count;
        return;
    }
    ANN_POOLING_SIMD
    for (o = 0; o < n; o++)
        y[o] = sum[o * stride];
    for (c = 1; c < w->columns; c++) {
        ANN_POOLING_SIMD
        for (o = 0; o < n; o++)
            y[o] += sum[o * stride + c];
    }
    ANN_POOLING_SIMD
    for (o = 0; o < n; o++)
        y[o] /= count;
}

static inline void F(mean_row)(const ann_windows *w, const real *x, real *y, real *scratch)
{
    if (w->rows == 2 && w->columns == 2 && w->stride == 2) {
        F(mean_2x2)(x, w->width, y, w->n);
        return;
    }
    F(sum_of_rows)(w, x, scratch);
    if (w->stride == 1)
        F(mean_of_columns)(w, 1, scratch, y);
    else if (w->stride == 2)
        F(mean_of_columns)(w, 2, scratch, y);
    else
        F(mean_of_columns)(w, w->stride, scratch, y);
}

/* ---- The derivative of means: each element of a window gets its share of gy. ---- */

/* Add the shares to one row. */
ANN_POOLING_INLINE void F(spread_columns)(const ann_windows *w, const ptrdiff_t stride,
                                          const real *__restrict gy, real *__restrict row)
{
    const real share = 1 / (real)(w->rows * w->columns);
    const ptrdiff_t n = w->n;
    ptrdiff_t c, o;
    for (c = 0; c < w->columns; c++) {
        ANN_POOLING_SIMD
        for (o = 0; o < n; o++)
            row[o * stride + c] += share * gy[o];
    }
}

/* Add the shares to all rows of the windows in g. */
static inline void F(spread_row)(const ann_windows *w, const real *gy, real *g,
                                 real *__restrict scratch)
{
    const ptrdiff_t n = w->reach;
    ptrdiff_t r, j;
    for (j = 0; j < n; j++)
        scratch[j] = 0;
    if (w->stride == 1)
        F(spread_columns)(w, 1, gy, scratch);
    else if (w->stride == 2)
        F(spread_columns)(w, 2, gy, scratch);
    else
        F(spread_columns)(w, w->stride, gy, scratch);
    for (r = 0; r < w->rows; r++) {
        real *__restrict row = g + r * w->width;
        ANN_POOLING_SIMD
        for (j = 0; j < n; j++)
            row[j] += scratch[j];
    }
}

#undef real
#undef index
#undef MLPACK_ANN_POOLING_REAL
#undef MLPACK_ANN_POOLING_INDEX
#undef F

#endif
