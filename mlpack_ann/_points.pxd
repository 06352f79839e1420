"""How the points of a batch are read: as (channels, ...) or flat, and how large they are."""
from mlpack_ann._validation cimport MAX_NDIM, Shape


cdef inline bint read_point(const Shape* batch, tuple dimensions, Py_ssize_t channels,
                            Shape* point) except? 0:
    """Fill in the axes of a point; False if the batch cannot be read so.

    A flat point (batch, features) has the axes `dimensions` if those are set; else `channels`
    (0: not known) runs of features // channels elements, mlpack's form.
    """
    cdef Py_ssize_t size = 1
    cdef int i
    if batch.ndim < 2:
        return False
    if batch.ndim == 2 and dimensions is not None:
        if len(dimensions) > MAX_NDIM:
            return False
        point.ndim = <int>len(dimensions)
        for i in range(point.ndim):
            point.dims[i] = dimensions[i]
            size *= point.dims[i]
            if size > batch.dims[1]:
                return False
        return size == batch.dims[1]
    if batch.ndim == 2 and channels > 0 and batch.dims[1] % channels == 0:
        point.ndim = 2
        point.dims[0], point.dims[1] = channels, batch.dims[1] // channels
        return True
    point.ndim = batch.ndim - 1
    for i in range(point.ndim):
        point.dims[i] = batch.dims[1 + i]
    return True


cdef inline Py_ssize_t point_size(const Shape* batch) noexcept:
    """Elements of a point."""
    cdef Py_ssize_t size = 1
    cdef int i
    for i in range(1, batch.ndim):
        size *= batch.dims[i]
    return size
