/* Correlation with vectors along the pixels. Included once with T = float and once with T = double,
   NAME(f) giving each function its name; the block sizes are in _blocks.h. */
#ifndef MLPACK_ANN_CORRELATION_H
#define MLPACK_ANN_CORRELATION_H
#include "_blocks.h"

/* y[c * stride + result[v] + lane]
     = bias[c] + sum_t weight[t * channels + c] * x[source[v] + offset[t] + lane] */
typedef struct {
    ptrdiff_t channels, vectors, taps;
    const void *x, *weight, *bias;
    void *y;
    const ptrdiff_t *source, *offset, *result;
    ptrdiff_t stride;
} Correlation;
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

/* A function for each size of a block, and the choice between them. */
#define DEFINE(c, v) \
    NEVER_INLINE void NAME(correlate_##c##_##v)(const Correlation *k) \
    { if (FITS(c, v)) NAME(correlate_block)(c, v, k); }
FOR_SIZES(DEFINE)
#undef DEFINE

static void NAME(correlate_block_of)(const Correlation *k)
{
#define CASE(c, v) case MAX_VECTORS * c + v - 1: NAME(correlate_##c##_##v)(k); break;
    switch (MAX_VECTORS * k->channels + k->vectors - 1) { FOR_SIZES(CASE) }
#undef CASE
}

#include "_vector_end.h"
