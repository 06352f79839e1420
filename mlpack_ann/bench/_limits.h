/* The loops that machines are measured with. */
#ifndef MLPACK_ANN_BENCH_LIMITS_H
#define MLPACK_ANN_BENCH_LIMITS_H

#include <stddef.h>
#include "_stream.h"

/* Negate so many floats: what a map does at least, and no compiler makes a memcpy of it. */
static void ann_negate(const float *x, float *y, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++)
        y[i] = -x[i];
}

/* Chains of multiply-adds that wait for nothing but their own last result: 12 of them keep two
   units of latency 4 or 5 busy. Lanes beyond a vector's are for compilers without vector types. */
#define CHAINS 12
#if defined(__AVX512F__)
#define LANES_BYTES 64
#elif defined(__AVX__)
#define LANES_BYTES 32
#else
#define LANES_BYTES 16
#endif

#if defined(__GNUC__)
#define MULTIPLY_ADDS(NAME, T)                                                        \
    typedef T NAME##_lanes __attribute__((vector_size(LANES_BYTES)));                  \
    static double NAME(ptrdiff_t rounds, double *operations)                          \
    {                                                                                 \
        NAME##_lanes chain[CHAINS], half = {0}, sum = {0};                             \
        half += (T)0.5;                                                               \
        for (int c = 0; c < CHAINS; c++)                                              \
            chain[c] = half * (T)c;                                                   \
        for (ptrdiff_t i = 0; i < rounds; i++)                                        \
            for (int c = 0; c < CHAINS; c++)                                          \
                chain[c] = chain[c] * half + half;                                    \
        for (int c = 0; c < CHAINS; c++)                                              \
            sum += chain[c];                                                          \
        *operations = 2.0 * CHAINS * (LANES_BYTES / sizeof(T)) * (double)rounds;      \
        return (double)sum[0];                                                        \
    }
#else
#define MULTIPLY_ADDS(NAME, T)                                                        \
    static double NAME(ptrdiff_t rounds, double *operations)                          \
    {                                                                                 \
        T chain[CHAINS][LANES_BYTES / sizeof(T)] = {{0}}, sum = 0;                    \
        for (ptrdiff_t i = 0; i < rounds; i++)                                        \
            for (int c = 0; c < CHAINS; c++)                                          \
                for (size_t k = 0; k < LANES_BYTES / sizeof(T); k++)                  \
                    chain[c][k] = chain[c][k] * (T)0.5 + (T)0.5;                      \
        for (int c = 0; c < CHAINS; c++)                                              \
            sum += chain[c][0];                                                       \
        *operations = 2.0 * CHAINS * (LANES_BYTES / sizeof(T)) * (double)rounds;      \
        return (double)sum;                                                           \
    }
#endif

MULTIPLY_ADDS(ann_fma32, float)
MULTIPLY_ADDS(ann_fma64, double)
#endif
