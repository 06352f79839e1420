/* Copies that write past the caches, for outputs that would only push other data out of them.
 *
 * A plain store first reads the line that it writes to; a non-temporal one does not, which saves a
 * third of the traffic of a map and half that of a copy. Measured on a Zen 4: worth it from about
 * 12 MB, a third of the last-level cache; below, a loss. */
#ifndef MLPACK_ANN_STREAM_H
#define MLPACK_ANN_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ANN_STREAM_BYTES (12 << 20)

#if defined(__SSE2__)
#include <immintrin.h>

/* Copy a block to memory that is not read again soon. Call ann_stream_end once after the last. */
static inline void ann_stream(void *to, const void *from, ptrdiff_t bytes)
{
    char *out = (char *)to;
    const char *in = (const char *)from;
    ptrdiff_t head = (ptrdiff_t)(-(uintptr_t)out & 63);
    head = head < bytes ? head : bytes;
    memcpy(out, in, (size_t)head);
    out += head, in += head, bytes -= head;
    for (; bytes >= 64; out += 64, in += 64, bytes -= 64) {
#if defined(__AVX512F__)
        _mm512_stream_si512((__m512i *)out, _mm512_loadu_si512(in));
#elif defined(__AVX__)
        _mm256_stream_si256((__m256i *)out, _mm256_loadu_si256((const __m256i *)in));
        _mm256_stream_si256((__m256i *)out + 1, _mm256_loadu_si256((const __m256i *)in + 1));
#else
        for (int i = 0; i < 4; i++)
            _mm_stream_si128((__m128i *)out + i, _mm_loadu_si128((const __m128i *)in + i));
#endif
    }
    memcpy(out, in, (size_t)bytes);
}

static inline void ann_stream_end(void) { _mm_sfence(); }
#else
static inline void ann_stream(void *to, const void *from, ptrdiff_t bytes)
{
    memcpy(to, from, (size_t)bytes);
}

static inline void ann_stream_end(void) {}
#endif
#endif
