"""Matrix products of the linear layers, and the sums that go with them; see _gemm.pyx."""
from numpy cimport ndarray

from mlpack_ann._scratch cimport Scratch

# Matrices are C-contiguous and of one dtype.
cdef int product(ndarray a, ndarray b, ndarray bias, ndarray out, Scratch scratch) except -1
cdef int product_by_transposed(ndarray a, ndarray b, ndarray out, Scratch scratch) except -1
cdef int transposed_product(ndarray a, ndarray b, ndarray out, Scratch scratch) except -1
cdef int sum_of_rows(ndarray x, ndarray total) except -1
