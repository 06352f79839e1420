"""Run the loops of a loss with a term per element over whole arrays.

Value and derivative are made block by block, so that the second finds in the first cache what the
first has read: one pass over memory for both. Limited by the arithmetic of the loss or by memory.
Measured in float32 and float64 at 1e3 to 1e6 elements: blocks of 4 KB of each array are within 5 %
of the best, those from 16 KB on slower. Derivatives above 12 MB are written past the caches
(_stream.h).
"""
from libc.math cimport isfinite
from cython cimport floating
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_NBYTES, PyArray_SIZE, PyArray_TYPE,
                    import_array, ndarray)

from mlpack_ann._chunks cimport CHUNKS, LEAST, chunk_of, chunks_of, in_order
from mlpack_ann._elementwise_loss cimport LossMaps
from mlpack_ann._parallel cimport in_parts

import_array()

cdef extern from "_stream.h" nogil:
    const Py_ssize_t ANN_STREAM_BYTES
    void ann_stream(void* to, const void* source, Py_ssize_t size)
    void ann_stream_end()

cdef enum:
    LINE = 64                           # bytes that stores should begin at multiples of
    BLOCK = 1024                        # elements
    WIDE_BLOCK = 512                    # of float64


cdef struct Task:
    const LossMaps* maps
    bint wide, widened                  # float64; float32 computed in float64
    bint summed, streamed               # whether totals are asked for; written past the caches
    const void* p
    const void* t
    void* terms                         # NULL if not asked for
    void* g                             # NULL if not asked for
    double scale, a, b
    Py_ssize_t n, chunk
    double[CHUNKS] totals


cdef inline void put(const Task* task, floating* to, const floating* block,
                     Py_ssize_t n) noexcept nogil:
    """Write what was not computed in its place."""
    if block != to:
        ann_stream(to, block, n * sizeof(floating))


cdef double one_block(const Task* task, const floating* p, const floating* t, Py_ssize_t start,
                      Py_ssize_t n) noexcept nogil:
    """Do what is asked for n elements, and return their total if that is."""
    cdef const LossMaps* maps = task.maps
    cdef floating[BLOCK] shared
    cdef floating[BLOCK] block
    cdef floating* out
    cdef floating a = <floating>task.a, b = <floating>task.b, scale = <floating>task.scale
    cdef double total = 0
    if maps.share64 is not NULL:
        if floating is double:
            maps.share64(p, t, shared, n, a, b)
        else:
            maps.share32(p, t, shared, n, a, b)
    if task.summed:
        if floating is double:
            total = maps.total64(p, t, shared, n, a, b)
        else:
            total = maps.total32(p, t, shared, n, a, b)
    if task.terms is not NULL:
        out = &block[0] if task.streamed else <floating*>task.terms + start
        if floating is double:
            maps.terms64(p, t, shared, out, n, a, b)
        else:
            maps.terms32(p, t, shared, out, n, a, b)
        put(task, <floating*>task.terms + start, out, n)
    if task.g is not NULL:
        out = &block[0] if task.streamed else <floating*>task.g + start
        if floating is double:
            maps.slopes64(p, t, shared, out, n, scale, a, b)
        else:
            maps.slopes32(p, t, shared, out, n, scale, a, b)
        put(task, <floating*>task.g + start, out, n)
    return total


cdef double walk(const Task* task, const floating* p, const floating* t, Py_ssize_t start,
                 Py_ssize_t stop) noexcept nogil:
    cdef double total = 0
    cdef Py_ssize_t block = WIDE_BLOCK if floating is double else BLOCK, first = block, n
    if not task.summed and task.terms is NULL:
        # Nothing to keep in a cache. Stores are faster where lines begin; sums, though, must not
        # depend on where an array is in memory.
        first = (<size_t>-<size_t>(<floating*>task.g + start)) % LINE // sizeof(floating)
        if task.maps.share64 is NULL and not task.streamed:
            block = stop
    while start < stop:
        n = min(stop - start, first if first > 0 else block)
        first = block
        total += one_block(task, p + start, t + start, start, n)
        start += n
    return total


cdef double walk_widened(const Task* task, const float* p, const float* t, Py_ssize_t start,
                         Py_ssize_t stop) noexcept nogil:
    cdef double[WIDE_BLOCK] wide_p
    cdef double[WIDE_BLOCK] wide_t
    cdef double total = 0
    cdef Py_ssize_t n, i
    while start < stop:
        n = min(stop - start, <Py_ssize_t>WIDE_BLOCK)
        for i in range(n):
            wide_p[i], wide_t[i] = p[start + i], t[start + i]
        total += one_block(task, <const double*>wide_p, <const double*>wide_t, 0, n)
        start += n
    return total


cdef void work(void* of, int part, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    cdef Task* task = <Task*>of
    cdef Py_ssize_t i, start, stop
    for i in range(first, last):
        start = i * task.chunk
        stop = min(start + task.chunk, task.n)
        if task.widened:
            task.totals[i] = walk_widened(task, <const float*>task.p, <const float*>task.t, start,
                                          stop)
        elif task.wide:
            task.totals[i] = walk(task, <const double*>task.p, <const double*>task.t, start, stop)
        else:
            task.totals[i] = walk(task, <const float*>task.p, <const float*>task.t, start, stop)
    if task.streamed:
        ann_stream_end()


cdef double run_task(Task* task) noexcept nogil:
    cdef double weight = task.maps.weight * (2 if task.wide or task.widened else 1)
    cdef int chunks
    task.chunk = chunk_of(task.n, LEAST)
    chunks = chunks_of(task.n, task.chunk)
    in_parts(work, task, chunks, task.chunk * weight)
    return in_order(task.totals, chunks)


cdef double run(const LossMaps* maps, ndarray p, ndarray t, ndarray terms, ndarray g, double scale,
                bint summed, double a, double b) except *:
    """Return the sum of the terms if `summed`; write the terms unless None, and `scale` times the
    slopes unless None."""
    cdef Task task
    cdef double total
    task.maps, task.scale, task.a, task.b = maps, scale, a, b
    task.wide, task.widened, task.summed = PyArray_TYPE(p) == NPY_DOUBLE, False, summed
    task.p, task.t, task.n = PyArray_DATA(p), PyArray_DATA(t), PyArray_SIZE(p)
    task.terms = NULL if terms is None else PyArray_DATA(terms)
    task.g = NULL if g is None else PyArray_DATA(g)
    task.streamed = ((task.terms is not NULL or task.g is not NULL)
                     and PyArray_NBYTES(p) >= ANN_STREAM_BYTES)
    total = run_task(&task)
    if not isfinite(total) and not task.wide:       # perhaps only because float32 was too narrow
        return run_wide(maps, p, t, a, b)
    return total


cdef double run_wide(const LossMaps* maps, ndarray p, ndarray t, double a, double b) except *:
    """Return the sum of the terms, computed in double."""
    cdef Task task
    task.maps, task.a, task.b, task.scale = maps, a, b, 1
    task.wide = PyArray_TYPE(p) == NPY_DOUBLE
    task.widened, task.summed, task.streamed = not task.wide, True, False
    task.p, task.t, task.n = PyArray_DATA(p), PyArray_DATA(t), PyArray_SIZE(p)
    task.terms = task.g = NULL
    return run_task(&task)
