/* Sums over the rows of a matrix, for a few hundred columns at a time.
 *
 * Limited by what the second cache delivers: four rows are read side by side, so that the sums,
 * which stay in the first, are touched once for all four. Sums of 64 rows are formed in the type
 * itself, four by four, the rest in double. From memory the next four rows are fetched meanwhile,
 * which halves the time; in a cache it would cost a tenth. The file includes itself twice, once for
 * each type `real`.
 */
#ifndef MLPACK_ANN_ROW_SUMS_REAL
#ifndef MLPACK_ANN_ROW_SUMS_H
#define MLPACK_ANN_ROW_SUMS_H

#include "_lines.h"

#define ANN_SPAN 1024                   /* the most columns of a call: their sums take 24 KB */
#define ANN_ROWS 64

#if defined(__GNUC__) || defined(__clang__)
#define ANN_ROW_SUMS_INLINE static inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define ANN_ROW_SUMS_INLINE static __forceinline
#else
#define ANN_ROW_SUMS_INLINE static inline
#endif

/* What is summed of an element: s of u, q of v. */
enum {
    ANN_SUM,                            /* u = e */
    ANN_MOMENTS,                        /* u = e - shift[column], v = u * u */
    ANN_COLUMN_DOTS,                    /* u = e, v = e * (x - shift[column]) */
    ANN_POINT_DOTS                      /* u = e, v = e * factor[row] * (x - mean[row]) */
};

#define MLPACK_ANN_ROW_SUMS_REAL float
#define F(name) ann_##name##_f32
#include "_row_sums.h"

#define MLPACK_ANN_ROW_SUMS_REAL double
#define F(name) ann_##name##_f64
#include "_row_sums.h"

#endif /* MLPACK_ANN_ROW_SUMS_H */
#else  /* MLPACK_ANN_ROW_SUMS_REAL: the loops, for one type */

#define real MLPACK_ANN_ROW_SUMS_REAL
#define PER_LINE (ANN_LINE / (ptrdiff_t)sizeof(real))

/* A row: its elements, and by what it is normalised. */
typedef struct {
    const real *e, *x;
    real mean, factor, offset;
} F(row);

ANN_ROW_SUMS_INLINE real F(row_u)(const int kind, const F(row) * r, const real *shift, ptrdiff_t j)
{
    return kind == ANN_MOMENTS ? r->e[j] - shift[j] : r->e[j];
}

ANN_ROW_SUMS_INLINE real F(row_v)(const int kind, const F(row) * r, const real *shift, ptrdiff_t j)
{
    if (kind == ANN_MOMENTS)
        return (r->e[j] - shift[j]) * (r->e[j] - shift[j]);
    if (kind == ANN_COLUMN_DOTS)
        return r->e[j] * (r->x[j] - shift[j]);
    return r->e[j] * (r->factor * (r->x[j] - r->mean) + r->offset);
}

/* Add the terms of one row. */
ANN_ROW_SUMS_INLINE void F(add_row)(const int kind, const F(row) * row, const real *shift,
                                    ptrdiff_t n, real *__restrict s, real *__restrict q)
{
    const F(row) a = *row;
    ptrdiff_t j;
    ANN_SIMD()
    for (j = 0; j < n; j++) {
        s[j] += F(row_u)(kind, &a, shift, j);
        if (kind != ANN_SUM)
            q[j] += F(row_v)(kind, &a, shift, j);
    }
}

/* Add the terms of four rows to columns start..end. */
ANN_ROW_SUMS_INLINE void F(add_rows)(const int kind, const F(row) * rows, const real *shift,
                                     ptrdiff_t start, ptrdiff_t end, real *__restrict s,
                                     real *__restrict q)
{
    const F(row) a = rows[0], b = rows[1], c = rows[2], d = rows[3];
    ptrdiff_t j;
    ANN_SIMD()
    for (j = start; j < end; j++) {
        s[j] += (F(row_u)(kind, &a, shift, j) + F(row_u)(kind, &b, shift, j))
                + (F(row_u)(kind, &c, shift, j) + F(row_u)(kind, &d, shift, j));
        if (kind != ANN_SUM)
            q[j] += (F(row_v)(kind, &a, shift, j) + F(row_v)(kind, &b, shift, j))
                    + (F(row_v)(kind, &c, shift, j) + F(row_v)(kind, &d, shift, j));
    }
}

/* As add_rows, while the rows `ahead` elements further on are fetched. */
ANN_ROW_SUMS_INLINE void F(add_and_fetch)(const int kind, const F(row) * rows, const real *shift,
                                          ptrdiff_t n, ptrdiff_t ahead, real *__restrict s,
                                          real *__restrict q)
{
    ptrdiff_t j, k;
    for (j = 0; j + PER_LINE <= n; j += PER_LINE) {
        for (k = 0; k < 4; k++) {
            ANN_FETCH(rows[k].e + j + ahead);
            if (kind == ANN_COLUMN_DOTS || kind == ANN_POINT_DOTS)
                ANN_FETCH(rows[k].x + j + ahead);
        }
        F(add_rows)(kind, rows, shift, j, j + PER_LINE, s, q);
    }
    F(add_rows)(kind, rows, shift, j, n, s, q);
}

/* s, q = the sums over `rows` rows, `stride` elements apart, of n columns, at most ANN_SPAN. */
ANN_ROW_SUMS_INLINE void F(row_sums_of)(const int kind, const real *e, const real *x,
                                        ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t n, int fetched,
                                        const real *shift, const double *mean,
                                        const double *factor, double *__restrict s,
                                        double *__restrict q)
{
    const int dots = kind == ANN_COLUMN_DOTS || kind == ANN_POINT_DOTS;
    real u[ANN_SPAN], v[ANN_SPAN];
    ptrdiff_t i = 0, j, k;
    for (j = 0; j < n; j++)
        s[j] = q[j] = 0;
    while (i < rows) {
        const ptrdiff_t stop = rows - i < ANN_ROWS ? rows : i + ANN_ROWS;
        for (j = 0; j < n; j++)
            u[j] = v[j] = 0;
        while (i < stop) {
            const ptrdiff_t some = stop - i < 4 ? 1 : 4;
            F(row) r[4] = {{NULL}};
            for (k = 0; k < some; k++, i++) {
                r[k].e = e + i * stride;
                r[k].x = dots ? x + i * stride : NULL;
                if (kind == ANN_POINT_DOTS) {
                    r[k].mean = (real)mean[i];
                    r[k].factor = (real)factor[i];
                    r[k].offset = (real)(factor[i] * (r[k].mean - mean[i]));
                }
            }
            if (some == 1)
                F(add_row)(kind, r, shift, n, u, v);
            else if (fetched && i + 4 <= rows)
                F(add_and_fetch)(kind, r, shift, n, 4 * stride, u, v);
            else
                F(add_rows)(kind, r, shift, 0, n, u, v);
        }
        ANN_SIMD()
        for (j = 0; j < n; j++)
            s[j] += u[j];
        if (kind != ANN_SUM) {
            ANN_SIMD()
            for (j = 0; j < n; j++)
                q[j] += v[j];
        }
    }
}

static inline void F(row_sums)(int kind, const real *e, const real *x, ptrdiff_t stride,
                               ptrdiff_t rows, ptrdiff_t n, int fetched, const real *shift,
                               const double *mean, const double *factor, double *s, double *q)
{
    switch (kind) {                     /* compiled for each */
    case ANN_SUM:
        F(row_sums_of)(ANN_SUM, e, x, stride, rows, n, fetched, shift, mean, factor, s, q);
        break;
    case ANN_MOMENTS:
        F(row_sums_of)(ANN_MOMENTS, e, x, stride, rows, n, fetched, shift, mean, factor, s, q);
        break;
    case ANN_COLUMN_DOTS:
        F(row_sums_of)(ANN_COLUMN_DOTS, e, x, stride, rows, n, fetched, shift, mean, factor, s, q);
        break;
    case ANN_POINT_DOTS:
        F(row_sums_of)(ANN_POINT_DOTS, e, x, stride, rows, n, fetched, shift, mean, factor, s, q);
        break;
    }
}

#undef PER_LINE
#undef real
#undef MLPACK_ANN_ROW_SUMS_REAL
#undef F

#endif
