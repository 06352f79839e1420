"""Whether this CPU has what the package was compiled for. Itself compiled for any CPU."""

cdef extern from *:
    """
    #if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    #define NEEDS(feature) if (!__builtin_cpu_supports(feature)) return feature;
    #else
    #define NEEDS(feature)
    #endif

    /* setup.py defines FEATURES as NEEDS(...) for each that the other modules use. */
    static const char* first_missing_feature(void) {
        FEATURES
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
