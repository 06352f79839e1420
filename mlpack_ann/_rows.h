/* A row by a matrix, and a matrix by a row. Included once with T = float and once with T = double,
   NAME(f) giving each function its name; see _vector.h.

   What limits them is reading the matrix: eight of its rows at a time are as many streams as the
   processor fetches ahead. */
#include "_vector.h"
#include "_vector_begin.h"

#define ROWS 8

/* y[j] += sum_t x[t] * w[t * step + j], for j < n. */
static void NAME(combine)(const T *x, const T *w, ptrdiff_t taps, ptrdiff_t step, ptrdiff_t n,
                          T *__restrict y)
{
    ptrdiff_t t = 0;
    for (; t + ROWS <= taps; t += ROWS, x += ROWS, w += ROWS * step) {
        const T a = x[0], b = x[1], c = x[2], d = x[3], e = x[4], f = x[5], g = x[6], h = x[7];
        for (ptrdiff_t j = 0; j < n; j++) {
            const T *v = w + j;
            T sum = y[j];
            sum += a * v[0];
            sum += b * v[step];
            sum += c * v[2 * step];
            sum += d * v[3 * step];
            sum += e * v[4 * step];
            sum += f * v[5 * step];
            sum += g * v[6 * step];
            sum += h * v[7 * step];
            y[j] = sum;
        }
    }
    for (; t < taps; t++, x++, w += step)
        for (ptrdiff_t j = 0; j < n; j++) y[j] += x[0] * w[j];
}

/* out[r] = sum_t w[r * taps + t] * x[t]. */
ALWAYS_INLINE void NAME(dots_of_rows)(const int rows, const T *w, ptrdiff_t taps, const T *x,
                                      T *out)
{
    VECTOR sum[ROWS];
    T lanes[ROWS * LANES], total[ROWS];
    ptrdiff_t t = 0;
    UNROLL for (int r = 0; r < rows; r++) sum[r] = SPREAD((T)0);
    for (; t + LANES <= taps; t += LANES) {
        VECTOR a = LOAD(x + t);
        UNROLL for (int r = 0; r < rows; r++) {
            VECTOR b = LOAD(w + r * taps + t);
            ADD_PRODUCT(sum[r], a, b);
        }
    }
    UNROLL for (int r = 0; r < rows; r++) STORE(lanes + r * LANES, sum[r]);
    for (int n = rows * LANES / 2; n >= rows; n /= 2)           /* add neighbours */
        for (int i = 0; i < n; i++) lanes[i] = lanes[2 * i] + lanes[2 * i + 1];
    UNROLL for (int r = 0; r < rows; r++) total[r] = lanes[r];
    for (; t < taps; t++)
        UNROLL for (int r = 0; r < rows; r++) total[r] += w[r * taps + t] * x[t];
    UNROLL for (int r = 0; r < rows; r++) out[r] = total[r];
}

static void NAME(dots)(const T *w, ptrdiff_t rows, ptrdiff_t taps, const T *x, T *out)
{
    for (; rows >= ROWS; rows -= ROWS, w += ROWS * taps, out += ROWS)
        NAME(dots_of_rows)(ROWS, w, taps, x, out);
    for (; rows > 0; rows--, w += taps, out++) NAME(dots_of_rows)(1, w, taps, x, out);
}

#undef ROWS
#include "_vector_end.h"
