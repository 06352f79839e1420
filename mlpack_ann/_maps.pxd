"""Run the loops of an elementwise function over whole arrays, by threads and past the caches."""
from numpy cimport ndarray

from mlpack_ann._elementwise cimport Maps

# The arrays are checked, C-contiguous, of one dtype and one size.
cdef int run_forward(const Maps* maps, ndarray x, ndarray y, double a, double b) except -1
cdef int run_deriv(const Maps* maps, ndarray x, ndarray y, ndarray dy, double a,
                   double b) except -1
cdef int run_backward(const Maps* maps, ndarray x, ndarray y, ndarray gy, ndarray g, double a,
                      double b) except -1
