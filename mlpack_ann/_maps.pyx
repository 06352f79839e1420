"""Run the loops of an elementwise function over whole arrays.

Limited by the arithmetic of the function where arrays fit a cache, by memory where not: outputs
above 12 MB are computed by blocks in the first cache and written past the others (_stream.h).
"""
from cython cimport floating
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_NBYTES, PyArray_SIZE, PyArray_TYPE,
                    import_array, ndarray)

from mlpack_ann._elementwise cimport Maps
from mlpack_ann._parallel cimport in_parts

import_array()

cdef extern from "_stream.h" nogil:
    const Py_ssize_t ANN_STREAM_BYTES
    void ann_stream(void* to, const void* source, Py_ssize_t size)
    void ann_stream_end()

cdef enum:
    FORWARD, DERIV, BACKWARD

cdef enum:
    BLOCK = 1024                            # elements computed before they are written past caches


cdef struct Task:
    const Maps* maps
    int step
    bint wide, streamed                     # float64; written past the caches
    const void* x
    const void* y
    const void* gy
    void* out
    double a, b


cdef inline void compute(const Task* t, Py_ssize_t start, Py_ssize_t n,
                         floating* out) noexcept nogil:
    """Fill n elements of the output, which belong at `start`."""
    cdef const floating* x = <const floating*>t.x + start
    cdef const floating* y = <const floating*>t.y + start
    cdef floating a = <floating>t.a, b = <floating>t.b
    if t.step == FORWARD:
        if floating is double:
            t.maps.forward64(x, out, n, a, b)
        else:
            t.maps.forward32(x, out, n, a, b)
    elif t.step == DERIV:
        if floating is double:
            t.maps.deriv64(x, y, out, n, a, b)
        else:
            t.maps.deriv32(x, y, out, n, a, b)
    elif floating is double:
        t.maps.backward64(x, y, <const floating*>t.gy + start, out, n, a, b)
    else:
        t.maps.backward32(x, y, <const floating*>t.gy + start, out, n, a, b)


cdef void walk(const Task* t, Py_ssize_t start, Py_ssize_t stop, floating* out) noexcept nogil:
    cdef floating block[BLOCK]
    cdef Py_ssize_t n
    if not t.streamed:
        compute(t, start, stop - start, out + start)
        return
    while start < stop:
        n = min(stop - start, <Py_ssize_t>BLOCK)
        compute(t, start, n, &block[0])
        ann_stream(out + start, &block[0], n * sizeof(floating))
        start += n
    ann_stream_end()


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        walk(t, start, stop, <double*>t.out)
    else:
        walk(t, start, stop, <float*>t.out)


cdef inline void run(Task* t, ndarray x, ndarray out) noexcept:
    t.wide, t.streamed = PyArray_TYPE(x) == NPY_DOUBLE, PyArray_NBYTES(out) >= ANN_STREAM_BYTES
    t.x, t.out = PyArray_DATA(x), PyArray_DATA(out)
    in_parts(work, t, PyArray_SIZE(x), 1)


cdef int run_forward(const Maps* maps, ndarray x, ndarray y, double a, double b) except -1:
    """y = f(x)."""
    cdef Task t
    t.maps, t.step, t.y, t.gy, t.a, t.b = maps, FORWARD, NULL, NULL, a, b
    run(&t, x, y)
    return 0


cdef int run_deriv(const Maps* maps, ndarray x, ndarray y, ndarray dy, double a,
                   double b) except -1:
    """dy = f'(x), given y = f(x)."""
    cdef Task t
    t.maps, t.step, t.y, t.gy, t.a, t.b = maps, DERIV, PyArray_DATA(y), NULL, a, b
    run(&t, x, dy)
    return 0


cdef int run_backward(const Maps* maps, ndarray x, ndarray y, ndarray gy, ndarray g, double a,
                      double b) except -1:
    """g = gy * f'(x), given y = f(x)."""
    cdef Task t
    t.maps, t.step, t.y, t.gy, t.a, t.b = maps, BACKWARD, PyArray_DATA(y), PyArray_DATA(gy), a, b
    run(&t, x, g)
    return 0
