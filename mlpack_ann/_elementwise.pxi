# The loops of an elementwise function with parameters a and b, to be included at module level.
#
# The file has defined, for one element of the fused type `floating`:
#     f(x, a, b)        the value
#     df(x, y, a, b)    the derivative, where y = f(x)
# and gets `maps()`, which its class hands to the base class. Cython has no templates; including the
# loops lets the compiler inline the formula and vectorise.
from mlpack_ann._elementwise cimport Maps


cdef void forward_map(const floating* x, floating* y, Py_ssize_t n, floating a,
                      floating b) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = f(x[i], a, b)


cdef void deriv_map(const floating* x, const floating* y, floating* dy, Py_ssize_t n, floating a,
                    floating b) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        dy[i] = df(x[i], y[i], a, b)


cdef void backward_map(const floating* x, const floating* y, const floating* gy, floating* g,
                       Py_ssize_t n, floating a, floating b) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        g[i] = gy[i] * df(x[i], y[i], a, b)


cdef inline Maps maps() noexcept:
    # Field by field: a call of Maps would compile wrappers of the functions for Python, too.
    cdef Maps loops
    loops.forward32, loops.forward64 = forward_map[float], forward_map[double]
    loops.deriv32, loops.deriv64 = deriv_map[float], deriv_map[double]
    loops.backward32, loops.backward64 = backward_map[float], backward_map[double]
    return loops
