/* The sum of each row of a matrix.
 *
 * Rows are short, as those of an image, and a SIMD loop over one would spend its time on the rest
 * that does not fill a vector and on adding up the lanes. So the rest is a whole vector that ends
 * where the row does, without the lanes that were counted already, and the vectors of as many rows
 * as they have lanes are added up together, by pairs. Measured on rows of 28: a sixth of the time.
 * Limited by memory, which is read in its order; by several rows at a time it took twice as long.
 *
 * 4096 elements of a row are added in the type itself, these sums in double. The file includes
 * itself twice, once for each type `real`.
 */
#ifndef MLPACK_ANN_ROW_TOTALS_REAL
#ifndef MLPACK_ANN_ROW_TOTALS_H
#define MLPACK_ANN_ROW_TOTALS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "_lines.h"

#if defined(__clang__) || __GNUC__ >= 12
#define ANN_TOTALS_SHUFFLE(type, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define ANN_TOTALS_SHUFFLE(type, a, b, ...) __builtin_shuffle(a, b, (type){__VA_ARGS__})
#endif

#define MLPACK_ANN_ROW_TOTALS_REAL float
#define INDEX int32_t
#define F(name) ann_##name##_f32
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define ODD 1, 3, 5, 7, 9, 11, 13, 15
#include "_row_totals.h"

#define MLPACK_ANN_ROW_TOTALS_REAL double
#define INDEX int64_t
#define F(name) ann_##name##_f64
#define EVEN 0, 2, 4, 6
#define ODD 1, 3, 5, 7
#include "_row_totals.h"

#endif /* MLPACK_ANN_ROW_TOTALS_H */
#else  /* MLPACK_ANN_ROW_TOTALS_REAL: for one type */

#define real MLPACK_ANN_ROW_TOTALS_REAL

typedef real F(totals) __attribute__((vector_size(32)));
typedef INDEX F(totals_mask) __attribute__((vector_size(32)));
#define vec F(totals)
#define mask F(totals_mask)
#define LANES (32 / (ptrdiff_t)sizeof(real))

static inline vec F(totals_load)(const real *x)
{
    vec v;
    memcpy(&v, x, sizeof v);
    return v;
}

/* The sums of n >= LANES elements of LANES rows. */
static inline vec F(totals_of)(const real *x, ptrdiff_t stride, ptrdiff_t n, mask rest)
{
    const ptrdiff_t whole = n - n % LANES;
    vec s[LANES];
    ptrdiff_t r, j;
    int count;
    for (r = 0; r < LANES; r++, x += stride) {
        vec sum = F(totals_load)(x);
        for (j = LANES; j < whole; j += LANES)
            sum += F(totals_load)(x + j);
        s[r] = sum + (vec)((mask)F(totals_load)(x + n - LANES) & rest);
    }
    for (count = LANES / 2; count > 0; count /= 2)
        for (r = 0; r < count; r++)
            s[r] = ANN_TOTALS_SHUFFLE(mask, s[2 * r], s[2 * r + 1], EVEN)
                   + ANN_TOTALS_SHUFFLE(mask, s[2 * r], s[2 * r + 1], ODD);
    return s[0];
}

/* y[i] = the sum of row i of x, of n elements. */
ANN_APART void F(row_totals)(const real *x, real *y, ptrdiff_t rows, ptrdiff_t n)
{
    mask rest;
    ptrdiff_t i, l;
    for (l = 0; l < LANES; l++)
        rest[l] = l >= LANES - n % LANES ? -1 : 0;      /* not yet counted */
    if (n < LANES || n >= ANN_REDUCE_BLOCK) {
        for (i = 0; i < rows; i++) {
            real total = 0;
            for (l = 0; l < n && n < LANES; l++)
                total += x[i * n + l];
            y[i] = n < LANES ? total : (real)F(sum)(x + i * n, n);
        }
        return;
    }
    for (i = 0; i < rows; i += LANES) {
        /* The last ones overlap those before; too few of them are summed one by one. */
        const ptrdiff_t at = i + LANES <= rows || rows < LANES ? i : rows - LANES;
        const vec total = F(totals_of)(x + at * n, rows < LANES ? 0 : n, n, rest);
        memcpy(y + at, &total, rows < LANES ? sizeof(real) : sizeof total);
        i -= rows < LANES ? LANES - 1 : 0;
    }
}

#undef vec
#undef mask
#undef LANES
#undef real
#undef INDEX
#undef F
#undef EVEN
#undef ODD
#undef MLPACK_ANN_ROW_TOTALS_REAL

#endif
