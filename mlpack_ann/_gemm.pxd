"""Matrix products by NumPy's BLAS, and the row operations that go with them."""
from cython cimport floating
from numpy cimport (NPY_DOUBLE, NPY_FLOAT, PyArray_CopyInto, PyArray_DIM, PyArray_Transpose,
                    PyArray_TYPE, ndarray)

from mlpack_ann._arrays cimport flat


cdef extern from "numpy/arrayobject.h":
    object PyArray_MatrixProduct(object a, object b)
    object PyArray_MatrixProduct2(object a, object b, ndarray out)

cdef enum:
    FEW = 64                            # rows that BLAS multiplies slowly by a transposed matrix


cdef inline int product(ndarray a, ndarray b, ndarray out) except -1:
    """out = a @ b, for matrices or transposed views of them."""
    if PyArray_DIM(a, 1) != 1:
        PyArray_MatrixProduct2(a, b, out)
    elif PyArray_TYPE(out) == NPY_DOUBLE:
        outer_product[double](flat(a), flat(b), out)
    else:
        outer_product[float](flat(a), flat(b), out)
    return 0


cdef inline int product_by_transposed(ndarray a, ndarray b, ndarray out) except -1:
    """out = a @ b.T, for matrices."""
    if PyArray_TYPE(out) == NPY_FLOAT and 1 < PyArray_DIM(a, 0) <= FEW:
        PyArray_CopyInto(out, transposed(PyArray_MatrixProduct(b, transposed(a))))
        return 0
    return product(a, transposed(b), out)


cdef inline ndarray transposed(ndarray a):
    """Return a view."""
    return PyArray_Transpose(a, NULL)


cdef inline void outer_product(const floating[::1] a, const floating[::1] b,
                               floating[:, ::1] out) noexcept nogil:
    """out = a column by a row, which BLAS would copy first."""
    cdef Py_ssize_t i, j
    for i in range(a.shape[0]):
        for j in range(b.shape[0]):
            out[i, j] = a[i] * b[j]


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
