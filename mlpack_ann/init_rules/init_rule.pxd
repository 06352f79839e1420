from numpy cimport ndarray


cdef struct Sizes:
    Py_ssize_t slices, rows, cols           # of the matrices
    Py_ssize_t area                         # of a convolution's kernel, else 1


cdef class InitRule:
    cdef object _rng                        # numpy.random.Generator, or None for the library's
    cdef bint _built

    cdef int _fill(self, ndarray w, const Sizes* sizes, object generator) except -1


cdef class MatrixRule(InitRule):
    cdef int _fill_matrix(self, ndarray w, object generator) except -1
