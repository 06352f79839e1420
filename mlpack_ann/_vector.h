/* Vectors as wide as the instruction set has them, for the kernels that keep blocks of them in
   registers. A file that uses them is included once with T = float and once with T = double,
   NAME(f) giving each function its name; it begins with _vector_begin.h and ends with
   _vector_end.h. */
#ifndef MLPACK_ANN_VECTOR_H
#define MLPACK_ANN_VECTOR_H
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
#define UNROLL _Pragma("GCC unroll 16")
#elif defined(_MSC_VER)
#define ALWAYS_INLINE static __forceinline
#define NEVER_INLINE static __declspec(noinline)
#define UNROLL
#else
#define ALWAYS_INLINE static inline
#define NEVER_INLINE static
#define UNROLL
#endif

/* Left to itself gcc loads an operand again for each product it is in: half the speed. */
#if defined(__GNUC__) && defined(__AVX512F__)
#define IN_REGISTER(v) __asm__("" : "+v"(v))
#elif defined(__GNUC__) && defined(__SSE2__)
#define IN_REGISTER(v) __asm__("" : "+x"(v))
#else
#define IN_REGISTER(v) (void)0
#endif

#if defined(__GNUC__)
typedef float vector_float __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
typedef double vector_double __attribute__((vector_size(VECTOR_BYTES), aligned(8), may_alias));
#else                                   /* plain C: the compiler vectorises the loops over lanes */
typedef struct { float lane[VECTOR_BYTES / 4]; } vector_float;
typedef struct { double lane[VECTOR_BYTES / 8]; } vector_double;
#define VECTOR_FUNCTIONS(T) \
    static inline vector_##T load_##T(const T *p) \
    { vector_##T v; memcpy(&v, p, sizeof v); return v; } \
    static inline vector_##T spread_##T(T a) \
    { \
        vector_##T v; \
        for (int l = 0; l < VECTOR_BYTES / (int)sizeof(T); l++) v.lane[l] = a; \
        return v; \
    }
VECTOR_FUNCTIONS(float)
VECTOR_FUNCTIONS(double)
#endif

/* Where the i-th of so many nearly equal parts of n begins. */
static inline ptrdiff_t ann_part(ptrdiff_t n, ptrdiff_t i, ptrdiff_t parts)
{
    return n * i / parts;
}
#endif
