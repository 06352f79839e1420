from numpy cimport ndarray

from mlpack_ann._scratch cimport Scratch

from mlpack_ann.layer.layer cimport Layer


cdef class LinearNoBias(Layer):
    cdef readonly Py_ssize_t out_size
    cdef Py_ssize_t _in_size                # 0 until known
    cdef readonly object regularizer
    cdef ndarray _weight                    # (in, out), a view of the parameters
    cdef Scratch _scratch                   # of the products

    cdef object _size(self)                 # of the parameters
