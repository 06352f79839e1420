from numpy cimport ndarray

from mlpack_ann._validation cimport Shape


cdef class Layer:
    cdef object _rng                        # numpy.random.Generator, or None for the library's
    cdef ndarray _parameters                # flat, or None for a layer without weights
    cdef tuple _input_dimensions            # of a flat point, or None
    cdef tuple _seen                        # input shape of the latest Forward, where one is kept
    cdef object _owner                      # weak reference to the layer that holds this one
    cdef int _typenum                       # dtype of the weights, or ANY_FLOAT
    cdef bint _training, _built
    cdef bint _unsized                      # until the weights are there

    # Hooks of a layer: checked, C-contiguous arrays of one dtype, of the shapes below.
    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1
    cdef int _forward(self, ndarray x, ndarray y) except -1
    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1
    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1
    cdef int _infer(self, const Shape* inner) except -1
    cdef int _bind(self) except -1
    cdef int _initialise(self) except -1

    cdef bint _complete(self)

    # Tools for the hooks.
    cdef int _allocate(self, object size) except -1
    cdef int _adopt(self, ndarray flat) except -1
    cdef int _share(self, ndarray flat) except -1
    cdef int _not_written(self, str method) except -1
    cdef int _refuse_shape(self, const Shape* given, str expected) except -1
    cdef int _remember(self, ndarray x) except -1
    cdef int _require_forward(self, ndarray x) except -1

    cdef ndarray _taken(self, object input)
    cdef int _shapes(self, ndarray x, Shape* inner, Shape* outer) except -1
    cdef int _require_sizes(self) except -1
    cdef int _keep_apart(self, ndarray out, str name) except -1
