"""A batch as a matrix: one row per point, however many axes a point has."""
from numpy cimport PyArray_DIM, PyArray_NDIM, ndarray


cdef inline ndarray as_rows(ndarray a):
    """Return a view of shape (batch, features per point) of a C-contiguous array."""
    cdef Py_ssize_t features = 1
    cdef int i
    if PyArray_NDIM(a) == 2:
        return a
    for i in range(1, PyArray_NDIM(a)):
        features *= PyArray_DIM(a, i)
    return (<object>a).reshape(PyArray_DIM(a, 0), features)
