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
cdef ndarray convert_target(object array, int typenum, object owner, str name)
cdef int refuse_shape(ndarray array, const Shape* shape, object owner, str name) except -1
cdef int check_bounds(ndarray out, ndarray given, object owner, str name, str other) except -1
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


cdef inline ndarray as_target(object array, int typenum, object owner, str name):
    """Return the array to write to, or None for None; its shape is still to be checked."""
    if array is None or (PyArray_CheckExact(array) and PyArray_ISCARRAY(<ndarray>array)
                         and PyArray_TYPE(<ndarray>array) == typenum):
        return <ndarray>array
    return convert_target(array, typenum, owner, name)


cdef inline int check_shape(ndarray array, const Shape* shape, object owner, str name) except -1:
    """Refuse an array of another shape."""
    return 0 if has_shape(array, shape) else refuse_shape(array, shape, owner, name)


cdef inline ndarray of_shape(ndarray target, Shape* shape, int typenum, object owner, str name):
    """Return an :func:`as_target` of this shape: the given one, or a new one for None."""
    if target is None:
        return PyArray_EMPTY(shape.ndim, shape.dims, typenum, 0)
    check_shape(target, shape, owner, name)
    return target


cdef inline ndarray as_operand(object array, const Shape* shape, int typenum, object owner,
                               str name):
    """As :func:`as_input`, of exactly this shape."""
    cdef ndarray result = as_input(array, typenum, owner, name)
    check_shape(result, shape, owner, name)
    return result


cdef inline ndarray as_output(object array, Shape* shape, int typenum, object owner, str name):
    """Return the array to write to: the given one once checked, or a new one for None."""
    return of_shape(as_target(array, typenum, owner, name), shape, typenum, owner, name)


cdef inline int check_apart(ndarray out, ndarray other, object given, object owner, str name,
                            str other_name) except -1:
    """Refuse an output that shares memory with an input: `other`, which was made of `given`. Both
    are C-contiguous."""
    cdef char* a = <char*>PyArray_DATA(out)
    cdef char* b = <char*>PyArray_DATA(other)
    if a < b + PyArray_NBYTES(other) and b < a + PyArray_NBYTES(out):
        return refuse_overlap(owner, name, other_name)
    if other is not given and isinstance(given, ndarray):
        return check_bounds(out, given, owner, name, other_name)
    return 0
