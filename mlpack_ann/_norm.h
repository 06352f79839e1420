/* Loops of the normalisation layers over one contiguous run: of a plane, or of a point.
 *
 * Limited by loads and stores: of the second cache where a run was just read, of memory (with maps
 * by _lines.h) where not. The file includes itself twice, once for each type `real`.
 */
#ifndef MLPACK_ANN_NORM_REAL
#ifndef MLPACK_ANN_NORM_H
#define MLPACK_ANN_NORM_H

#include "_lines.h"

/* Sums side by side, which hide the latency of an addition: four vectors of each, or as many as
 * there are registers for. */
#if defined(__AVX512F__)
#define ANN_SUMS_BYTES 256
#elif defined(__AVX__)
#define ANN_SUMS_BYTES 128
#else
#define ANN_SUMS_BYTES 64
#endif

#if defined(__GNUC__) || defined(__clang__)
#define ANN_NORM_INLINE static inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define ANN_NORM_INLINE static __forceinline
#else
#define ANN_NORM_INLINE static inline
#endif

#define MLPACK_ANN_NORM_REAL float
#define F(name) ann_##name##_f32
#include "_norm.h"

#define MLPACK_ANN_NORM_REAL double
#define F(name) ann_##name##_f64
#include "_norm.h"

#endif /* MLPACK_ANN_NORM_H */
#else  /* MLPACK_ANN_NORM_REAL: the loops, for one type */

#define real MLPACK_ANN_NORM_REAL
#define LANES (ANN_SUMS_BYTES / (ptrdiff_t)sizeof(real))

/* Add sum(h) to s and sum(h * (x - shift)) to q, with h = w * g, or g where w is NULL. */
ANN_NORM_INLINE void F(weighted_dots)(const real *w, const real *g, const real *x, ptrdiff_t n,
                                      real shift, double *s, double *q)
{
    const ptrdiff_t whole = n - n % LANES;
    real sum = 0, dot = 0;
    ptrdiff_t i = 0, l;
    while (i < whole) {
        const ptrdiff_t end = i + F(block)(i, whole);
        real sums[LANES] = {0}, dots[LANES] = {0};
        for (; i < end; i += LANES)
            for (l = 0; l < LANES; l++) {
                const real h = w ? w[i + l] * g[i + l] : g[i + l];
                sums[l] += h;
                dots[l] += h * (x[i + l] - shift);
            }
        sum = dot = 0;
        ANN_SIMD(reduction(+ : sum, dot))
        for (l = 0; l < LANES; l++) {
            sum += sums[l];
            dot += dots[l];
        }
        *s += sum;
        *q += dot;
    }
    sum = dot = 0;
    ANN_SIMD(reduction(+ : sum, dot))
    for (i = whole; i < n; i++) {
        const real h = w ? w[i] * g[i] : g[i];
        sum += h;
        dot += h * (x[i] - shift);
    }
    *s += sum;
    *q += dot;
}

static inline void F(norm_dots)(const real *g, const real *x, ptrdiff_t n, real shift, double *s,
                                double *q)
{
    F(weighted_dots)(NULL, g, x, n, shift, s, q);
}

static inline void F(point_dots)(const real *gamma, const real *g, const real *x, ptrdiff_t n,
                                 real shift, double *s, double *q)
{
    F(weighted_dots)(gamma, g, x, n, shift, s, q);
}

/* y = a * (x - shift) + b */
ANN_APART void F(norm_map)(const real *__restrict x, real *__restrict y, ptrdiff_t n, real shift,
                               real a, real b, int streamed, const real *next)
{
    ANN_WRITE(real, y, n, streamed, ANN_FETCH(next + i), a * (x[i] - shift) + b);
}

/* g = a * (gy - level) + b * (x - shift) + c */
ANN_APART void F(norm_map_back)(const real *__restrict x, const real *__restrict gy,
                                    real *__restrict g, ptrdiff_t n, real level, real shift, real a,
                                    real b, real c, int streamed, const real *next,
                                    const real *gy_next)
{
    ANN_WRITE(real, g, n, streamed, ANN_FETCH(next + i); ANN_FETCH(gy_next + i),
              a * (gy[i] - level) + (b * (x[i] - shift) + c));
}

/* y = gamma * (a * (x - shift) + b) + beta */
ANN_APART void F(point_map)(const real *__restrict x, real *__restrict y, const real *gamma,
                                const real *beta, ptrdiff_t n, real shift, real a, real b,
                                int streamed, const real *next)
{
    ANN_WRITE(real, y, n, streamed, ANN_FETCH(next + i),
              gamma[i] * (a * (x[i] - shift) + b) + beta[i]);
}

/* g = a * (gamma * gy - level) + b * (x - shift) + c */
ANN_APART void F(point_map_back)(const real *__restrict x, const real *__restrict gy,
                                     real *__restrict g, const real *gamma, ptrdiff_t n, real level,
                                     real shift, real a, real b, real c, int streamed,
                                     const real *next, const real *gy_next)
{
    ANN_WRITE(real, g, n, streamed, ANN_FETCH(next + i); ANN_FETCH(gy_next + i),
              a * (gamma[i] * gy[i] - level) + (b * (x[i] - shift) + c));
}

/* The columns' numbers are loaded once for two rows, and from the first cache: a few hundred columns
 * are done in all rows before the next. Rows are often 2^k apart, so that more at once would need the
 * same places of that cache. */
#define COLUMNS 256

/* y = a * (x - shift) + b, with numbers of its own for every column, in `rows` rows */
ANN_APART void F(column_map)(const real *__restrict x, real *__restrict y, ptrdiff_t n,
                             ptrdiff_t rows, const real *shift, const real *a, const real *b,
                             int streamed, ptrdiff_t ahead)
{
    ptrdiff_t k, j, start;
    for (start = 0; start < n && !streamed; start += COLUMNS) {
        const ptrdiff_t end = n - start < COLUMNS ? n : start + COLUMNS;
        for (k = 0; k < rows; k += 2) {
            const real *x0 = x + k * n, *x1 = k + 1 < rows ? x0 + n : x0;
            real *y0 = y + k * n, *y1 = k + 1 < rows ? y0 + n : y0;
            ANN_SIMD()
            for (j = start; j < end; j++) {
                const real s = shift[j], slope = a[j], offset = b[j];
                y0[j] = slope * (x0[j] - s) + offset;
                y1[j] = slope * (x1[j] - s) + offset;
            }
        }
    }
    for (k = 0; k < rows && streamed; k++, x += n, y += n)
        ANN_WRITE(real, y, n, 1, ANN_FETCH(x + i + ahead), a[i] * (x[i] - shift[i]) + b[i]);
}

/* g = a * (gy - level) + b * (x - shift) + c, likewise */
ANN_APART void F(column_map_back)(const real *__restrict x, const real *__restrict gy,
                                  real *__restrict g, ptrdiff_t n, ptrdiff_t rows,
                                  const real *level, const real *shift, const real *a,
                                  const real *b, const real *c, int streamed, ptrdiff_t ahead)
{
    ptrdiff_t k, j, start;
    for (start = 0; start < n && !streamed; start += COLUMNS) {
        const ptrdiff_t end = n - start < COLUMNS ? n : start + COLUMNS;
        for (k = 0; k < rows; k += 2) {
            const ptrdiff_t second = k + 1 < rows ? n : 0;
            const real *x0 = x + k * n, *x1 = x0 + second, *gy0 = gy + k * n, *gy1 = gy0 + second;
            real *g0 = g + k * n, *g1 = g0 + second;
            ANN_SIMD()
            for (j = start; j < end; j++) {
                const real l = level[j], s = shift[j], p = a[j], q = b[j], r = c[j];
                g0[j] = p * (gy0[j] - l) + (q * (x0[j] - s) + r);
                g1[j] = p * (gy1[j] - l) + (q * (x1[j] - s) + r);
            }
        }
    }
    for (k = 0; k < rows && streamed; k++, x += n, gy += n, g += n)
        ANN_WRITE(real, g, n, 1, ANN_FETCH(x + i + ahead); ANN_FETCH(gy + i + ahead),
                  a[i] * (gy[i] - level[i]) + (b[i] * (x[i] - shift[i]) + c[i]));
}

#undef COLUMNS
#undef LANES
#undef real
#undef MLPACK_ANN_NORM_REAL
#undef F

#endif
