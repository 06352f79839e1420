"""The NumPy names and views that hooks need to hand checked arrays to their kernels."""
from cython cimport floating
from numpy cimport (NPY_CORDER, NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_NDIM, PyArray_Ravel,
                    PyArray_TYPE, import_array, ndarray)


cdef inline ndarray flat(ndarray a):
    """Return a 1-d view of a C-contiguous array."""
    return PyArray_Ravel(a, NPY_CORDER)
