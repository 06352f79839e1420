from numpy cimport ndarray

from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer


cdef class Place:
    cdef Layer layer
    cdef bint flat                          # images reach the layer as flat points
    cdef Py_ssize_t start, stop             # its weights, within those of the holder
    cdef ndarray output, error              # kept: what Forward gave, the derivative by it

    cdef ndarray seen(self, ndarray a)
    cdef ndarray output_of(self, Shape* shape, int typenum)
    cdef ndarray error_like_output(self)


cdef class Holder(Layer):
    cdef object __weakref__
    cdef tuple _places                      # of all layers held, in the order of their weights
    cdef Py_ssize_t _hidden                 # how many of them, in front, are the class's own
    cdef int _own_typenum                   # dtype asked for, or ANY_FLOAT
    cdef int _seen_typenum                  # dtype of the latest Forward
    cdef bint _prepared                     # the class's own constructor has begun
    cdef bint _busy                         # a pass runs, and with it code of the layers held

    # Hooks of a layer that holds others: points are images even where they were given flat.
    cdef int _points_shape(self, const Shape* inner, Shape* outer) except -1
    cdef int _infer_points(self, const Shape* inner) except -1
    cdef int _forward_points(self, ndarray x, ndarray y) except -1
    cdef int _backward_points(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1
    cdef int _gradient_points(self, ndarray x, ndarray error, ndarray gradient) except -1

    # Tools for the hooks.
    cdef int _hold(self, object layers, bint first=*) except -1
    cdef int _settle(self) except -1
    cdef int _fit(self, Place place, const Shape* given, Shape* inner, Shape* outer) except -1
    cdef int _infer_place(self, Place place, const Shape* inner, Shape* outer) except -1

    cdef bint _gathered(self)
    cdef bint _spread(self, const Shape* given, Shape* points) except -1
    cdef int _require_same(self, ndarray x) except -1
    cdef int _require_idle(self) except -1


cdef class Container(Holder):
    pass


cdef ndarray kept(ndarray array, Shape* shape, int typenum)
