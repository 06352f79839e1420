"""What the layers share that merge others' outputs: sums, products, and runs side by side."""
from numpy cimport ndarray

# Arrays are C-contiguous. Other dtypes or sizes than expected are a RuntimeError: layers may change
# while they are run.
cdef int add_to(ndarray x, ndarray y) except -1
cdef int add(ndarray a, ndarray b, ndarray y) except -1
cdef int multiply(ndarray a, ndarray b, ndarray y) except -1
cdef int put(ndarray part, ndarray whole, Py_ssize_t rows, Py_ssize_t start) except -1
cdef int take(ndarray whole, ndarray part, Py_ssize_t rows, Py_ssize_t start) except -1
cdef bint same_bits(ndarray a, ndarray b) noexcept
