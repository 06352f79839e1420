/* Random numbers by counting: Philox4x32 with 10 rounds (Salmon, Moraes, Dror and Shaw 2011,
 * Parallel random numbers: as easy as 1, 2, 3).
 *
 * Numbers come in groups, each from LANES counters side by side, so that loops over them vectorise
 * and groups are made in any order, on any thread. A counter gives four words of 32 bits; a uniform
 * float32 takes one of them, a float64 two. Normal numbers are made in pairs by Box and Muller's
 * transform: a radius sqrt(-2 log(u)), and an angle of a quadrant (two bits) and a part of it
 * within +-pi/4, where sine and cosine are short series (next term below half a unit in the last
 * place).
 */
#ifndef MLPACK_ANN_PHILOX_H
#define MLPACK_ANN_PHILOX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "_math.h"

enum { ANN_LANES = 16, ANN_WORDS = 4 * ANN_LANES, ANN_UNIFORM = 0, ANN_ROOT = 1, ANN_NORMAL = 2 };

/* The lanes' k-th words are at w + k * ANN_LANES. */
ANN_INLINE void ann_philox(uint64_t group, uint64_t key, uint64_t stream, uint32_t *w)
{
    const uint32_t low = (uint32_t)(group * ANN_LANES);
    const uint32_t high = (uint32_t)(group * ANN_LANES >> 32);
    for (int lane = 0; lane < ANN_LANES; lane++) {
        uint32_t a = low + (uint32_t)lane, b = high;
        uint32_t c = (uint32_t)stream, d = (uint32_t)(stream >> 32);
        uint32_t k = (uint32_t)key, m = (uint32_t)(key >> 32);
#define ANN_ROUND                                                                                  \
    {                                                                                              \
        const uint64_t p = (uint64_t)0xD2511F53u * a, q = (uint64_t)0xCD9E8D57u * c;               \
        a = (uint32_t)(q >> 32) ^ b ^ k;                                                           \
        c = (uint32_t)(p >> 32) ^ d ^ m;                                                           \
        b = (uint32_t)q;                                                                           \
        d = (uint32_t)p;                                                                           \
        k += 0x9E3779B9u;                                                                          \
        m += 0xBB67AE85u;                                                                          \
    }
        ANN_ROUND ANN_ROUND ANN_ROUND ANN_ROUND ANN_ROUND
        ANN_ROUND ANN_ROUND ANN_ROUND ANN_ROUND ANN_ROUND
#undef ANN_ROUND
        w[lane] = a;
        w[lane + ANN_LANES] = b;
        w[lane + 2 * ANN_LANES] = c;
        w[lane + 3 * ANN_LANES] = d;
    }
}

/* Of x within +-pi/4. */
ANN_INLINE float ann_sine_f32(float x)
{
    const float z = x * x;
    return x + x * z * (-1 / 6.0f + z * (1 / 120.0f + z * (-1 / 5040.0f + z * (1 / 362880.0f))));
}

ANN_INLINE float ann_cosine_f32(float x)
{
    const float z = x * x;
    return 1 + z * (-0.5f + z * (1 / 24.0f + z * (-1 / 720.0f + z * (1 / 40320.0f))));
}

ANN_INLINE double ann_sine_f64(double x)
{
    const double z = x * x;
    const double tail = 1 / 39916800.0 + z * (-1 / 6227020800.0 + z * (1 / 1307674368000.0));
    return x + x * z * (-1 / 6.0 + z * (1 / 120.0 + z * (-1 / 5040.0 + z * (1 / 362880.0
                                                                            - z * tail))));
}

ANN_INLINE double ann_cosine_f64(double x)
{
    const double z = x * x;
    const double tail = 1 / 479001600.0 + z * (-1 / 87178291200.0 + z * (1 / 20922789888000.0));
    const double middle = 1 / 40320.0 - z * (1 / 3628800.0 - z * tail);
    return 1 + z * (-0.5 + z * (1 / 24.0 + z * (-1 / 720.0 + z * middle)));
}

/* 53 random bits as a fraction of 1, below it. */
ANN_INLINE double ann_fraction(uint32_t a, uint32_t b)
{
    return ((double)(int32_t)(a >> 5) * 67108864.0 + (double)(int32_t)(b >> 6))
           * (1 / 9007199254740992.0);
}

/* A pair of normal numbers from the radius and the angle: the two upper bits of `word` turn it by
 * so many quadrants, `t` is what it is within one, between -1 and 1. */
#define ANN_PAIR(real, suffix, radius, word, t, first, second)                                     \
    do {                                                                                           \
        const int32_t quadrant = (int32_t)((word) >> 30);                                          \
        const real angle = (t) * (real)0.78539816339744831;                                        \
        const real sine = ann_sine_##suffix(angle), cosine = ann_cosine_##suffix(angle);           \
        const real one = quadrant & 1 ? sine : cosine, other = quadrant & 1 ? cosine : sine;       \
        first = (radius) * (one * (real)(1 - ((quadrant + 1) & 2)));                               \
        second = (radius) * (other * (real)(1 - (quadrant & 2)));                                  \
    } while (0)

/* A group of ANN_WORDS numbers: factor * number + shift, or its square root. */
ANN_INLINE void ann_group_f32(const uint32_t *w, float *x, int kind, float factor, float shift)
{
    if (kind == ANN_NORMAL) {
        for (int half = 0; half < ANN_WORDS; half += ANN_WORDS / 2) {
            const uint32_t *u = w + half, *v = u + ANN_LANES;
            float *y = x + half, *z = y + ANN_LANES;
            for (int i = 0; i < ANN_LANES; i++) {
                /* Between 2^-32 and 1. */
                const float part = (float)(int32_t)(u[i] >> 1) * 0x1p-31f + 0x1p-32f;
                const float radius = ann_sqrt_f32(-2.0f * ann_log_f32(part)) * factor;
                float a, b;
                ANN_PAIR(float, f32, radius, v[i], (float)(int32_t)(v[i] << 2) * 0x1p-31f, a, b);
                y[i] = a + shift;
                z[i] = b + shift;
            }
        }
        return;
    }
    for (int i = 0; i < ANN_WORDS; i++)
        x[i] = (float)(int32_t)(w[i] >> 8) * 0x1p-24f * factor + shift;
    if (kind == ANN_ROOT)
        for (int i = 0; i < ANN_WORDS; i++)
            x[i] = ann_sqrt_f32(x[i]);
}

/* Half as many: ANN_WORDS / 2. */
ANN_INLINE void ann_group_f64(const uint32_t *w, double *x, int kind, double factor, double shift)
{
    const uint32_t *b = w + ANN_LANES, *c = b + ANN_LANES, *d = c + ANN_LANES;
    double *y = x + ANN_LANES;
    if (kind == ANN_NORMAL) {
        for (int i = 0; i < ANN_LANES; i++) {
            const double radius = ann_sqrt_f64(-2.0 * ann_log_f64(1.0 - ann_fraction(w[i], b[i])))
                                  * factor;
            const double t = (double)(int32_t)(c[i] << 2) * 0x1p-31
                             + (double)(int32_t)(d[i] >> 1) * 0x1p-60;
            double first, second;
            ANN_PAIR(double, f64, radius, c[i], t, first, second);
            x[i] = first + shift;
            y[i] = second + shift;
        }
        return;
    }
    for (int i = 0; i < ANN_LANES; i++) {
        x[i] = ann_fraction(w[i], b[i]) * factor + shift;
        y[i] = ann_fraction(c[i], d[i]) * factor + shift;
    }
    if (kind == ANN_ROOT)
        for (int i = 0; i < ANN_WORDS / 2; i++)
            x[i] = ann_sqrt_f64(x[i]);
}

/* Fill groups `first` to `last` of an array of n numbers; the last of its groups may be cut. */
#define ANN_DRAW(name, real, suffix, SIZE)                                                         \
    static void name(real *x, ptrdiff_t n, ptrdiff_t first, ptrdiff_t last, uint64_t key,          \
                     uint64_t stream, int kind, real factor, real shift)                           \
    {                                                                                              \
        uint32_t words[ANN_WORDS];                                                                 \
        real group[SIZE];                                                                          \
        for (; first < last; first++) {                                                            \
            const ptrdiff_t left = n - first * (SIZE);                                             \
            real *to = left < (SIZE) ? group : x + first * (SIZE);                                 \
            ann_philox((uint64_t)first, key, stream, words);                                       \
            if (kind == ANN_NORMAL)                                                                \
                ann_group_##suffix(words, to, ANN_NORMAL, factor, shift);                          \
            else                                                                                   \
                ann_group_##suffix(words, to, kind, factor, shift);                                \
            if (left < (SIZE))                                                                     \
                memcpy(x + first * (SIZE), group, (size_t)left * sizeof(real));                    \
        }                                                                                          \
    }
ANN_DRAW(ann_draw_f32, float, f32, ANN_WORDS)
ANN_DRAW(ann_draw_f64, double, f64, ANN_WORDS / 2)

#endif
