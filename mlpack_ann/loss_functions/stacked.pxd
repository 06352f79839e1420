"""Predictions that stack two equal halves along their second axis."""
from mlpack_ann._validation cimport Shape


cdef inline bint halve(const Shape* shape, Shape* half) noexcept:
    """Fill in the shape of one half; False if there are no two."""
    cdef int i
    if shape.ndim < 2 or shape.dims[1] % 2:
        return False
    half.ndim = shape.ndim
    for i in range(shape.ndim):
        half.dims[i] = shape.dims[i]
    half.dims[1] //= 2
    return True
