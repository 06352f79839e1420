"""What the losses that take class labels share: the labels' check, the gradient and the walk.

Limited by memory: a value reads one element per point, wherever its label is; a derivative is a
clear and a scatter, written past the caches from 12 MB (_stream.h).
"""
import numpy as np

from cython cimport floating
from libc.string cimport memset
from numpy cimport (NPY_DOUBLE, NPY_INTP, PyArray_Cast, PyArray_CheckExact, PyArray_DATA,
                    PyArray_DIM, PyArray_ISCARRAY_RO, PyArray_NBYTES, PyArray_NDIM, PyArray_TYPE,
                    PyTypeNum_ISINTEGER, import_array, ndarray, npy_intp)

from mlpack_ann._chunks cimport CHUNKS, LEAST, chunk_of, chunks_of, in_order
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._validation import as_array
from mlpack_ann._validation cimport Shape, as_tuple
from mlpack_ann.loss_functions.loss cimport Loss

import_array()

cdef extern from "_stream.h" nogil:
    const Py_ssize_t ANN_STREAM_BYTES
    void ann_stream(void* to, const void* source, Py_ssize_t size)
    void ann_stream_end()

cdef enum:
    BLOCK = 1024                            # elements made before they are written past caches


cdef bint all_within(const npy_intp* labels, npy_intp points, npy_intp classes) noexcept nogil:
    cdef bint result = True
    cdef Py_ssize_t i
    for i in range(points):
        result &= (0 <= labels[i]) & (labels[i] < classes)
    return result


cdef bint are_labels(ndarray given, const Shape* shape) noexcept:
    """Whether this array needs neither conversion nor complaint."""
    return (PyArray_TYPE(given) == NPY_INTP and PyArray_ISCARRAY_RO(given)
            and (PyArray_NDIM(given) == 1
                 or (PyArray_NDIM(given) == 2 and PyArray_DIM(given, 1) == 1))
            and PyArray_DIM(given, 0) == shape.dims[0]
            and all_within(<npy_intp*>PyArray_DATA(given), shape.dims[0], shape.dims[1]))


cdef struct Task:
    const LabelMaps* maps
    bint wide, streamed                     # float64; written past the caches
    bint summed
    const void* p
    const npy_intp* labels
    void* terms                             # NULL if not asked for
    void* g                                 # NULL if not asked for
    double scale, option
    Py_ssize_t points, classes, chunk
    double[CHUNKS] totals


cdef void write_slopes(const npy_intp* labels, floating* g, Py_ssize_t points, Py_ssize_t classes,
                       floating slope) noexcept nogil:
    cdef Py_ssize_t i
    memset(g, 0, points * classes * sizeof(floating))
    for i in range(points):
        g[i * classes + labels[i]] = slope


cdef void stream_slopes(const npy_intp* labels, floating* g, Py_ssize_t points, Py_ssize_t classes,
                        floating slope) noexcept nogil:
    """The same by blocks, which may end within a point."""
    cdef floating[BLOCK] block
    cdef Py_ssize_t start = 0, size = points * classes, n, i = 0
    while start < size:
        n = min(size - start, <Py_ssize_t>BLOCK)
        memset(block, 0, n * sizeof(floating))
        while i < points and i * classes + labels[i] < start + n:
            block[i * classes + labels[i] - start] = slope
            i += 1
        ann_stream(g + start, block, n * sizeof(floating))
        start += n
    ann_stream_end()


cdef double walk(const Task* task, const floating* p, floating* terms, floating* g,
                 Py_ssize_t start, Py_ssize_t points) noexcept nogil:
    cdef const npy_intp* labels = task.labels + start
    cdef Py_ssize_t classes = task.classes
    cdef double total = 0
    p += start * classes
    if task.summed:
        if floating is double:
            total = task.maps.total64(p, labels, points, classes, task.option)
        else:
            total = task.maps.total32(p, labels, points, classes, task.option)
    if terms is not NULL:
        if floating is double:
            task.maps.terms64(p, labels, terms + start, points, classes, task.option)
        else:
            task.maps.terms32(p, labels, terms + start, points, classes, task.option)
    if g is not NULL and task.streamed:
        stream_slopes(labels, g + start * classes, points, classes, <floating>-task.scale)
    elif g is not NULL:
        write_slopes(labels, g + start * classes, points, classes, <floating>-task.scale)
    return total


cdef void work(void* of, int part, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    cdef Task* task = <Task*>of
    cdef Py_ssize_t i, start, points
    for i in range(first, last):
        start = i * task.chunk
        points = min(task.chunk, task.points - start)
        if task.wide:
            task.totals[i] = walk(task, <const double*>task.p, <double*>task.terms,
                                  <double*>task.g, start, points)
        else:
            task.totals[i] = walk(task, <const float*>task.p, <float*>task.terms, <float*>task.g,
                                  start, points)


cdef class LabelLoss(Loss):
    """A loss of a point's log-probabilities, of which the label picks one.

    The target is one label per point, from 0 to the number of classes - 1. A class sets `_maps` to
    its functions of several points.
    """
    cdef bint _complete(self):
        return self._maps.total64 is not NULL

    cdef ndarray _target(self, object target, ndarray p, const Shape* shape):
        """Return the labels as integers of shape (batch,), or refuse them."""
        cdef ndarray fast
        if PyArray_CheckExact(target) and PyTypeNum_ISINTEGER(PyArray_TYPE(<ndarray>target)):
            fast = <ndarray>target
            if PyArray_TYPE(fast) != NPY_INTP:
                fast = PyArray_Cast(fast, NPY_INTP)
            if are_labels(fast, shape):
                return fast
        given = as_array(target, self, "target")
        points, classes = as_tuple(shape)
        if given.dtype.kind not in "biuf":
            raise TypeError(f"{type(self).__name__}: target is {given.dtype}, "
                            "expected integers, or floats that are whole numbers")
        if given.shape != (points,) and given.shape != (points, 1):
            raise ValueError(f"{type(self).__name__}: target has shape {given.shape}, "
                             f"expected ({points},) or ({points}, 1)")
        labels = given.reshape(points)
        good = (labels >= 0) & (labels < classes)
        if labels.dtype.kind == "f":
            good &= labels == np.floor(labels)
        if not good.all():
            row = int(good.argmin())
            raise ValueError(f"{type(self).__name__}: target has label {labels[row]} in row {row}, "
                             f"expected an integer from 0 to {classes - 1}")
        return np.ascontiguousarray(labels, np.intp)

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        if shape.ndim != 2 or shape.dims[1] == 0:
            self._refuse_shape(shape, "(batch, classes)")
        terms.ndim = 1
        terms.dims[0] = shape.dims[0]
        return 0

    cdef double _option(self, ndarray p) noexcept:
        """Return the number that the class's functions get."""
        return 0

    cdef double _compute(self, ndarray p, ndarray t, ndarray terms, ndarray g, double scale,
                         bint summed) except *:
        cdef Task task
        cdef double weight = 0                  # of a point, see _parallel
        cdef int chunks
        task.maps, task.summed, task.scale = &self._maps, summed, scale
        task.wide, task.option = PyArray_TYPE(p) == NPY_DOUBLE, self._option(p)
        task.p, task.labels = PyArray_DATA(p), <const npy_intp*>PyArray_DATA(t)
        task.terms = NULL if terms is None else PyArray_DATA(terms)
        task.g = NULL if g is None else PyArray_DATA(g)
        task.points, task.classes = PyArray_DIM(p, 0), PyArray_DIM(p, 1)
        task.streamed = task.g is not NULL and PyArray_NBYTES(g) >= ANN_STREAM_BYTES
        if task.g is not NULL:
            weight = task.classes / 4.
        if summed or task.terms is not NULL:
            weight += self._maps.weight
        task.chunk = chunk_of(task.points, LEAST // task.classes + 1)
        chunks = chunks_of(task.points, task.chunk)
        in_parts(work, &task, chunks, weight * task.chunk)
        return in_order(task.totals, chunks)
