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


cdef double total_map(const floating[::1] p, const floating[::1] t, floating a,
                      floating b) noexcept nogil:
    cdef floating block[BLOCK]
    cdef double total = 0
    cdef Py_ssize_t start = 0, i, size
    while start < p.shape[0]:
        size = min(<Py_ssize_t>BLOCK, p.shape[0] - start)
        for i in range(size):
            block[i] = term(p[start + i], t[start + i], a, b)
        total += sum_(&block[0], size)
        start += size
    return total


cdef double wide_total(const float[::1] p, const float[::1] t, double a, double b) noexcept nogil:
    """The total of float32 arrays whose terms are too large for float32."""
    cdef double total = 0
    cdef Py_ssize_t i
    for i in range(p.shape[0]):
        total += term(<double>p[i], <double>t[i], a, b)
    return total


cdef void term_map(const floating[::1] p, const floating[::1] t, floating[::1] terms, floating a,
                   floating b) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(p.shape[0]):
        terms[i] = term(p[i], t[i], a, b)


cdef void slope_map(const floating[::1] p, const floating[::1] t, floating[::1] g, floating scale,
                    floating a, floating b) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(p.shape[0]):
        g[i] = scale * slope(p[i], t[i], a, b)


cdef inline LossMaps loss_maps() noexcept:
    return LossMaps(total_map[float], total_map[double], wide_total, term_map[float],
                    term_map[double], slope_map[float], slope_map[double])
