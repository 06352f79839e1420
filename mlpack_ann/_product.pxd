"""Matrix products by register blocks, and transposes of planes to pixels; see _product.h."""
from cython cimport floating

cdef extern from *:
    """
    #include "_vector.h"
    """
    const int VECTOR_BYTES

cdef extern from "_product.h":
    # y[r * y_step + l] = start[l] + sum_t x[place[r] + offset[t]] * w[t * w_step + l], for `rows`
    # rows and l < vectors * lanes; with `adds`, y takes the place of start.
    ctypedef struct Product:
        Py_ssize_t rows, vectors, taps
        const void* x
        const void* w
        const void* start
        void* y
        const Py_ssize_t* place
        const Py_ssize_t* offset
        Py_ssize_t w_step, y_step
        bint adds

cdef void multiply(const Product* k, const floating* unused) noexcept nogil
cdef void to_pixels(const floating* planes, Py_ssize_t plane, Py_ssize_t channels, Py_ssize_t n,
                    floating* pixels, Py_ssize_t padded, Py_ssize_t width,
                    Py_ssize_t gap) noexcept nogil
cdef void to_planes(const floating* pixels, Py_ssize_t padded, Py_ssize_t width, Py_ssize_t gap,
                    Py_ssize_t n, floating* planes, Py_ssize_t plane,
                    Py_ssize_t channels) noexcept nogil


cdef inline Py_ssize_t whole_vectors(Py_ssize_t n, Py_ssize_t item) noexcept nogil:
    """Round up to whole vectors of elements of so many bytes."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // item
    return (n + lanes - 1) // lanes * lanes
