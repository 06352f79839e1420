/* The inner loops of _convolution.pyx for one type; included once with T = float and once with
   T = double, NAME(f) giving each function its name. Both kernels keep a block of accumulators,
   `channels` x `vectors`, in registers, and are compiled once for each size of it that fits. */
#ifndef CONVOLUTION_BLOCKS
#define CONVOLUTION_BLOCKS
#include <stddef.h>
#include <string.h>

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#define REGISTERS 32
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#define REGISTERS 16
#elif defined(__aarch64__)
#define VECTOR_BYTES 16
#define REGISTERS 32
#else
#define VECTOR_BYTES 16
#define REGISTERS 16
#endif

#if defined(__GNUC__)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NEVER_INLINE static __attribute__((noinline))
#define UNROLL _Pragma("GCC unroll 8")
#elif defined(_MSC_VER)
#define ALWAYS_INLINE static __forceinline
#define NEVER_INLINE static __declspec(noinline)
#define UNROLL
#else
#define ALWAYS_INLINE static inline
#define NEVER_INLINE static
#define UNROLL
#endif

/* Left to itself gcc loads an operand again for each product it is in; IN_REGISTER stops it. */
#if defined(__GNUC__) && defined(__AVX512F__)
#define IN_REGISTER(v) __asm__("" : "+v"(v))
#elif defined(__GNUC__) && defined(__SSE2__)
#define IN_REGISTER(v) __asm__("" : "+x"(v))
#else
#define IN_REGISTER(v) (void)0
#endif

/* A block takes its accumulators, one operand per vector, and a register for the other. */
#define MAX_CHANNELS (REGISTERS == 32 ? 8 : 4)
#define MAX_VECTORS 8
#define FITS(c, v) ((c) <= MAX_CHANNELS && (c) * (v) + (v) + 1 <= REGISTERS)

/* The most vectors in a block of so many channels. */
static inline int block_vectors(int channels)
{
    int vectors = (REGISTERS - 1) / (channels + 1);
    return vectors < MAX_VECTORS ? vectors : MAX_VECTORS;
}

#define FOR_VECTORS(f, c) f(c, 1) f(c, 2) f(c, 3) f(c, 4) f(c, 5) f(c, 6) f(c, 7) f(c, 8)
#define FOR_SIZES(f) FOR_VECTORS(f, 1) FOR_VECTORS(f, 2) FOR_VECTORS(f, 3) FOR_VECTORS(f, 4) \
                     FOR_VECTORS(f, 5) FOR_VECTORS(f, 6) FOR_VECTORS(f, 7) FOR_VECTORS(f, 8)
#endif

#define LANES (VECTOR_BYTES / (int)sizeof(T))
#define VECTOR NAME(vector)

#if defined(__GNUC__)
typedef T VECTOR __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)), may_alias));
#define LOAD(p) (*(const VECTOR *)(p))
#define STORE(p, v) (*(VECTOR *)(p) = (v))
#define SPREAD(a) ((a) - (VECTOR){0})
#define ADD_PRODUCT(sum, x, y) ((sum) += (x) * (y))
#else                                   /* plain C: the compiler vectorises the loops over lanes */
typedef struct { T lane[LANES]; } VECTOR;
static inline VECTOR NAME(load)(const T *p) { VECTOR v; memcpy(&v, p, sizeof v); return v; }
static inline VECTOR NAME(spread)(T a)
{
    VECTOR v;
    for (int l = 0; l < LANES; l++) v.lane[l] = a;
    return v;
}
#define LOAD(p) NAME(load)(p)
#define STORE(p, v) memcpy(p, &(v), sizeof(VECTOR))
#define SPREAD(a) NAME(spread)(a)
#define ADD_PRODUCT(sum, x, y) \
    do { for (int l = 0; l < LANES; l++) (sum).lane[l] += (x).lane[l] * (y).lane[l]; } while (0)
#endif

/* y[c * stride + to[v] + lane]
     = bias[c] + sum_t weight[t * channels + c] * x[from[v] + offset[t] + lane] */
typedef struct {
    const T *x, *weight, *bias;
    T *y;
    const ptrdiff_t *from, *to, *offset;
    ptrdiff_t taps, stride;
} NAME(Correlation);

ALWAYS_INLINE void NAME(correlate_block)(const int channels, const int vectors,
                                         const NAME(Correlation) *k)
{
    VECTOR sum[8][8], in[8];
    const T *start[8], *weight = k->weight;
    UNROLL for (int v = 0; v < vectors; v++) start[v] = k->x + k->from[v];
    UNROLL for (int c = 0; c < channels; c++)
        UNROLL for (int v = 0; v < vectors; v++) sum[c][v] = SPREAD(k->bias[c]);
    for (ptrdiff_t t = 0; t < k->taps; t++, weight += channels) {
        ptrdiff_t offset = k->offset[t];
        UNROLL for (int v = 0; v < vectors; v++) {
            in[v] = LOAD(start[v] + offset);
            IN_REGISTER(in[v]);
        }
        UNROLL for (int c = 0; c < channels; c++) {
            VECTOR w = SPREAD(weight[c]);
            IN_REGISTER(w);
            UNROLL for (int v = 0; v < vectors; v++) ADD_PRODUCT(sum[c][v], w, in[v]);
        }
    }
    UNROLL for (int c = 0; c < channels; c++)
        UNROLL for (int v = 0; v < vectors; v++) STORE(k->y + c * k->stride + k->to[v], sum[c][v]);
}

/* total[c * stride + v] += sum of g[c * g_plane + p] * x[offset[v] + p] over the positions p of
   `images` x `rows` runs of `length`, a multiple of LANES */
typedef struct {
    const T *x, *g;
    const ptrdiff_t *offset;
    ptrdiff_t x_image, x_row, g_plane, g_image, g_row, images, rows, length;
    double *total;
    ptrdiff_t stride;
} NAME(Dots);

/* Add the sums of a block's vectors, which stand in `lanes`, to its totals. */
NEVER_INLINE void NAME(add_lanes)(const T *lanes, int channels, int vectors, double *total,
                                  ptrdiff_t stride)
{
    T even[32 * LANES], odd[32 * LANES], *to = even;
    int count = channels * vectors;
    for (int n = count * LANES / 2; n >= count; n /= 2) {
        for (int i = 0; i < n; i++) to[i] = lanes[2 * i] + lanes[2 * i + 1];
        lanes = to;
        to = to == even ? odd : even;
    }
    for (int c = 0; c < channels; c++)
        for (int v = 0; v < vectors; v++) total[c * stride + v] += lanes[c * vectors + v];
}

ALWAYS_INLINE void NAME(dot_block)(const int channels, const int vectors, const NAME(Dots) *k)
{
    VECTOR sum[8][8], in[8];
    const T *start[8];
    T lanes[32 * LANES];
    UNROLL for (int c = 0; c < channels; c++)
        UNROLL for (int v = 0; v < vectors; v++) sum[c][v] = SPREAD((T)0);
    for (ptrdiff_t n = 0; n < k->images; n++)
        for (ptrdiff_t r = 0; r < k->rows; r++) {
            const T *g = k->g + n * k->g_image + r * k->g_row, *x = k->x + n * k->x_image + r * k->x_row;
            UNROLL for (int v = 0; v < vectors; v++) start[v] = x + k->offset[v];
            for (ptrdiff_t p = 0; p < k->length; p += LANES) {
                UNROLL for (int v = 0; v < vectors; v++) {
                    in[v] = LOAD(start[v] + p);
                    IN_REGISTER(in[v]);
                }
                UNROLL for (int c = 0; c < channels; c++) {
                    VECTOR out = LOAD(g + c * k->g_plane + p);
                    IN_REGISTER(out);
                    UNROLL for (int v = 0; v < vectors; v++) ADD_PRODUCT(sum[c][v], out, in[v]);
                }
            }
        }
    UNROLL for (int c = 0; c < channels; c++)
        UNROLL for (int v = 0; v < vectors; v++) STORE(lanes + (c * vectors + v) * LANES, sum[c][v]);
    NAME(add_lanes)(lanes, channels, vectors, k->total, k->stride);
}

/* A function per size, and the choice between them. */
#define DEFINE(c, v) \
    NEVER_INLINE void NAME(correlate_##c##_##v)(const NAME(Correlation) *k) \
    { if (FITS(c, v)) NAME(correlate_block)(c, v, k); } \
    NEVER_INLINE void NAME(dot_##c##_##v)(const NAME(Dots) *k) \
    { if (FITS(c, v) && c <= 4) NAME(dot_block)(c, v, k); }
FOR_SIZES(DEFINE)
#undef DEFINE

static void NAME(correlate_tile)(int channels, int vectors, const NAME(Correlation) *k)
{
#define CASE(c, v) case 16 * c + v: NAME(correlate_##c##_##v)(k); break;
    switch (16 * channels + vectors) { FOR_SIZES(CASE) }
#undef CASE
}

static void NAME(dot_tile)(int channels, int vectors, const NAME(Dots) *k)
{
#define CASE(c, v) case 16 * c + v: NAME(dot_##c##_##v)(k); break;
    switch (16 * channels + vectors) { FOR_SIZES(CASE) }
#undef CASE
}

/* The sum of a plane: in T over short runs, in double in all. */
static double NAME(sum_plane)(const T *x, ptrdiff_t size)
{
    double total = 0;
    T lanes[4 * LANES];
    ptrdiff_t i = 0;
    while (size - i >= 4 * LANES) {
        VECTOR sum[4], one = SPREAD((T)1);
        ptrdiff_t end = size - i < 4096 ? size : i + 4096;
        UNROLL for (int v = 0; v < 4; v++) sum[v] = SPREAD((T)0);
        for (; i + 4 * LANES <= end; i += 4 * LANES)
            UNROLL for (int v = 0; v < 4; v++) ADD_PRODUCT(sum[v], one, LOAD(x + i + v * LANES));
        UNROLL for (int v = 0; v < 4; v++) STORE(lanes + v * LANES, sum[v]);
        for (int l = 0; l < 4 * LANES; l++) total += lanes[l];
    }
    for (; i < size; i++) total += x[i];
    return total;
}

/* memcpy of a row: by copies of known size, which may overlap. */
ALWAYS_INLINE void NAME(copy_row)(T *to, const T *from, ptrdiff_t size)
{
    ptrdiff_t i = 0;
    if (size >= LANES) {
        for (; i + LANES <= size; i += LANES) memcpy(to + i, from + i, VECTOR_BYTES);
        memcpy(to + size - LANES, from + size - LANES, VECTOR_BYTES);
    } else if (size >= LANES / 2) {
        memcpy(to, from, VECTOR_BYTES / 2);
        memcpy(to + size - LANES / 2, from + size - LANES / 2, VECTOR_BYTES / 2);
    } else
        for (; i < size; i++) to[i] = from[i];
}

#undef LANES
#undef VECTOR
#undef LOAD
#undef STORE
#undef SPREAD
#undef ADD_PRODUCT
