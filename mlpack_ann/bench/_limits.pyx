"""The probes of `limits`: a map that computes nothing, and multiply-adds that load nothing."""
from numpy cimport PyArray_DATA, PyArray_SIZE, import_array, ndarray

from mlpack_ann._parallel import get_num_threads

from mlpack_ann._parallel cimport in_parts

import_array()

cdef extern from "_stream.h" nogil:
    void ann_stream(void* to, const void* source, Py_ssize_t size)
    void ann_stream_end()

cdef extern from "bench/_limits.h" nogil:
    void ann_negate(const float* x, float* y, Py_ssize_t n)
    double ann_fma32(Py_ssize_t rounds, double* operations)
    double ann_fma64(Py_ssize_t rounds, double* operations)

cdef enum:
    BLOCK = 1024                            # elements, as maps write past the caches
    MANY = 1 << 30                          # weight of an item that is worth a thread


cdef struct Copy:
    const float* x
    float* y
    Py_ssize_t times
    bint streamed


cdef void copy_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Copy* t = <const Copy*>task
    cdef float block[BLOCK]
    cdef Py_ssize_t i, n, repeat
    for repeat in range(t.times):
        if not t.streamed:
            ann_negate(t.x + start, t.y + start, stop - start)
            continue
        i = start
        while i < stop:
            n = min(stop - i, <Py_ssize_t>BLOCK)
            ann_negate(t.x + i, block, n)
            ann_stream(t.y + i, block, n * sizeof(float))
            i += n
        ann_stream_end()


def copy(ndarray x not None, ndarray y not None, Py_ssize_t times, bint streamed):
    """Write -x to y so many times, both float32 and as long, on the library's threads."""
    if x.dtype != "float32" or y.dtype != "float32" or PyArray_SIZE(x) != PyArray_SIZE(y) or not (
            x.flags.c_contiguous and y.flags.c_contiguous and y.flags.writeable):
        raise ValueError("copy: expected two contiguous float32 arrays of one size")
    cdef Copy t
    t.x, t.y = <const float*>PyArray_DATA(x), <float*>PyArray_DATA(y)
    t.times, t.streamed = times, streamed
    with nogil:
        in_parts(copy_part, &t, PyArray_SIZE(x), MANY)


cdef struct Fma:
    Py_ssize_t rounds
    bint wide
    double operations, result


cdef void fma_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef Fma* t = <Fma*>task
    cdef Py_ssize_t item
    cdef double operations, result
    for item in range(start, stop):
        result = ann_fma64(t.rounds, &operations) if t.wide else ann_fma32(t.rounds, &operations)
        if item == 0:                       # all do the same; one tells
            t.operations, t.result = operations, result


def multiply_adds(bint wide, Py_ssize_t rounds):
    """Compute on all of the library's threads; return how many operations that was."""
    cdef Fma t
    cdef Py_ssize_t threads = get_num_threads()
    t.rounds, t.wide, t.operations = rounds, wide, 0
    with nogil:
        in_parts(fma_part, &t, threads, MANY)
    return t.operations * threads
