"""Matrix products by NumPy's BLAS, and the row operations that go with them."""
from cython cimport floating
from numpy cimport ndarray


cdef extern from "numpy/arrayobject.h":
    object PyArray_MatrixProduct2(object a, object b, ndarray out)


cdef inline int product(object a, object b, ndarray out) except -1:
    """out = a @ b, for matrices or transposed views of them."""
    PyArray_MatrixProduct2(a, b, out)
    return 0


cdef inline void add_to_rows(floating[:, ::1] y, const floating[::1] row) noexcept nogil:
    """y += row, for every row of y."""
    cdef Py_ssize_t i, j
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] = y[i, j] + row[j]


cdef inline void sum_of_rows(const floating[:, ::1] x, floating[::1] total) noexcept nogil:
    """total = the sum of the rows of x."""
    cdef Py_ssize_t i, j
    for j in range(total.shape[0]):
        total[j] = 0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total[j] = total[j] + x[i, j]
