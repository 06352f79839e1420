/* Squared distances of points from centres, and weighted sums of the differences. Included once
   with T = float and once with T = double, NAME(f) giving each function its name; see _vector.h.

   The differences themselves are squared: |x|^2 - 2 x c + |c|^2, which would be a product, loses
   half of the digits or all where a point is near a centre. As in a product, blocks of rows x
   vectors stay in registers. */
#ifndef DISTANCES_BLOCKS
#define DISTANCES_BLOCKS
#include "_vector.h"

#define DISTANCE_ROWS 4
#define DISTANCE_VECTORS (REGISTERS == 32 ? 4 : 2)      /* side by side */
#define DIFFERENCE_VECTORS (REGISTERS == 32 ? 2 : 1)    /* with x in registers, too */
#endif

#include "_vector_begin.h"

#if defined(__GNUC__)
#define ADD_SQUARE(sum, a, b) do { VECTOR d = (a) - (b); (sum) += d * d; } while (0)
#define ADD_DIFFERENCE(sum, q, a, b) ((sum) += (q) * ((a) - (b)))
#else
#define ADD_SQUARE(sum, a, b) \
    do { \
        for (int l = 0; l < LANES; l++) { \
            T d = (a).lane[l] - (b).lane[l]; \
            (sum).lane[l] += d * d; \
        } \
    } while (0)
#define ADD_DIFFERENCE(sum, q, a, b) \
    do { \
        for (int l = 0; l < LANES; l++) \
            (sum).lane[l] += (q).lane[l] * ((a).lane[l] - (b).lane[l]); \
    } while (0)
#endif

ALWAYS_INLINE void NAME(squares_block)(const int rows, const int vectors, const T *x,
                                       ptrdiff_t taps, const T *w, ptrdiff_t w_step, T *y,
                                       ptrdiff_t y_step)
{
    VECTOR sum[DISTANCE_ROWS][4], in[4];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = SPREAD((T)0);
    for (ptrdiff_t t = 0; t < taps; t++, w += w_step) {
        UNROLL for (int v = 0; v < vectors; v++) {
            in[v] = LOAD(w + v * LANES);
            IN_REGISTER(in[v]);
        }
        UNROLL for (int r = 0; r < rows; r++) {
            VECTOR a = SPREAD(x[r * taps + t]);
            IN_REGISTER(a);
            UNROLL for (int v = 0; v < vectors; v++) ADD_SQUARE(sum[r][v], a, in[v]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++) STORE(y + r * y_step + v * LANES, sum[r][v]);
}

ALWAYS_INLINE void NAME(differences_block)(const int rows, const int vectors, const T *q,
                                           ptrdiff_t taps, const T *x, ptrdiff_t x_step,
                                           const T *w, ptrdiff_t w_step, T *y, ptrdiff_t y_step)
{
    VECTOR sum[DISTANCE_ROWS][4], at[DISTANCE_ROWS][4], in[4];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++) {
            sum[r][v] = SPREAD((T)0);
            at[r][v] = LOAD(x + r * x_step + v * LANES);
        }
    for (ptrdiff_t t = 0; t < taps; t++, w += w_step) {
        UNROLL for (int v = 0; v < vectors; v++) {
            in[v] = LOAD(w + v * LANES);
            IN_REGISTER(in[v]);
        }
        UNROLL for (int r = 0; r < rows; r++) {
            VECTOR a = SPREAD(q[r * taps + t]);
            IN_REGISTER(a);
            UNROLL for (int v = 0; v < vectors; v++)
                ADD_DIFFERENCE(sum[r][v], a, at[r][v], in[v]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++) STORE(y + r * y_step + v * LANES, sum[r][v]);
}

#define FOR_SIZES(f) f(1, 1) f(1, 2) f(1, 3) f(1, 4) f(4, 1) f(4, 2) f(4, 3) f(4, 4)
#define DEFINE(r, v) \
    NEVER_INLINE void NAME(squares_##r##_##v)(const T *x, ptrdiff_t taps, const T *w, \
                                              ptrdiff_t w_step, T *y, ptrdiff_t y_step) \
    { if (v <= DISTANCE_VECTORS) NAME(squares_block)(r, v, x, taps, w, w_step, y, y_step); } \
    NEVER_INLINE void NAME(differences_##r##_##v)(const T *q, ptrdiff_t taps, const T *x, \
                                                  ptrdiff_t x_step, const T *w, ptrdiff_t w_step, \
                                                  T *y, ptrdiff_t y_step) \
    { \
        if (v <= DIFFERENCE_VECTORS) \
            NAME(differences_block)(r, v, q, taps, x, x_step, w, w_step, y, y_step); \
    }
FOR_SIZES(DEFINE)
#undef DEFINE

/* y[r * y_step + l] = sum_t (x[r * taps + t] - w[t * w_step + l])^2 for l < vectors * LANES. The
   columns that a block of vectors shares stay in the cache. */
static void NAME(squares)(const T *x, ptrdiff_t rows, ptrdiff_t taps, const T *w, ptrdiff_t w_step,
                          ptrdiff_t vectors, T *y, ptrdiff_t y_step)
{
    for (ptrdiff_t c = 0, some; c < vectors; c += some) {
        some = vectors - c < DISTANCE_VECTORS ? vectors - c : DISTANCE_VECTORS;
        for (ptrdiff_t r = 0, n; r < rows; r += n) {
            n = rows - r < DISTANCE_ROWS ? 1 : DISTANCE_ROWS;
            switch (4 * n + some - 1) {
#define CASE(a, b) \
    case 4 * a + b - 1: \
        NAME(squares_##a##_##b)(x + r * taps, taps, w + c * LANES, w_step, \
                                y + r * y_step + c * LANES, y_step); \
        break;
                FOR_SIZES(CASE)
#undef CASE
            }
        }
    }
}

/* y[r * y_step + l] = sum_t q[r * taps + t] * (x[r * x_step + l] - w[t * w_step + l]). */
static void NAME(differences)(const T *q, ptrdiff_t rows, ptrdiff_t taps, const T *x,
                              ptrdiff_t x_step, const T *w, ptrdiff_t w_step, ptrdiff_t vectors,
                              T *y, ptrdiff_t y_step)
{
    for (ptrdiff_t c = 0, some; c < vectors; c += some) {
        some = vectors - c < DIFFERENCE_VECTORS ? vectors - c : DIFFERENCE_VECTORS;
        for (ptrdiff_t r = 0, n; r < rows; r += n) {
            n = rows - r < DISTANCE_ROWS ? 1 : DISTANCE_ROWS;
            switch (4 * n + some - 1) {
#define CASE(a, b) \
    case 4 * a + b - 1: \
        NAME(differences_##a##_##b)(q + r * taps, taps, x + r * x_step + c * LANES, x_step, \
                                    w + c * LANES, w_step, y + r * y_step + c * LANES, y_step); \
        break;
                FOR_SIZES(CASE)
#undef CASE
            }
        }
    }
}

#undef FOR_SIZES
#undef ADD_SQUARE
#undef ADD_DIFFERENCE
#include "_vector_end.h"
