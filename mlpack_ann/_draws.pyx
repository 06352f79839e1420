"""Random numbers into given arrays, uniform and normal.

NumPy's generator draws in the array's own dtype, block by block, and each block is scaled while it
is in the first cache. The same seed gives the same numbers for a number of elements and a dtype.
"""
from cython cimport floating
from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_SIZE, PyArray_TYPE, import_array, ndarray

from mlpack_ann._arrays cimport flat

import_array()

cdef enum:
    BLOCK = 4096                            # elements


cdef inline void scale(floating* x, Py_ssize_t n, floating factor, floating shift) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        x[i] = x[i] * factor + shift


cdef int draw(object method, ndarray out, double factor, double shift) except -1:
    cdef ndarray block, all_ = flat(out)
    cdef Py_ssize_t start, n = PyArray_SIZE(out)
    dtype = out.dtype
    for start in range(0, n, BLOCK):
        block = all_[start:start + BLOCK]
        method(dtype=dtype, out=block)
        if factor == 1 and shift == 0:
            continue
        if PyArray_TYPE(out) == NPY_DOUBLE:
            scale(<double*>PyArray_DATA(block), PyArray_SIZE(block), factor, shift)
        else:
            scale(<float*>PyArray_DATA(block), PyArray_SIZE(block), <float>factor, <float>shift)
    return 0


cdef int draw_uniform(object generator, ndarray out, double low, double high) except -1:
    """Fill `out` with numbers between `low` and `high`."""
    return draw(generator.random, out, high - low, low)


cdef int draw_normal(object generator, ndarray out, double mean, double deviation) except -1:
    """Fill `out` with normal numbers of this mean and standard deviation."""
    return draw(generator.standard_normal, out, deviation, mean)
