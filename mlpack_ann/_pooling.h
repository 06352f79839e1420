/* A row of pooled outputs: maxima with their indices, means, and the derivative of means, as SIMD
 * code.
 *
 * Cython can say neither that arrays are apart nor that a loop is to be SIMD, and both are needed
 * here. Limited by the selections: a maximum with its index and NaN takes seven instructions an
 * element, a mean one. An index is as wide as its value, so that both fill vectors alike.
 *
 * Maxima: windows 1 or 2 apart are reduced eight at a time, directly; a row that is no multiple of
 * eight ends with eight that overlap the ones before, since rows of images are too short to waste
 * a rest on single elements. Measured on images of 28 x 28: 0.4 to 0.8 of the time (but 1.2 for
 * double and 2 x 2, which have a plain loop). Other strides, and means: windows are reduced over
 * their rows first, which is contiguous, then over their columns.
 *
 * The file includes itself twice, once for each type `real`.
 */
#ifndef MLPACK_ANN_POOLING_REAL
#ifndef MLPACK_ANN_POOLING_H
#define MLPACK_ANN_POOLING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) || defined(__clang__)
#define ANN_POOLING_PRAGMA(text) _Pragma(#text)
#define ANN_POOLING_SIMD ANN_POOLING_PRAGMA(omp simd simdlen(32 / sizeof(real)))
#define ANN_POOLING_INLINE static inline __attribute__((always_inline))
#else
#define ANN_POOLING_SIMD
#define ANN_POOLING_INLINE static __forceinline
#endif

#if defined(__clang__) || __GNUC__ >= 12
#define ANN_SHUFFLE(type, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define ANN_SHUFFLE(type, a, b, ...) __builtin_shuffle(a, b, (type){__VA_ARGS__})
#endif

#define LANES 8                             /* windows whose maxima are found at a time */

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

typedef real F(vec) __attribute__((vector_size(LANES * sizeof(real))));
typedef index F(ivec) __attribute__((vector_size(LANES * sizeof(real))));
#define vec F(vec)
#define ivec F(ivec)

ANN_POOLING_INLINE vec F(load)(const real *x)
{
    vec v;
    memcpy(&v, x, sizeof v);
    return v;
}

/* LANES elements that are 1 or 2 apart, without reading beyond the last. */
ANN_POOLING_INLINE vec F(spaced)(const real *x, const ptrdiff_t stride)
{
    if (stride == 1)
        return F(load)(x);
    return ANN_SHUFFLE(ivec, F(load)(x), F(load)(x + LANES - 1), 0, 2, 4, 6, 9, 11, 13, 15);
}

/* Maxima of LANES windows; the first one's first element is x[0], with the index `corner`. */
ANN_POOLING_INLINE void F(max_block)(ptrdiff_t rows, ptrdiff_t columns, const ptrdiff_t stride,
                                     ptrdiff_t width, const real *x, index corner, real *y,
                                     index *at)
{
    const ivec lanes = {0, 1, 2, 3, 4, 5, 6, 7};
    vec best = F(spaced)(x, stride);
    ivec place = {0};
    ptrdiff_t r, c;
    for (r = 0; r < rows; r++)
        for (c = r == 0; c < columns; c++) {
            const vec v = F(spaced)(x + r * width + c, stride);
            const ivec wins = (v > best) | (v != v);
            best = (vec)((wins & (ivec)v) | (~wins & (ivec)best));
            place = (wins & (index)(r * width + c)) | (~wins & place);
        }
    place += corner + lanes * (index)stride;
    memcpy(y, &best, sizeof best);
    memcpy(at, &place, sizeof place);
}

/* Maxima of w->n >= LANES windows. */
ANN_POOLING_INLINE void F(max_blocks)(const ann_windows *w, ptrdiff_t rows, ptrdiff_t columns,
                                      const ptrdiff_t stride, const real *x, index corner, real *y,
                                      index *at)
{
    const ptrdiff_t n = w->n;
    ptrdiff_t o;
    for (o = 0; o < n; o += LANES) {
        o = o < n - LANES ? o : n - LANES;
        F(max_block)(rows, columns, stride, w->width, x + o * stride, corner + (index)(o * stride),
                     y + o, at + o);
    }
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
    const ptrdiff_t r = w->rows, c = w->columns;
    /* Sizes and strides that the compiler knows make faster code. */
    if (w->n >= LANES && w->stride == 1) {
        if (r == 3 && c == 3)
            F(max_blocks)(w, 3, 3, 1, x, corner, y, at);
        else
            F(max_blocks)(w, r, c, 1, x, corner, y, at);
        return;
    }
    if (r == 2 && c == 2 && w->stride == 2) {
        if (w->n >= LANES && sizeof(real) == 4)
            F(max_blocks)(w, 2, 2, 2, x, corner, y, at);
        else
            F(max_2x2)(x, w->width, y, at, w->n, corner);
        return;
    }
    if (w->n >= LANES && w->stride == 2) {
        if (r == 3 && c == 3)
            F(max_blocks)(w, 3, 3, 2, x, corner, y, at);
        else
            F(max_blocks)(w, r, c, 2, x, corner, y, at);
        return;
    }
    F(max_of_rows)(w, x, corner, best, place);
    if (w->stride == 1)
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

#undef vec
#undef ivec
#undef real
#undef index
#undef MLPACK_ANN_POOLING_REAL
#undef MLPACK_ANN_POOLING_INDEX
#undef F

#endif
