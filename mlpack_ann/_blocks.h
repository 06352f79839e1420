/* Blocks of accumulators, channels x vectors, that stay in registers: a kernel is compiled once for
   each size that fits. What limits them is the multiply-add unit: measured with AVX-512 and data in
   L1 or L2, blocks of 4 x 6, 3 x 7, 5 x 5 and 6 x 4 reach 97 % of its peak and 8 x 3 reaches
   92-98 %, so four channels are enough. Blocks of 1 or 2 channels are limited by loads. */
#ifndef MLPACK_ANN_BLOCKS_H
#define MLPACK_ANN_BLOCKS_H
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
#endif
