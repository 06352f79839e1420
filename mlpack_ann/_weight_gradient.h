/* Dot products with vectors along the pixels. Included once with T = float and once with
   T = double, NAME(f) giving each function its name; the block sizes are in _blocks.h. */
#ifndef MLPACK_ANN_WEIGHT_GRADIENT_H
#define MLPACK_ANN_WEIGHT_GRADIENT_H
#include "_blocks.h"

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
    NEVER_INLINE void NAME(dot_##c##_##v)(const Dots *k) \
    { if (FITS(c, v)) NAME(dot_block)(c, v, k); }
FOR_SIZES(DEFINE)
#undef DEFINE

static void NAME(dot_block_of)(const Dots *k)
{
#define CASE(c, v) case MAX_VECTORS * c + v - 1: NAME(dot_##c##_##v)(k); break;
    switch (MAX_VECTORS * k->channels + k->vectors - 1) { FOR_SIZES(CASE) }
#undef CASE
}

#include "_vector_end.h"
