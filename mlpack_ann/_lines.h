/* Maps written by whole cache lines.
 *
 * A store across two lines costs two, and NumPy's memory seldom begins at a line: so the first line
 * is written from where the output begins, the others from where they do, up to a fifth faster in
 * the second cache. Outputs above 12 MB go past the caches (_stream.h), and while a line of them is
 * written, one of the input that comes next is fetched: reading would pause otherwise. Together
 * they halve the time of normalising 32 MB, to that of a copy.
 */
#ifndef MLPACK_ANN_LINES_H
#define MLPACK_ANN_LINES_H

#include "_reduce.h"
#include "_stream.h"

#define ANN_LINE 64

#if defined(__GNUC__) || defined(__clang__)
#define ANN_FETCH(p) __builtin_prefetch(p, 0, 2)                /* into the second cache */
#else
#define ANN_FETCH(p) (void)0
#endif

/* Of a function with a loop by ANN_WRITE: inlined, the loop was a quarter slower, for want of
 * registers. */
#if defined(__GNUC__) || defined(__clang__)
#define ANN_APART static __attribute__((noinline, unused))
#elif defined(_MSC_VER)
#define ANN_APART static __declspec(noinline)
#else
#define ANN_APART static
#endif

static inline void ann_stream_line(void *to, const void *line)
{
#if defined(__AVX512F__)
    _mm512_stream_si512((__m512i *)to, _mm512_loadu_si512(line));
#elif defined(__AVX__)
    for (int i = 0; i < 2; i++)
        _mm256_stream_si256((__m256i *)to + i, _mm256_loadu_si256((const __m256i *)line + i));
#elif defined(__SSE2__)
    for (int i = 0; i < 4; i++)
        _mm_stream_si128((__m128i *)to + i, _mm_loadu_si128((const __m128i *)line + i));
#else
    memcpy(to, line, ANN_LINE);
#endif
}

/* y[i] = value, an expression of i, for i below n. y is not among what value reads. If streamed,
 * call ann_stream_end once after the last; `fetch` is a statement for each line, from element i. */
#define ANN_WRITE(real, y, n, streamed, fetch, value)                                          \
    do {                                                                                       \
        enum { PER_LINE = ANN_LINE / sizeof(real) };                                           \
        real *const out = (y);                                                                 \
        const ptrdiff_t size = (n);                                                            \
        ptrdiff_t start = (ptrdiff_t)((-(uintptr_t)out & (ANN_LINE - 1)) / sizeof(real)), i;   \
        if (size < 2 * PER_LINE) {                                                             \
            for (i = 0; i < size; i++)                                                         \
                out[i] = (value);                                                              \
        } else if (streamed) {                                                                 \
            for (i = 0; i < start; i++)                                                        \
                out[i] = (value);                                                              \
            for (; start + PER_LINE <= size; start += PER_LINE) {                              \
                real line[PER_LINE];                                                           \
                ANN_SIMD()                                                                     \
                for (i = start; i < start + PER_LINE; i++)                                     \
                    line[i - start] = (value);                                                 \
                i = start;                                                                     \
                fetch;                                                                         \
                ann_stream_line(out + start, line);                                            \
            }                                                                                  \
            for (i = start; i < size; i++)                                                     \
                out[i] = (value);                                                              \
        } else {                                                                               \
            const ptrdiff_t whole = size - (size - start) % PER_LINE;                          \
            ANN_SIMD()                                                                         \
            for (i = 0; i < PER_LINE; i++)                                                     \
                out[i] = (value);                                                              \
            ANN_SIMD()                                                                         \
            for (i = start; i < whole; i++)                                                    \
                out[i] = (value);                                                              \
            ANN_SIMD()                                                                         \
            for (i = size - PER_LINE; i < size; i++)                                           \
                out[i] = (value);                                                              \
        }                                                                                      \
    } while (0)

#endif
