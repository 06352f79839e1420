from numpy cimport ndarray, npy_intp

from mlpack_ann._scratch cimport Scratch

from mlpack_ann.layer.layer cimport Layer


cdef struct Task:
    bint wide, streamed                     # float64; written past the caches
    Py_ssize_t batch, run                   # points; indices of one
    Py_ssize_t words, features
    const npy_intp* indices
    const void* x                           # the weights, or the error
    void* y


cdef class Vocabulary(Layer):
    cdef readonly Py_ssize_t vocab_size, embedding_size
    cdef bint _by_feature                   # all words' first feature, then all words' second ...
    cdef Scratch _scratch                   # of the indices

    cdef npy_intp* _indices(self, ndarray x) except NULL
    cdef int _prepare(self, Task* t, ndarray x, ndarray source, ndarray out) except -1
