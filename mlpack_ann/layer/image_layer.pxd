from numpy cimport ndarray

from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

cdef double LARGEST         # elements of a point that memory could hold; products to it are exact


cdef class ImageLayer(Layer):
    # Hooks of an image layer: shapes and arrays are (batch, channels, height, width).
    cdef int _image_shape(self, const Shape* inner, Shape* outer) except -1
    cdef int _forward_images(self, ndarray x, ndarray y) except -1
    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1
    cdef int _gradient_images(self, ndarray x, ndarray error, ndarray gradient) except -1

    cdef tuple _flat_dimensions(self)
    cdef int _as_images(self, const Shape* given, Shape* images) except -1
