/* Matrix products with vectors along the columns, and the transposes that bring channels there.
   Included with T = float and with T = double, and without T for the declarations; see _vector.h.

   A block of rows x vectors of accumulators stays in registers: for each tap it loads the vectors
   of w and spreads one element of x per row. What limits it is the multiply-add unit: measured
   with AVX-512, blocks of 6 x 4, 9 x 3 and 9 x 2 reach 90 % of its peak, 9 x 1, limited by loads,
   65 %; with more rows their pointers no longer fit the registers. */
#ifndef PRODUCT_BLOCKS
#define PRODUCT_BLOCKS
#include "_vector.h"

#define MAX_ROWS 9
#define MAX_COLUMNS (REGISTERS == 32 ? 4 : 2)   /* vectors side by side */
#define PRODUCT_FITS(r, v) ((r) * (v) + (v) + 1 <= REGISTERS && (v) <= MAX_COLUMNS)
#define FOR_ROWS(f, v) f(1, v) f(2, v) f(3, v) f(4, v) f(5, v) f(6, v) f(7, v) f(8, v) f(9, v)
#define FOR_PRODUCTS(f) FOR_ROWS(f, 1) FOR_ROWS(f, 2) FOR_ROWS(f, 3) FOR_ROWS(f, 4)

/* y[r * y_step + l] = start[l] + sum_t x[place[r] + offset[t]] * w[t * w_step + l]
   for l < vectors * lanes; start is NULL for 0. With `adds`, y takes the place of start. */
typedef struct {
    ptrdiff_t rows, vectors, taps;
    const void *x, *w, *start;
    void *y;
    const ptrdiff_t *place, *offset;
    ptrdiff_t w_step, y_step;
    int adds;
} Product;

/* The most rows in a block of so many vectors. */
static inline ptrdiff_t product_rows(ptrdiff_t vectors)
{
    ptrdiff_t rows = (REGISTERS - 1 - vectors) / vectors;
    return rows < MAX_ROWS ? rows : MAX_ROWS;
}
#endif

#ifdef T
#include "_vector_begin.h"

ALWAYS_INLINE void NAME(product_block)(const int rows, const int vectors, const Product *k,
                                       ptrdiff_t row, ptrdiff_t column)
{
    VECTOR sum[MAX_ROWS][4], in[4];
    const T *x[MAX_ROWS], *w = (const T *)k->w + column;
    T *y = (T *)k->y + row * k->y_step + column;
    UNROLL for (int r = 0; r < rows; r++) x[r] = (const T *)k->x + k->place[row + r];
    UNROLL for (int v = 0; v < vectors; v++) {
        VECTOR start = k->start ? LOAD((const T *)k->start + column + v * LANES) : SPREAD((T)0);
        UNROLL for (int r = 0; r < rows; r++)
            sum[r][v] = k->adds ? LOAD(y + r * k->y_step + v * LANES) : start;
    }
    for (ptrdiff_t t = 0; t < k->taps; t++, w += k->w_step) {
        ptrdiff_t offset = k->offset[t];
        UNROLL for (int v = 0; v < vectors; v++) {
            in[v] = LOAD(w + v * LANES);
            IN_REGISTER(in[v]);
        }
        UNROLL for (int r = 0; r < rows; r++) {
            VECTOR a = SPREAD(x[r][offset]);
            IN_REGISTER(a);
            UNROLL for (int v = 0; v < vectors; v++) ADD_PRODUCT(sum[r][v], a, in[v]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++) STORE(y + r * k->y_step + v * LANES, sum[r][v]);
}

#define DEFINE(r, v) \
    NEVER_INLINE void NAME(product_##r##_##v)(const Product *k, ptrdiff_t row, ptrdiff_t column) \
    { if (PRODUCT_FITS(r, v)) NAME(product_block)(r, v, k, row, column); }
FOR_PRODUCTS(DEFINE)
#undef DEFINE

/* The whole product, by blocks: those of one column of blocks share w, which stays in the cache. */
static void NAME(product)(const Product *k)
{
    const ptrdiff_t columns = (k->vectors + MAX_COLUMNS - 1) / MAX_COLUMNS;
    for (ptrdiff_t c = 0; c < columns; c++) {
        const ptrdiff_t first = ann_part(k->vectors, c, columns);
        const ptrdiff_t vectors = ann_part(k->vectors, c + 1, columns) - first;
        const ptrdiff_t most = product_rows(vectors), blocks = (k->rows + most - 1) / most;
        for (ptrdiff_t b = 0; b < blocks; b++) {
            const ptrdiff_t row = ann_part(k->rows, b, blocks);
            const ptrdiff_t rows = ann_part(k->rows, b + 1, blocks) - row;
            switch (MAX_ROWS * vectors + rows - 1) {
#define CASE(r, v) \
    case MAX_ROWS * v + r - 1: NAME(product_##r##_##v)(k, row, first * LANES); break;
                FOR_PRODUCTS(CASE)
#undef CASE
            }
        }
    }
}

/* Transpose LANES rows of LANES elements, of which the first `rows` are there and the others are
   zeros; of the result the first `columns` are stored, each where `out` says. */
ALWAYS_INLINE void NAME(transpose_block)(const T *const *in, int rows, T *const *out, int columns)
{
#if defined(__GNUC__)
    typedef __typeof__((VECTOR){0} == (VECTOR){0}) MASK;
    VECTOR a[LANES], b[LANES];
    MASK low, high;
    UNROLL for (int i = 0; i < LANES; i++) {
        low[i] = (i % 2 ? LANES : 0) + i / 2;
        high[i] = low[i] + LANES / 2;
    }
    UNROLL for (int i = 0; i < LANES; i++) a[i] = i < rows ? LOAD(in[i]) : SPREAD((T)0);
    UNROLL for (int step = 1; step < LANES; step *= 2) {        /* perfect shuffles */
        UNROLL for (int i = 0; i < LANES / 2; i++) {
            b[2 * i] = __builtin_shuffle(a[i], a[i + LANES / 2], low);
            b[2 * i + 1] = __builtin_shuffle(a[i], a[i + LANES / 2], high);
        }
        UNROLL for (int i = 0; i < LANES; i++) a[i] = b[i];
    }
    UNROLL for (int i = 0; i < LANES; i++)
        if (i < columns) STORE(out[i], a[i]);
#else
    for (int i = 0; i < columns; i++)
        for (int j = 0; j < LANES; j++) out[i][j] = j < rows ? in[j][i] : (T)0;
#endif
}

/* `channels` planes of n pixels, `plane` apart, to pixels of `padded` channels, those beyond
   `channels` zero. The pixels stand in rows of `width`, with `gap` more channels between two. */
static void NAME(to_pixels)(const T *planes, ptrdiff_t plane, ptrdiff_t channels, ptrdiff_t n,
                            T *pixels, ptrdiff_t padded, ptrdiff_t width, ptrdiff_t gap)
{
    const T *in[LANES];
    T *out[LANES];
    for (ptrdiff_t c = 0; c < padded; c += LANES) {             /* as many streams are read */
        const ptrdiff_t rows = channels - c < LANES ? channels - c : LANES;
        for (ptrdiff_t p = 0; p < n; p += LANES) {
            if (n >= LANES && p > n - LANES) p = n - LANES;     /* the last overlaps */
            if (n < LANES) {
                for (ptrdiff_t i = 0; i < n; i++)
                    for (ptrdiff_t l = 0; l < LANES; l++)
                        pixels[i * padded + i / width * gap + c + l] =
                            l < rows ? planes[(c + l) * plane + i] : (T)0;
                continue;
            }
            for (ptrdiff_t i = 0; i < LANES; i++) {
                in[i] = planes + (c + (i < rows ? i : 0)) * plane + p;
                out[i] = pixels + (p + i) * padded + (p + i) / width * gap + c;
            }
            if (rows == LANES)
                NAME(transpose_block)(in, LANES, out, LANES);
            else
                NAME(transpose_block)(in, (int)rows, out, LANES);
        }
    }
}

/* The way back: channels of n pixels to planes. */
static void NAME(to_planes)(const T *pixels, ptrdiff_t padded, ptrdiff_t width, ptrdiff_t gap,
                            ptrdiff_t n, T *planes, ptrdiff_t plane, ptrdiff_t channels)
{
    const T *in[LANES];
    T *out[LANES];
    for (ptrdiff_t c = 0; c < channels; c += LANES) {
        const ptrdiff_t columns = channels - c < LANES ? channels - c : LANES;
        for (ptrdiff_t p = 0; p < n; p += LANES) {
            if (n >= LANES && p > n - LANES) p = n - LANES;
            if (n < LANES) {
                for (ptrdiff_t i = 0; i < n; i++)
                    for (ptrdiff_t l = 0; l < columns; l++)
                        planes[(c + l) * plane + i] = pixels[i * padded + i / width * gap + c + l];
                continue;
            }
            for (ptrdiff_t i = 0; i < LANES; i++) {
                in[i] = pixels + (p + i) * padded + (p + i) / width * gap + c;
                out[i] = planes + (c + (i < columns ? i : 0)) * plane + p;
            }
            if (columns == LANES)
                NAME(transpose_block)(in, LANES, out, LANES);
            else
                NAME(transpose_block)(in, LANES, out, (int)columns);
        }
    }
}

#include "_vector_end.h"
#endif
