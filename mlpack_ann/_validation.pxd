"""Fast paths of the checks: an array that is fine already passes without a Python call."""
from numpy cimport (NPY_DOUBLE, NPY_FLOAT, PyArray_CheckExact, PyArray_DATA, PyArray_DIM,
                    PyArray_EMPTY, PyArray_ISCARRAY, PyArray_ISCARRAY_RO, PyArray_NBYTES,
                    PyArray_NDIM, PyArray_TYPE, ndarray, npy_intp)

cdef enum:
    MAX_NDIM = 64                       # NumPy's own limit
    ANY_FLOAT = -1                      # float32 or float64, whatever comes

cdef struct Shape:
    int ndim
    npy_intp dims[MAX_NDIM]

cdef ndarray convert_input(object array, int typenum, object owner, str name)
cdef ndarray convert_operand(object array, const Shape* shape, int typenum, object owner, str name)
cdef ndarray convert_output(object array, const Shape* shape, int typenum, object owner, str name)
cdef int refuse_overlap(object owner, str name, str other) except -1
cdef int shape_of(object shape, Shape* result, object owner, str name) except -1
cdef tuple as_tuple(const Shape* shape)


cdef inline bint is_float(ndarray a, int typenum) noexcept:
    cdef int own = PyArray_TYPE(a)
    return own == typenum or (typenum == ANY_FLOAT and (own == NPY_DOUBLE or own == NPY_FLOAT))


cdef inline void read_shape(ndarray a, Shape* shape) noexcept:
    cdef int i
    shape.ndim = PyArray_NDIM(a)
    for i in range(shape.ndim):
        shape.dims[i] = PyArray_DIM(a, i)


cdef inline bint has_shape(ndarray a, const Shape* shape) noexcept:
    cdef int i
    if PyArray_NDIM(a) != shape.ndim:
        return False
    for i in range(shape.ndim):
        if PyArray_DIM(a, i) != shape.dims[i]:
            return False
    return True


cdef inline ndarray as_input(object array, int typenum, object owner, str name):
    """Return `array` as a C-contiguous float array of this type, without a copy if it is one."""
    if (PyArray_CheckExact(array) and PyArray_ISCARRAY_RO(<ndarray>array)
            and is_float(<ndarray>array, typenum)):
        return <ndarray>array
    return convert_input(array, typenum, owner, name)


cdef inline ndarray as_operand(object array, const Shape* shape, int typenum, object owner,
                               str name):
    """As :func:`as_input`, of exactly this shape."""
    if (PyArray_CheckExact(array) and PyArray_ISCARRAY_RO(<ndarray>array)
            and PyArray_TYPE(<ndarray>array) == typenum and has_shape(<ndarray>array, shape)):
        return <ndarray>array
    return convert_operand(array, shape, typenum, owner, name)


cdef inline ndarray as_output(object array, Shape* shape, int typenum, object owner, str name):
    """Return the array to write to: the given one once checked, or a new one for None."""
    if array is None:
        return PyArray_EMPTY(shape.ndim, shape.dims, typenum, 0)
    if (PyArray_CheckExact(array) and PyArray_ISCARRAY(<ndarray>array)
            and PyArray_TYPE(<ndarray>array) == typenum and has_shape(<ndarray>array, shape)):
        return <ndarray>array
    return convert_output(array, shape, typenum, owner, name)


cdef inline int check_apart(ndarray out, ndarray other, object owner, str name,
                            str other_name) except -1:
    """Refuse an output that shares memory with an input; both are C-contiguous."""
    cdef char* a = <char*>PyArray_DATA(out)
    cdef char* b = <char*>PyArray_DATA(other)
    if a < b + PyArray_NBYTES(other) and b < a + PyArray_NBYTES(out):
        return refuse_overlap(owner, name, other_name)
    return 0
