"""What the layers share that map each point as a row of features."""
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_NBYTES, PyArray_SIZE,
                    PyArray_TYPE, import_array, ndarray)

from mlpack_ann._parallel cimport in_parts
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

import_array()

cdef extern from "_stream.h":
    const Py_ssize_t ANN_STREAM_BYTES

cdef enum:
    WEIGHT = 2                              # of an element, with exp or without


cdef struct Task:
    const RowMaps* maps
    bint wide, streamed                     # float64; written past the caches
    Py_ssize_t n
    const void* x
    const void* y                           # backward only
    const void* gy
    void* out


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.gy is NULL and t.wide:
        t.maps.forward64(<const double*>t.x, <double*>t.out, start, stop, t.n, t.streamed)
    elif t.gy is NULL:
        t.maps.forward32(<const float*>t.x, <float*>t.out, start, stop, t.n, t.streamed)
    elif t.wide:
        t.maps.backward64(<const double*>t.x, <const double*>t.y, <const double*>t.gy,
                          <double*>t.out, start, stop, t.n, t.streamed)
    else:
        t.maps.backward32(<const float*>t.x, <const float*>t.y, <const float*>t.gy,
                          <float*>t.out, start, stop, t.n, t.streamed)


cdef inline void run(Task* t, ndarray x, ndarray out) noexcept:
    cdef Py_ssize_t rows = PyArray_DIM(x, 0)
    if PyArray_SIZE(x) == 0:
        return
    t.n = PyArray_SIZE(x) // rows
    t.wide, t.streamed = PyArray_TYPE(x) == NPY_DOUBLE, PyArray_NBYTES(out) >= ANN_STREAM_BYTES
    t.x, t.out = PyArray_DATA(x), PyArray_DATA(out)
    in_parts(work, t, rows, <double>WEIGHT * t.n)


cdef class RowLayer(Layer):
    """A layer of (batch, features, ...): all axes of a point are its features, in C order.

    A class sets `_maps` to its kernels.
    """
    cdef bint _complete(self):
        return self._maps.forward64 is not NULL

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        if inner.ndim < 2:
            return self._refuse_shape(inner, "(batch, features, ...)")
        outer[0] = inner[0]
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Task t
        t.maps, t.y, t.gy = &self._maps, NULL, NULL
        run(&t, x, y)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Task t
        t.maps, t.y, t.gy = &self._maps, PyArray_DATA(y), PyArray_DATA(gy)
        run(&t, x, g)
        return 0
