"""What the layers share that look up a vector for each index: Lookup and Embedding."""
import numpy as np

from cython cimport floating
from libc.string cimport memset
from numpy cimport (NPY_INT64, PyArray_CheckExact, PyArray_EMPTY, PyArray_ISCARRAY_RO,
                    PyArray_ITEMSIZE, PyArray_NBYTES, PyArray_SIZE, npy_int64, npy_intp)

from mlpack_ann import _random
from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_TYPE, import_array,
                                 ndarray)
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._rows_out cimport (RowsOut, copy_row, end_rows, is_streamed, next_row, start_rows)
from mlpack_ann._scratch cimport Scratch
from mlpack_ann._validation cimport MAX_NDIM, Shape, read_shape
from mlpack_ann.layer.image_layer cimport LARGEST
from mlpack_ann.layer.layer cimport Layer

import_array()

cdef enum:
    BLOCK = 16                              # features that one thread adds up

EXACT = {"float32": 2 ** 24, "float64": 2 ** 53}    # from here on not every whole number is one


cdef bint all_indices(const floating* x, npy_intp* indices, Py_ssize_t n,
                      floating limit) noexcept nogil:
    """Whether all are whole numbers from 0 to below the limit; if so, `indices` are they."""
    cdef Py_ssize_t i
    cdef bint inside, wrong = False
    for i in range(n):
        inside = (x[i] >= 0) & (x[i] < limit)
        indices[i] = <npy_intp>(x[i] if inside else <floating>0)
        wrong |= (not inside) | (<floating>indices[i] != x[i])
    return not wrong


cdef void to_floats(const npy_int64* given, floating* x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        x[i] = <floating>given[i]


# Vectors that lie together ---------------------------------------------------------------------

cdef void gather(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    """Copy the vectors of some indices."""
    cdef const Task* t = <const Task*>task
    cdef Py_ssize_t size = t.features * (sizeof(double) if t.wide else sizeof(float)), i
    cdef RowsOut out
    start_rows(&out, <char*>t.y + start * size, t.streamed)
    for i in range(start, stop):
        copy_row(next_row(&out, size), <const char*>t.x + t.indices[i] * size, size)
    end_rows(&out)


cdef void scatter(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    """Add up some blocks of features of the errors, in the order of the indices."""
    cdef const Task* t = <const Task*>task
    stop = min(BLOCK * stop, t.features)
    if t.wide:
        add_rows(t, BLOCK * start, stop, <const double*>t.x, <double*>t.y)
    else:
        add_rows(t, BLOCK * start, stop, <const float*>t.x, <float*>t.y)


cdef void add_rows(const Task* t, Py_ssize_t first, Py_ssize_t last, const floating* error,
                   floating* total) noexcept nogil:
    cdef Py_ssize_t i, j, features = t.features, n = last - first
    cdef floating* row
    if n == features:
        memset(total, 0, t.words * n * sizeof(floating))
    else:
        for i in range(t.words):
            memset(total + i * features + first, 0, n * sizeof(floating))
    error += first
    total += first
    for i in range(t.batch * t.run):
        row = total + t.indices[i] * features
        for j in range(n):
            row[j] += error[j]
        error += features


# Vectors whose features lie apart --------------------------------------------------------------

cdef void gather_apart(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    """Copy some features of all indices."""
    cdef const Task* t = <const Task*>task
    if t.wide:
        pick(t, start, stop, <const double*>t.x, <double*>t.y)
    else:
        pick(t, start, stop, <const float*>t.x, <float*>t.y)


cdef void pick(const Task* t, Py_ssize_t first, Py_ssize_t last, const floating* weight,
               floating* y) noexcept nogil:
    cdef Py_ssize_t feature, i, j, run = t.run
    cdef const npy_intp* indices
    cdef const floating* words
    cdef floating* out
    for feature in range(first, last):      # whose words stay in the caches
        words, indices = weight + feature * t.words, t.indices
        for i in range(t.batch):
            out = y + (i * t.features + feature) * run
            for j in range(run):
                out[j] = words[indices[j]]
            indices += run


cdef void scatter_apart(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    """Add up some features of the errors, in the order of the indices."""
    cdef const Task* t = <const Task*>task
    if t.wide:
        put(t, start, stop, <const double*>t.x, <double*>t.y)
    else:
        put(t, start, stop, <const float*>t.x, <float*>t.y)


cdef void put(const Task* t, Py_ssize_t first, Py_ssize_t last, const floating* error,
              floating* total) noexcept nogil:
    cdef Py_ssize_t feature, i, j, run = t.run
    cdef const npy_intp* indices
    cdef const floating* slope
    cdef floating* words
    memset(total + first * t.words, 0, (last - first) * t.words * sizeof(floating))
    for feature in range(first, last):
        words, indices = total + feature * t.words, t.indices
        for i in range(t.batch):
            slope = error + (i * t.features + feature) * run
            for j in range(run):
                words[indices[j]] += slope[j]
            indices += run


cdef class Vocabulary(Layer):
    """A vector of weights for each index in the input.

    A class says in its constructor how they lie in memory, `_by_feature`.
    """
    def __init__(self, vocab_size, embedding_size, dtype, rng):
        self._built, self._unsized = False, True
        self._scratch = Scratch()
        self.vocab_size = integer(vocab_size, self, "vocab_size")
        self.embedding_size = integer(embedding_size, self, "embedding_size")
        super().__init__(dtype, rng)
        if self.vocab_size > EXACT[str(self.dtype)]:
            self._built = False
            raise ValueError(f"{type(self).__name__}: vocab_size is {self.vocab_size}, expected at "
                             "most 2**24: float32 has not all larger whole numbers")
        self._infer(NULL)

    cdef bint _complete(self):
        return self.embedding_size > 0

    @property
    def weight(self):
        """The weights as a matrix, a live view of the parameters; see `parameters`."""
        if self._parameters is None:
            return None
        shape = self.vocab_size, self.embedding_size
        return self._parameters.reshape(shape[::-1] if self._by_feature else shape)

    cdef int _infer(self, const Shape* inner) except -1:
        return self._allocate(self.vocab_size * self.embedding_size)

    cdef int _initialise(self) except -1:
        self._parameters[:] = _random.generator(self.rng).standard_normal(len(self._parameters))
        return 0

    cdef ndarray _taken(self, object input):
        """As the other layers, but without NumPy's detours for the usual kind of index."""
        cdef Shape shape
        cdef ndarray x
        if not self._built or not (PyArray_CheckExact(input)
                                   and PyArray_TYPE(<ndarray>input) == NPY_INT64
                                   and PyArray_ISCARRAY_RO(<ndarray>input)):
            return Layer._taken(self, input)
        read_shape(<ndarray>input, &shape)
        x = PyArray_EMPTY(shape.ndim, shape.dims, self._typenum, 0)
        if self._typenum == NPY_DOUBLE:
            to_floats(<npy_int64*>PyArray_DATA(<ndarray>input), <double*>PyArray_DATA(x),
                      PyArray_SIZE(x))
        else:
            to_floats(<npy_int64*>PyArray_DATA(<ndarray>input), <float*>PyArray_DATA(x),
                      PyArray_SIZE(x))
        return x

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef int i, behind = 1 if self._by_feature else inner.ndim
        cdef double size = 1
        if self._input_dimensions is not None and inner.ndim == 2:
            for n in self._input_dimensions:
                size *= n
            if size != inner.dims[1] or size * self.embedding_size > LARGEST:
                return self._refuse_shape(inner, f"(batch, {int(size)}) with input_dimensions "
                                                 f"{self._input_dimensions}")
            outer[0] = inner[0]
            outer.dims[1] *= self.embedding_size
            return 0
        if inner.ndim == MAX_NDIM:
            return self._refuse_shape(inner, f"at most {MAX_NDIM - 1} axes")
        outer.ndim = inner.ndim + 1
        for i in range(inner.ndim):
            outer.dims[i + (i >= behind)] = inner.dims[i]
        outer.dims[behind] = self.embedding_size
        return 0

    cdef npy_intp* _indices(self, ndarray x) except NULL:
        """Return the elements as integers, or refuse them."""
        cdef Py_ssize_t n = PyArray_SIZE(x)
        cdef npy_intp* indices = <npy_intp*>self._scratch.take(0, n * sizeof(npy_intp))
        cdef bint good
        if PyArray_TYPE(x) == NPY_DOUBLE:
            good = all_indices(<const double*>PyArray_DATA(x), indices, n, self.vocab_size)
        else:
            good = all_indices(<const float*>PyArray_DATA(x), indices, n, <float>self.vocab_size)
        if not good:
            good_ones = (x >= 0) & (x < self.vocab_size) & (x == np.floor(x))
            bad = (<object>x)[~good_ones][0]
            raise ValueError(f"{type(self).__name__}: input has the index {bad:.17g}, expected "
                             f"whole numbers from 0 to {self.vocab_size - 1}")
        return indices

    cdef int _prepare(self, Task* t, ndarray x, ndarray source, ndarray out) except -1:
        t.indices = self._indices(x)
        t.batch, t.wide = PyArray_DIM(x, 0), PyArray_TYPE(x) == NPY_DOUBLE
        t.run = PyArray_SIZE(x) // max(t.batch, <Py_ssize_t>1)
        t.words, t.features = self.vocab_size, self.embedding_size
        t.x, t.y = PyArray_DATA(source), PyArray_DATA(out)
        t.streamed = is_streamed(PyArray_NBYTES(out), t.features * PyArray_ITEMSIZE(out))
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Task t
        self._prepare(&t, x, self._parameters, y)
        if self._by_feature:
            in_parts(gather_apart, &t, t.features, 4.0 * t.batch * t.run)
        else:
            in_parts(gather, &t, t.batch * t.run, 16 + t.features)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        memset(PyArray_DATA(g), 0, PyArray_NBYTES(g))
        return 0

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        cdef Task t
        cdef double additions
        self._prepare(&t, x, error, gradient)
        additions = t.batch * <double>t.run
        if self._by_feature:
            in_parts(scatter_apart, &t, t.features, 4 * additions + t.words / 4.0)
        else:
            in_parts(scatter, &t, (t.features + BLOCK - 1) // BLOCK,
                     2 * BLOCK * additions + t.words * BLOCK / 4.0)
        return 0
