"""How the modules in use were compiled, as the compiler itself told: one answer per variant."""

cdef extern from *:
    """
    #if defined(__AVX512F__)
    #define VECTOR_BITS 512
    #elif defined(__AVX__)
    #define VECTOR_BITS 256
    #elif defined(__SSE2__) || defined(_M_X64) || defined(__ARM_NEON) || defined(_M_ARM64)
    #define VECTOR_BITS 128
    #else
    #define VECTOR_BITS 0
    #endif

    #if defined(__clang__)
    #define COMPILER __VERSION__
    #elif defined(__GNUC__)
    #define COMPILER "GCC " __VERSION__
    #elif defined(_MSC_VER)
    #define TEXT_OF(number) #number
    #define COMPILER_TEXT(number) "MSVC " TEXT_OF(number)
    #define COMPILER COMPILER_TEXT(_MSC_VER)
    #else
    #define COMPILER "unknown"
    #endif

    #if defined(_OPENMP)
    #define OPENMP_DATE _OPENMP
    #else
    #define OPENMP_DATE 0
    #endif
    """
    const char* ANN_VARIANT             # setup.py defines it
    const char* COMPILER_NAME "COMPILER"
    const int BITS "VECTOR_BITS"
    const int OPENMP_DATE

VARIANT = ANN_VARIANT.decode()
COMPILER = COMPILER_NAME.decode()
VECTOR_BITS = BITS
OPENMP = OPENMP_DATE                    # year and month of the standard, 0 without
