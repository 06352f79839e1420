# As _activation.pxi, for a function that has an inverse: the file has defined inv(y) too, and gets
# `inverse()` beside `maps()`.
from mlpack_ann.activation_functions.invertible_activation cimport InverseMaps

include "_activation.pxi"


cdef void inverse_map(const floating[::1] y, floating[::1] x) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(y.shape[0]):
        x[i] = inv(y[i])


cdef inline InverseMaps inverse() noexcept:
    return InverseMaps(inverse_map[float], inverse_map[double])
