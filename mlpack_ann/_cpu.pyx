"""Whether this CPU has what the package was compiled for. Itself compiled for any CPU."""

cdef extern from *:
    """
    #if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    #define NEEDS(feature) if (!__builtin_cpu_supports(feature)) return feature;
    #else
    #define NEEDS(feature)
    #endif

    /* setup.py defines REQUIRES_... for the instruction sets of the other modules. */
    static const char* first_missing_feature(void) {
    #ifdef REQUIRES_AVX
        NEEDS("avx")
    #endif
    #ifdef REQUIRES_AVX2
        NEEDS("avx2")
    #endif
    #ifdef REQUIRES_FMA
        NEEDS("fma")
    #endif
    #ifdef REQUIRES_AVX512F
        NEEDS("avx512f")
    #endif
    #ifdef REQUIRES_AVX512VL
        NEEDS("avx512vl")
    #endif
    #ifdef REQUIRES_AVX512BW
        NEEDS("avx512bw")
    #endif
    #ifdef REQUIRES_AVX512DQ
        NEEDS("avx512dq")
    #endif
        return "";
    }
    """
    const char* first_missing_feature()
    const char* TARGET


def require():
    """Raise ImportError if the package was compiled for another CPU than this one."""
    missing = first_missing_feature().decode()
    if missing:
        raise ImportError(f"mlpack_ann was built for {TARGET.decode()!r}, which needs {missing}; "
                          "this CPU lacks it. Build it on this machine, or with "
                          "MLPACK_ANN_TARGET=x86-64")
