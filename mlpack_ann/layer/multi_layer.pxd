from numpy cimport ndarray

from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.container cimport Container


cdef class MultiLayer(Container):
    cdef bint _residual                     # the input is added to what the last layer gives
    cdef bint _keep_last                    # the last layer's output is kept, too
    cdef ndarray _error                     # copy of the latest Backward's gy
    cdef bint _knows_error                  # whether the layers' errors belong to it

    cdef int _chain_shape(self, const Shape* inner, Shape* outer) except -1
    cdef int _chain_forward(self, ndarray x, ndarray y) except -1
    cdef int _chain_backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1
    cdef int _chain_gradient(self, ndarray x, ndarray error, ndarray gradient) except -1
    cdef int _back(self, tuple places, ndarray x, ndarray y, ndarray gy, ndarray g,
                   Py_ssize_t first) except -1
    cdef bint _knows(self, ndarray error)
    cdef ndarray _last_output(self, tuple places, ndarray x)
