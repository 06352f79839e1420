/* Distances |a - b| summed over features, of a vector of points from several others. Included once
   with T = float and once with T = double, NAME(f) giving each function its name; see _vector.h.

   m has a row for each feature, `step` apart, with a column for each point. The points i .. i +
   LANES - 1 are in the lanes of a vector; four others, or one, are spread. */
#ifndef PAIRS_MOST
#define PAIRS_MOST 4
#endif
#include "_vector.h"
#include "_vector_begin.h"

#if defined(__GNUC__)
#define MASKS __typeof__((VECTOR){0} == (VECTOR){0})
#define ADD_DISTANCE(sum, a, b) \
    do { VECTOR d = (a) - (b); (sum) += (VECTOR)((MASKS)d & ~(MASKS)SPREAD((T)-0.0)); } while (0)
#define SUBTRACT_SIGN(sum, w, a, b) \
    do { \
        VECTOR d = (a) - (b); \
        (sum) -= (VECTOR)((MASKS)(w) & (MASKS)(d > SPREAD((T)0))); \
        (sum) += (VECTOR)((MASKS)(w) & (MASKS)(d < SPREAD((T)0))); \
    } while (0)
#else
#define ADD_DISTANCE(sum, a, b) \
    do { \
        for (int l = 0; l < LANES; l++) { \
            T d = (a).lane[l] - (b).lane[l]; \
            (sum).lane[l] += d < 0 ? -d : d; \
        } \
    } while (0)
#define SUBTRACT_SIGN(sum, w, a, b) \
    do { \
        for (int l = 0; l < LANES; l++) { \
            T d = (a).lane[l] - (b).lane[l]; \
            (sum).lane[l] -= d > 0 ? (w).lane[l] : d < 0 ? -(w).lane[l] : 0; \
        } \
    } while (0)
#endif

/* out[q * LANES + l] = sum_c |m[c][i + l] - m[c][j + q]| for q < count. */
ALWAYS_INLINE void NAME(distances_of)(const int count, const T *m, ptrdiff_t step,
                                      ptrdiff_t features, ptrdiff_t i, ptrdiff_t j, T *out)
{
    VECTOR sum[PAIRS_MOST];
    UNROLL for (int q = 0; q < count; q++) sum[q] = SPREAD((T)0);
    for (ptrdiff_t c = 0; c < features; c++, m += step) {
        VECTOR a = LOAD(m + i);
        UNROLL for (int q = 0; q < count; q++) {
            VECTOR b = SPREAD(m[j + q]);
            ADD_DISTANCE(sum[q], a, b);
        }
    }
    UNROLL for (int q = 0; q < count; q++) STORE(out + q * LANES, sum[q]);
}

/* out[c][i + l] -= sum_q w[q * LANES + l] * sign(m[c][i + l] - m[c][j + q]). */
ALWAYS_INLINE void NAME(signs_of)(const int count, const T *m, ptrdiff_t step, ptrdiff_t features,
                                  ptrdiff_t i, ptrdiff_t j, const T *w, T *out)
{
    VECTOR weight[PAIRS_MOST];
    UNROLL for (int q = 0; q < count; q++) weight[q] = LOAD(w + q * LANES);
    for (ptrdiff_t c = 0; c < features; c++, m += step, out += step) {
        VECTOR a = LOAD(m + i), sum = LOAD(out + i);
        UNROLL for (int q = 0; q < count; q++) {
            VECTOR b = SPREAD(m[j + q]);
            SUBTRACT_SIGN(sum, weight[q], a, b);
        }
        STORE(out + i, sum);
    }
}

static void NAME(pair_distances)(int count, const T *m, ptrdiff_t step, ptrdiff_t features,
                                 ptrdiff_t i, ptrdiff_t j, T *out)
{
    if (count == PAIRS_MOST) NAME(distances_of)(PAIRS_MOST, m, step, features, i, j, out);
    else NAME(distances_of)(1, m, step, features, i, j, out);
}

static void NAME(pair_signs)(int count, const T *m, ptrdiff_t step, ptrdiff_t features, ptrdiff_t i,
                             ptrdiff_t j, const T *w, T *out)
{
    if (count == PAIRS_MOST) NAME(signs_of)(PAIRS_MOST, m, step, features, i, j, w, out);
    else NAME(signs_of)(1, m, step, features, i, j, w, out);
}

#undef MASKS
#undef ADD_DISTANCE
#undef SUBTRACT_SIGN
#include "_vector_end.h"
