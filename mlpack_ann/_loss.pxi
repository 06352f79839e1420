# The loops of a loss with a term per element and parameters a and b, to be included at module
# level.
#
# The file has defined, for one element of the fused type `floating`, the prediction p and target t:
#     term(p, t, a, b)      the value
#     slope(p, t, a, b)     its derivative by p
# and gets `loss_maps()`, which its class hands to the base class.
from mlpack_ann._elementwise_loss cimport LossMaps
from mlpack_ann._reduce cimport sum_

cdef enum:
    BLOCK = 1024                            # terms summed at a time: stays in the first cache


cdef double total_map(const floating* p, const floating* t, Py_ssize_t n, floating a,
                      floating b) noexcept nogil:
    cdef floating block[BLOCK]
    cdef double total = 0
    cdef Py_ssize_t start = 0, i, size
    while start < n:
        size = min(<Py_ssize_t>BLOCK, n - start)
        for i in range(size):
            block[i] = term(p[start + i], t[start + i], a, b)
        total += sum_(&block[0], size)
        start += size
    return total


cdef double wide_total(const float* p, const float* t, Py_ssize_t n, double a,
                       double b) noexcept nogil:
    """The total of float32 arrays whose terms are too large for float32."""
    cdef double total = 0
    cdef Py_ssize_t i
    for i in range(n):
        total += term(<double>p[i], <double>t[i], a, b)
    return total


cdef void term_map(const floating* p, const floating* t, floating* terms, Py_ssize_t n, floating a,
                   floating b) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        terms[i] = term(p[i], t[i], a, b)


cdef void slope_map(const floating* p, const floating* t, floating* g, Py_ssize_t n,
                    floating scale, floating a, floating b) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        g[i] = scale * slope(p[i], t[i], a, b)


cdef inline LossMaps loss_maps() noexcept:
    return LossMaps(total_map[float], total_map[double], wide_total, term_map[float],
                    term_map[double], slope_map[float], slope_map[double])
