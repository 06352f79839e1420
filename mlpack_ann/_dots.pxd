"""Inner products of two vectors, in double precision, of which no square overflows or vanishes."""
from cython cimport floating

from mlpack_ann._math cimport fabs_, maximum_
from mlpack_ann._reduce cimport products_

cdef struct Dots:
    double pp, pt, tt                   # products of the vectors divided by their scales
    double p_scale, t_scale             # 1 for vectors of a usual length, else the largest element


cdef inline double largest(const floating* x, Py_ssize_t n) noexcept nogil:
    """Largest absolute value, at least the smallest normal number; NaN if there is one."""
    cdef double result = 2.2250738585072014e-308
    cdef Py_ssize_t i
    for i in range(n):
        result = maximum_(result, fabs_(<double>x[i]))
    return result


cdef inline Dots scaled_dots(const floating* p, const floating* t, Py_ssize_t n, double p_scale,
                             double t_scale) noexcept nogil:
    cdef Dots dots = Dots(0, 0, 0, p_scale, t_scale)
    products_(p, t, n, 1 / p_scale, 1 / t_scale, &dots.pp, &dots.pt, &dots.tt)
    return dots


cdef inline bint is_usual(const Dots* dots) noexcept nogil:
    return 1e-200 < dots.pp < 1e200 and 1e-200 < dots.tt < 1e200


cdef inline Dots dots_of(const floating* p, const floating* t, Py_ssize_t n) noexcept nogil:
    cdef Dots dots = scaled_dots(p, t, n, 1, 1)
    if not is_usual(&dots):
        dots = scaled_dots(p, t, n, largest(p, n), largest(t, n))
    return dots
