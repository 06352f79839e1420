/* Winograd's minimal filtering with the points 0, 1, -1, 2, -2 and infinity: from 6 x 6 elements of
   the input and 36 products per pair of channels, m x m outputs of an r x r filter, m + r = 7.
   Included once with T = float and once with T = double, after _product.h.

   Each function works on vectors along the channels, so that no shape of an image wastes lanes. The
   products are matrix products, limited by the multiply-add unit as in _product.h; the transforms
   are 10 to 20 % on top with 64 channels.

   Source: Winograd (1980), Arithmetic complexity of computations; Lavin and Gray (2016), Fast
   algorithms for convolutional neural networks. */
#include "_vector_begin.h"
#if defined(__GNUC__)

/* B^T d: the input's side. */
ALWAYS_INLINE void NAME(points_of_input)(const VECTOR *d, VECTOR *t)
{
    VECTOR even = d[4] - (T)4 * d[2], odd = d[3] - (T)4 * d[1];
    VECTOR wide_even = d[4] - d[2], wide_odd = (T)2 * (d[3] - d[1]);
    t[0] = (T)4 * d[0] - (T)5 * d[2] + d[4];
    t[1] = even + odd;
    t[2] = even - odd;
    t[3] = wide_even + wide_odd;
    t[4] = wide_even - wide_odd;
    t[5] = (T)4 * d[1] - (T)5 * d[3] + d[5];
}

/* G g: the values at the points of the polynomial with the r coefficients g, scaled. */
ALWAYS_INLINE void NAME(points_of_filter)(const int r, const VECTOR *g, VECTOR *t)
{
    const T sixth = (T)1 / 6, small = (T)1 / 24;
    VECTOR even = g[0], odd = g[1], wide_even = g[0], wide_odd = (T)2 * g[1];
    if (r > 2) even += g[2], wide_even += (T)4 * g[2];
    if (r > 3) odd += g[3], wide_odd += (T)8 * g[3];
    if (r > 4) even += g[4], wide_even += (T)16 * g[4];
    t[0] = g[0] * (T)0.25;
    t[1] = -sixth * (even + odd);
    t[2] = -sixth * (even - odd);
    t[3] = small * (wide_even + wide_odd);
    t[4] = small * (wide_even - wide_odd);
    t[5] = g[r - 1];
}

/* A^T t: m outputs from the values at the points. */
ALWAYS_INLINE void NAME(outputs_of_points)(const int m, const VECTOR *t, VECTOR *y)
{
    VECTOR even = t[1] + t[2], odd = t[1] - t[2], wide_even = t[3] + t[4], wide_odd = t[3] - t[4];
    y[0] = t[0] + even + wide_even;
    y[1] = odd + (T)2 * wide_odd;
    if (m > 2) y[2] = even + (T)4 * wide_even;
    if (m > 3) y[3] = odd + (T)8 * wide_odd;
    if (m > 4) y[4] = even + (T)16 * wide_even;
    y[m - 1] += t[5];
}

/* Both axes of n tiles side by side, `tile` apart, of pixels of `channels` channels in rows of
   `pitch`; point f of tile i goes to t[f * plane + i * channels]. */
ALWAYS_INLINE void NAME(transform_tiles)(const int size, const T *x, ptrdiff_t pitch,
                                         ptrdiff_t tile, ptrdiff_t n, ptrdiff_t channels,
                                         T *t, ptrdiff_t plane)
{
    VECTOR d[6], column[6], half[6][6];
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t c = 0; c < channels; c += LANES) {
            const T *in = x + i * tile + c;
            T *out = t + i * channels + c;
            UNROLL for (int b = 0; b < size; b++) {
                UNROLL for (int a = 0; a < size; a++) d[a] = LOAD(in + a * pitch + b * channels);
                if (size == 6)
                    NAME(points_of_input)(d, column);
                else
                    NAME(points_of_filter)(size, d, column);
                UNROLL for (int a = 0; a < 6; a++) half[a][b] = column[a];
            }
            UNROLL for (int a = 0; a < 6; a++) {
                if (size == 6)
                    NAME(points_of_input)(half[a], column);
                else
                    NAME(points_of_filter)(size, half[a], column);
                UNROLL for (int b = 0; b < 6; b++) STORE(out + (6 * a + b) * plane, column[b]);
            }
        }
}

/* From points to m x m pixels, with `start` added to each unless it is NULL. */
ALWAYS_INLINE void NAME(outputs_of_tiles)(const int m, const T *t, ptrdiff_t plane, ptrdiff_t n,
                                          ptrdiff_t channels, const T *start, T *y,
                                          ptrdiff_t pitch, ptrdiff_t tile)
{
    VECTOR d[6], column[5], half[5][6];
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t c = 0; c < channels; c += LANES) {
            const T *in = t + i * channels + c;
            T *out = y + i * tile + c;
            VECTOR first = start ? LOAD(start + c) : SPREAD((T)0);
            UNROLL for (int b = 0; b < 6; b++) {
                UNROLL for (int a = 0; a < 6; a++) d[a] = LOAD(in + (6 * a + b) * plane);
                NAME(outputs_of_points)(m, d, column);
                UNROLL for (int a = 0; a < m; a++) half[a][b] = column[a];
            }
            UNROLL for (int a = 0; a < m; a++) {
                NAME(outputs_of_points)(m, half[a], column);
                UNROLL for (int b = 0; b < m; b++)
                    STORE(out + a * pitch + b * channels, column[b] + first);
            }
        }
}

/* The sizes that 3 x 3 and 5 x 5 filters need, chosen at run time: 6 is the input's side. */
#define DEFINE(size) \
    NEVER_INLINE void NAME(transform_tiles_##size)(const T *x, ptrdiff_t pitch, ptrdiff_t tile, \
                                                   ptrdiff_t n, ptrdiff_t channels, T *t, \
                                                   ptrdiff_t plane) \
    { NAME(transform_tiles)(size, x, pitch, tile, n, channels, t, plane); }
DEFINE(2) DEFINE(3) DEFINE(4) DEFINE(5) DEFINE(6)
#undef DEFINE
#define DEFINE(m) \
    NEVER_INLINE void NAME(outputs_of_tiles_##m)(const T *t, ptrdiff_t plane, ptrdiff_t n, \
                                                 ptrdiff_t channels, const T *start, T *y, \
                                                 ptrdiff_t pitch, ptrdiff_t tile) \
    { NAME(outputs_of_tiles)(m, t, plane, n, channels, start, y, pitch, tile); }
DEFINE(2) DEFINE(3) DEFINE(4) DEFINE(5)
#undef DEFINE

static void NAME(to_points)(int size, const T *x, ptrdiff_t pitch, ptrdiff_t tile, ptrdiff_t n,
                            ptrdiff_t channels, T *t, ptrdiff_t plane)
{
    switch (size) {
#define CASE(s) case s: NAME(transform_tiles_##s)(x, pitch, tile, n, channels, t, plane); break;
        CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#undef CASE
    }
}

static void NAME(from_points)(int m, const T *t, ptrdiff_t plane, ptrdiff_t n, ptrdiff_t channels,
                              const T *start, T *y, ptrdiff_t pitch, ptrdiff_t tile)
{
    switch (m) {
#define CASE(s) \
    case s: NAME(outputs_of_tiles_##s)(t, plane, n, channels, start, y, pitch, tile); break;
        CASE(2) CASE(3) CASE(4) CASE(5)
#undef CASE
    }
}
#define HAS_WINOGRAD 1
#else
static void NAME(to_points)(int size, const T *x, ptrdiff_t pitch, ptrdiff_t tile, ptrdiff_t n,
                            ptrdiff_t channels, T *t, ptrdiff_t plane) {}
static void NAME(from_points)(int m, const T *t, ptrdiff_t plane, ptrdiff_t n, ptrdiff_t channels,
                              const T *start, T *y, ptrdiff_t pitch, ptrdiff_t tile) {}
#define HAS_WINOGRAD 0
#endif
#include "_vector_end.h"
