"""Bias alone. Source: mlpack ann/layer/add.hpp."""
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_NBYTES, PyArray_TYPE,
                    import_array, ndarray)

from mlpack_ann._validation import integer

from libc.string cimport memcpy

from mlpack_ann._parallel cimport in_parts
from mlpack_ann._points cimport point_size
from mlpack_ann._row_sums cimport sum_rows
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

import_array()

cdef extern from *:
    """
    #include "_lines.h"

    /* y = x + bias in each row */
    #define ADD_BIAS(name, real)                                                                   \
        ANN_APART void name(const real *x, real *y, const real *bias, ptrdiff_t rows, ptrdiff_t n, \
                            int streamed)                                                          \
        {                                                                                          \
            for (; rows > 0; rows--, x += n, y += n)                                               \
                ANN_WRITE(real, y, n, streamed, ANN_FETCH(x + i + n), x[i] + bias[i]);             \
        }
    ADD_BIAS(add_bias_f32, float)
    ADD_BIAS(add_bias_f64, double)
    """
    const Py_ssize_t ANN_STREAM_BYTES
    void add_bias_f32(const float* x, float* y, const float* bias, Py_ssize_t rows, Py_ssize_t n,
                      bint streamed) nogil
    void add_bias_f64(const double* x, double* y, const double* bias, Py_ssize_t rows,
                      Py_ssize_t n, bint streamed) nogil
    void ann_stream(void* to, const void* source, Py_ssize_t size) nogil
    void ann_stream_end() nogil


cdef struct Task:
    bint wide, streamed                     # float64; written past the caches
    Py_ssize_t n
    const void* x
    const void* bias
    void* out


cdef void add(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    cdef Py_ssize_t at = start * t.n
    if t.wide:
        add_bias_f64(<const double*>t.x + at, <double*>t.out + at, <const double*>t.bias,
                     stop - start, t.n, t.streamed)
    else:
        add_bias_f32(<const float*>t.x + at, <float*>t.out + at, <const float*>t.bias,
                     stop - start, t.n, t.streamed)
    ann_stream_end()


cdef void copy(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.streamed:
        ann_stream(<char*>t.out + start, <const char*>t.x + start, stop - start)
        ann_stream_end()
    else:
        memcpy(<char*>t.out + start, <const char*>t.x + start, stop - start)


cdef class Add(Layer):
    """``output = input + b``.

    Parameters
    ----------
    out_size : int, optional
        Elements of a point; taken from the first input if omitted.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.

    Notes
    -----
    Input and output: (batch, ...) with `out_size` elements in a point, such as (batch, out_size).
    `parameters` is b, at first 0. mlpack's Gradient of mid-2020 is not summed over the batch.
    """
    cdef Py_ssize_t _size                   # 0 until known

    def __init__(self, out_size=None, *, dtype="float64"):
        self._built, self._unsized = False, True
        self._size = 0 if out_size is None else integer(out_size, self, "out_size")
        super().__init__(dtype)
        if out_size is not None:
            self._allocate(self._size)

    @property
    def out_size(self):
        """int: elements of a point; None until the first input tells."""
        return self._size or None

    cdef int _infer(self, const Shape* inner) except -1:
        if inner.ndim < 2 or point_size(inner) == 0:
            return self._refuse_shape(inner, "(batch, ...) with elements in a point")
        return self._allocate(point_size(inner))

    cdef int _bind(self) except -1:
        self._size = self._parameters.shape[0]
        return 0

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        if inner.ndim < 2 or (point_size(inner) != self._size and not self._unsized):
            size = "any" if self._unsized else self._size
            return self._refuse_shape(inner, f"(batch, ...) with {size} elements in a point")
        return Layer._output_shape(self, inner, outer)

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Task t
        t.wide, t.streamed = PyArray_TYPE(x) == NPY_DOUBLE, PyArray_NBYTES(y) >= ANN_STREAM_BYTES
        t.x, t.out, t.n = PyArray_DATA(x), PyArray_DATA(y), self._size
        t.bias = PyArray_DATA(self._parameters)
        in_parts(add, &t, PyArray_DIM(x, 0), <double>t.n)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Task t
        t.streamed = PyArray_NBYTES(g) >= ANN_STREAM_BYTES
        t.x, t.out = PyArray_DATA(gy), PyArray_DATA(g)
        in_parts(copy, &t, PyArray_NBYTES(g), 0.25)
        return 0

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        return sum_rows(error, gradient)
