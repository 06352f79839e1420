/* The inner loops of _convolution.pyx for one type; included once with T = float and once with
   T = double, NAME(f) giving each function its name. Both kernels keep a block of accumulators,
   channels x vectors, in registers, and are compiled once for each size of it that fits.

   What limits them is the multiply-add unit: measured with AVX-512 and data in L1 or L2, blocks
   of 4 x 6, 3 x 7, 5 x 5 and 6 x 4 reach 97 % of its peak and 8 x 3 reaches 92-98 %, so four
   channels are enough. Blocks of 1 or 2 channels are limited by loads. */
#ifndef CONVOLUTION_BLOCKS
#define CONVOLUTION_BLOCKS
#include "_vector.h"

/* A block takes its accumulators, one operand per vector, and a register for the other. */
#define MAX_CHANNELS 4
#define MAX_VECTORS 8
#define FITS(c, v) ((c) * (v) + (v) + 1 <= REGISTERS)
#define FOR_VECTORS(f, c) f(c, 1) f(c, 2) f(c, 3) f(c, 4) f(c, 5) f(c, 6) f(c, 7) f(c, 8)
#define FOR_SIZES(f) FOR_VECTORS(f, 1) FOR_VECTORS(f, 2) FOR_VECTORS(f, 3) FOR_VECTORS(f, 4)

/* The most vectors in a block of so many channels. */
static inline ptrdiff_t block_vectors(ptrdiff_t channels)
{
    ptrdiff_t vectors = (REGISTERS - 1) / (channels + 1);
    return vectors < MAX_VECTORS ? vectors : MAX_VECTORS;
}

/* y[c * stride + result[v] + lane]
     = bias[c] + sum_t weight[t * channels + c] * x[source[v] + offset[t] + lane] */
typedef struct {
    ptrdiff_t channels, vectors, taps;
    const void *x, *weight, *bias;
    void *y;
    const ptrdiff_t *source, *offset, *result;
    ptrdiff_t stride;
} Correlation;

/* total[c * stride + v] += sum of gy[c * gy_plane + p] * x[offset[v] + p] over the positions p of
   `images` x `rows` runs of `length`, a multiple of a vector's lanes */
typedef struct {
    ptrdiff_t channels, vectors;
    const void *x, *gy;
    const ptrdiff_t *offset;
    ptrdiff_t gy_plane, x_image, gy_image, x_row, gy_row;
    ptrdiff_t images, rows, length;
    double *total;
    ptrdiff_t stride;
} Dots;
#endif

#include "_vector_begin.h"

ALWAYS_INLINE void NAME(correlate_block)(const int channels, const int vectors,
                                         const Correlation *k)
{
    VECTOR sum[MAX_CHANNELS][MAX_VECTORS], in[MAX_VECTORS];
    const T *x[MAX_VECTORS], *weight = k->weight, *bias = k->bias;
    T *y = k->y;
    UNROLL for (int v = 0; v < vectors; v++) x[v] = (const T *)k->x + k->source[v];
    UNROLL for (int c = 0; c < channels; c++)
        UNROLL for (int v = 0; v < vectors; v++) sum[c][v] = SPREAD(bias[c]);
    for (ptrdiff_t t = 0; t < k->taps; t++, weight += channels) {
        ptrdiff_t offset = k->offset[t];
        UNROLL for (int v = 0; v < vectors; v++) {
            in[v] = LOAD(x[v] + offset);
            IN_REGISTER(in[v]);
        }
        UNROLL for (int c = 0; c < channels; c++) {
            VECTOR w = SPREAD(weight[c]);
            IN_REGISTER(w);
            UNROLL for (int v = 0; v < vectors; v++) ADD_PRODUCT(sum[c][v], w, in[v]);
        }
    }
    UNROLL for (int c = 0; c < channels; c++)
        UNROLL for (int v = 0; v < vectors; v++) STORE(y + c * k->stride + k->result[v], sum[c][v]);
}

/* Add to the totals the sums of a block's vectors, which stand in `lanes`. */
NEVER_INLINE void NAME(add_lanes)(const T *lanes, int channels, int vectors, const Dots *k)
{
    T even[MAX_CHANNELS * MAX_VECTORS * LANES], odd[MAX_CHANNELS * MAX_VECTORS * LANES], *to = even;
    int count = channels * vectors;
    for (int n = count * LANES / 2; n >= count; n /= 2) {       /* add neighbours */
        for (int i = 0; i < n; i++) to[i] = lanes[2 * i] + lanes[2 * i + 1];
        lanes = to;
        to = to == even ? odd : even;
    }
    for (int c = 0; c < channels; c++)
        for (int v = 0; v < vectors; v++) k->total[c * k->stride + v] += lanes[c * vectors + v];
}

ALWAYS_INLINE void NAME(dot_block)(const int channels, const int vectors, const Dots *k)
{
    VECTOR sum[MAX_CHANNELS][MAX_VECTORS], in[MAX_VECTORS];
    const T *x[MAX_VECTORS];
    T lanes[MAX_CHANNELS * MAX_VECTORS * LANES];
    UNROLL for (int c = 0; c < channels; c++)
        UNROLL for (int v = 0; v < vectors; v++) sum[c][v] = SPREAD((T)0);
    for (ptrdiff_t n = 0; n < k->images; n++)
        for (ptrdiff_t r = 0; r < k->rows; r++) {
            const T *gy = (const T *)k->gy + n * k->gy_image + r * k->gy_row;
            UNROLL for (int v = 0; v < vectors; v++)
                x[v] = (const T *)k->x + n * k->x_image + r * k->x_row + k->offset[v];
            for (ptrdiff_t p = 0; p < k->length; p += LANES) {
                UNROLL for (int v = 0; v < vectors; v++) {
                    in[v] = LOAD(x[v] + p);
                    IN_REGISTER(in[v]);
                }
                UNROLL for (int c = 0; c < channels; c++) {
                    VECTOR g = LOAD(gy + c * k->gy_plane + p);
                    IN_REGISTER(g);
                    UNROLL for (int v = 0; v < vectors; v++) ADD_PRODUCT(sum[c][v], g, in[v]);
                }
            }
        }
    UNROLL for (int c = 0; c < channels; c++)
        UNROLL for (int v = 0; v < vectors; v++)
            STORE(lanes + (c * vectors + v) * LANES, sum[c][v]);
    NAME(add_lanes)(lanes, channels, vectors, k);
}

/* A function for each size of a block, and the choice between them. */
#define DEFINE(c, v) \
    NEVER_INLINE void NAME(correlate_##c##_##v)(const Correlation *k) \
    { if (FITS(c, v)) NAME(correlate_block)(c, v, k); } \
    NEVER_INLINE void NAME(dot_##c##_##v)(const Dots *k) \
    { if (FITS(c, v)) NAME(dot_block)(c, v, k); }
FOR_SIZES(DEFINE)
#undef DEFINE

static void NAME(correlate_block_of)(const Correlation *k)
{
#define CASE(c, v) case MAX_VECTORS * c + v - 1: NAME(correlate_##c##_##v)(k); break;
    switch (MAX_VECTORS * k->channels + k->vectors - 1) { FOR_SIZES(CASE) }
#undef CASE
}

static void NAME(dot_block_of)(const Dots *k)
{
#define CASE(c, v) case MAX_VECTORS * c + v - 1: NAME(dot_##c##_##v)(k); break;
    switch (MAX_VECTORS * k->channels + k->vectors - 1) { FOR_SIZES(CASE) }
#undef CASE
}

#include "_vector_end.h"
