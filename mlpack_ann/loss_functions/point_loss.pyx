"""What the losses with a term per point share: the hook that goes from point to point.

Limited by a point's function. Value and derivative of a point are made one after the other, while
it is in the first cache. Derivatives above 12 MB are written past the caches (_stream.h).
"""
from cython cimport floating
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_NBYTES, PyArray_SIZE,
                    PyArray_TYPE, import_array, ndarray)

from mlpack_ann._chunks cimport CHUNKS, LEAST, chunk_of, chunks_of, in_order
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._validation cimport Shape
from mlpack_ann.loss_functions.loss cimport Loss

import_array()

cdef extern from "_stream.h" nogil:
    const Py_ssize_t ANN_STREAM_BYTES
    void ann_stream(void* to, const void* source, Py_ssize_t size)
    void ann_stream_end()

cdef enum:
    BLOCK = 1024                            # elements computed before they are written past caches


cdef struct Task:
    const PointMaps* maps
    const double* options
    bint wide, streamed                     # float64; written past the caches
    bint valued                             # whether points' values are asked for
    const void* p
    const void* t
    void* terms                             # NULL if not asked for
    void* g                                 # NULL if not asked for
    double scale
    Py_ssize_t count, size, target          # points; elements of a prediction, of a target
    Py_ssize_t chunk
    double[CHUNKS] totals


cdef inline double point_of(const Task* task, const floating* p, const floating* t, floating* g,
                            Py_ssize_t i) noexcept nogil:
    """Value of point i, and its derivative unless g is NULL."""
    p, t = p + i * task.size, t + i * task.target
    if floating is double:
        return task.maps.point64(p, t, g, task.size, task.scale, task.valued, task.options)
    else:
        return task.maps.point32(p, t, g, task.size, task.scale, task.valued, task.options)


cdef inline void terms_of(const Task* task, const floating* p, const floating* t, floating* terms,
                          Py_ssize_t i) noexcept nogil:
    """Write all terms of point i."""
    p, t = p + i * task.size, t + i * task.target
    if floating is double:
        task.maps.terms64(p, t, terms + i * task.target, task.size, task.options)
    else:
        task.maps.terms32(p, t, terms + i * task.target, task.size, task.options)


cdef double walk(const Task* task, const floating* p, const floating* t, floating* terms,
                 floating* g, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef floating[BLOCK] block
    cdef double total = 0, value
    cdef Py_ssize_t i, done = 0             # points of the block
    cdef floating* out = NULL
    for i in range(start, stop):
        if g is not NULL:
            out = &block[0] + done * task.size if task.streamed else g + i * task.size
        if g is not NULL or task.valued:
            value = point_of(task, p, t, out, i)
            total += value
            if terms is not NULL and task.maps.terms64 is NULL:
                terms[i] = <floating>value
        if terms is not NULL and task.maps.terms64 is not NULL:
            terms_of(task, p, t, terms, i)
        if task.streamed:
            done += 1
            if (done + 1) * task.size > BLOCK or i + 1 == stop:
                ann_stream(g + (i + 1 - done) * task.size, block,
                           done * task.size * sizeof(floating))
                done = 0
    if task.streamed:
        ann_stream_end()
    return total


cdef void work(void* of, int part, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    cdef Task* task = <Task*>of
    cdef Py_ssize_t i, start, stop
    for i in range(first, last):
        start = i * task.chunk
        stop = min(start + task.chunk, task.count)
        if task.wide:
            task.totals[i] = walk(task, <const double*>task.p, <const double*>task.t,
                                  <double*>task.terms, <double*>task.g, start, stop)
        else:
            task.totals[i] = walk(task, <const float*>task.p, <const float*>task.t,
                                  <float*>task.terms, <float*>task.g, start, stop)


cdef class PointLoss(Loss):
    """A loss of one formula per point.

    A class sets `_maps` to its functions of one point, and `_options` to the numbers they need.
    """
    cdef bint _complete(self):
        return self._maps.point64 is not NULL

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        terms.ndim = 1
        terms.dims[0] = shape.dims[0]
        return 0

    cdef double _compute(self, ndarray p, ndarray t, ndarray terms, ndarray g, double scale,
                         bint summed) except *:
        cdef Task task
        cdef int chunks
        task.maps, task.options = &self._maps, self._options
        task.valued = summed or terms is not None and self._maps.terms64 is NULL
        task.wide, task.scale = PyArray_TYPE(p) == NPY_DOUBLE, scale
        task.p, task.t = PyArray_DATA(p), PyArray_DATA(t)
        task.terms = NULL if terms is None else PyArray_DATA(terms)
        task.g = NULL if g is None else PyArray_DATA(g)
        task.count = PyArray_DIM(p, 0)
        if task.count == 0:
            return 0
        task.size, task.target = PyArray_SIZE(p) // task.count, PyArray_SIZE(t) // task.count
        task.streamed = (task.g is not NULL and PyArray_NBYTES(g) >= ANN_STREAM_BYTES
                         and task.size <= BLOCK)
        task.chunk = chunk_of(task.count, LEAST // max(<Py_ssize_t>1, task.size) + 1)
        chunks = chunks_of(task.count, task.chunk)
        in_parts(work, &task, chunks, self._maps.weight * task.chunk * task.size)
        return in_order(task.totals, chunks)
