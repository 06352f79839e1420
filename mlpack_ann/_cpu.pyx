"""What the package was compiled for, and what of that this CPU has. Compiled for any CPU."""

cdef extern from *:
    """
    #include <string.h>

    #if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    #define NEEDS(feature) if (!__builtin_cpu_supports(feature)) return feature;
    #else
    #define NEEDS(feature)
    #endif
    #define VARIANT(name, needs) if (strcmp(variant, name) == 0) { needs }

    /* setup.py defines ANN_VARIANTS as VARIANT("name", NEEDS("feature") ...) for each. */
    static const char *first_missing_feature(const char *variant)
    {
        ANN_VARIANTS
        return "";
    }
    """
    const char* first_missing_feature(const char* variant)
    const char* ANN_TARGET
    const char* ANN_NAMES

TARGET = ANN_TARGET.decode()
VARIANTS = ANN_NAMES.decode().split()       # the best first


def missing(variant):
    """Return the first feature that a variant's code uses and this CPU lacks, or ""."""
    return first_missing_feature(variant.encode()).decode()
