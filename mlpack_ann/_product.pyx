"""Matrix products by register blocks, and transposes of planes to pixels; see _product.h."""
from cython cimport floating

cdef extern from *:
    """
    #define T float
    #define NAME(f) f##_float
    #include "_product.h"
    #undef T
    #undef NAME
    #define T double
    #define NAME(f) f##_double
    #include "_product.h"
    #undef T
    #undef NAME
    """
    void product_float(const Product*) noexcept nogil
    void product_double(const Product*) noexcept nogil
    void to_pixels_float(const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t, float*, Py_ssize_t,
                         Py_ssize_t, Py_ssize_t) noexcept nogil
    void to_pixels_double(const double*, Py_ssize_t, Py_ssize_t, Py_ssize_t, double*, Py_ssize_t,
                          Py_ssize_t, Py_ssize_t) noexcept nogil
    void to_planes_float(const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, float*,
                         Py_ssize_t, Py_ssize_t) noexcept nogil
    void to_planes_double(const double*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, double*,
                          Py_ssize_t, Py_ssize_t) noexcept nogil


cdef void multiply(const Product* k, const floating* unused) noexcept nogil:
    """Compute a product of this type."""
    if floating is float:
        product_float(k)
    else:
        product_double(k)


cdef void to_pixels(const floating* planes, Py_ssize_t plane, Py_ssize_t channels, Py_ssize_t n,
                    floating* pixels, Py_ssize_t padded, Py_ssize_t width,
                    Py_ssize_t gap) noexcept nogil:
    """From n pixels of planes, `plane` apart, to pixels of `padded` channels (whole vectors), in
    rows of `width` with `gap` elements between two; channels that are not there are 0."""
    if floating is float:
        to_pixels_float(planes, plane, channels, n, pixels, padded, width, gap)
    else:
        to_pixels_double(planes, plane, channels, n, pixels, padded, width, gap)


cdef void to_planes(const floating* pixels, Py_ssize_t padded, Py_ssize_t width, Py_ssize_t gap,
                    Py_ssize_t n, floating* planes, Py_ssize_t plane,
                    Py_ssize_t channels) noexcept nogil:
    """The way back from `to_pixels`."""
    if floating is float:
        to_planes_float(pixels, padded, width, gap, n, planes, plane, channels)
    else:
        to_planes_double(pixels, padded, width, gap, n, planes, plane, channels)


# Fused functions are exported only if they are used here.
cdef void* used[6]
used[:] = [<void*>multiply[float], <void*>multiply[double], <void*>to_pixels[float],
           <void*>to_pixels[double], <void*>to_planes[float], <void*>to_planes[double]]
