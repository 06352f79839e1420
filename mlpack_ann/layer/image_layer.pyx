"""What the layers of images share: images given as such, or as mlpack's flat points."""
from mlpack_ann._arrays cimport PyArray_NDIM, import_array, ndarray
from mlpack_ann._validation cimport Shape, as_tuple, read_shape
from mlpack_ann.layer.layer cimport Layer

import_array()

LARGEST = 2.0 ** 48


cdef class ImageLayer(Layer):
    """A layer of images (batch, channels, height, width).

    With `input_dimensions` = (channels, height, width) set it takes flat points
    (batch, channels * height * width) too, and returns flat points for them.
    """
    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Shape images
        self._as_images(inner, &images)
        self._image_shape(&images, outer)
        if <double>outer.dims[1] * outer.dims[2] * outer.dims[3] > LARGEST:
            raise ValueError(f"{type(self).__name__}: input has shape {as_tuple(inner)}, "
                             "its output would be larger than memory")
        if inner.ndim == 2:
            outer.ndim = 2
            outer.dims[1] *= outer.dims[2] * outer.dims[3]
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        if PyArray_NDIM(x) == 4:
            return self._forward_images(x, y)
        x, _, y = self._unflattened(x, y)
        return self._forward_images(x, y)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        if PyArray_NDIM(x) == 4:
            return self._backward_images(x, y, gy, g)
        x, g, y, gy = self._unflattened(x, y, gy, g=g)
        return self._backward_images(x, y, gy, g)

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        if PyArray_NDIM(x) == 4:
            return self._gradient_images(x, error, gradient)
        x, _, error = self._unflattened(x, error)
        return self._gradient_images(x, error, gradient)

    def _unflattened(self, ndarray x, *outputs, ndarray g=None):
        """Return views as images: of `x`, of `g` (shaped as `x`), and of `outputs`."""
        cdef Shape flat, inner, outer
        read_shape(x, &flat)
        self._as_images(&flat, &inner)
        self._image_shape(&inner, &outer)
        images = tuple([inner.dims[i] for i in range(4)])
        results = tuple([outer.dims[i] for i in range(4)])
        return ((<object>x).reshape(images), None if g is None else (<object>g).reshape(images),
                *[output.reshape(results) for output in outputs])

    cdef tuple _flat_dimensions(self):
        """Return (channels, height, width) of a flat point, or None if that is not known."""
        return self._input_dimensions

    cdef int _as_images(self, const Shape* given, Shape* images) except -1:
        """Read the shape of a batch of images, or of flat points, or refuse it."""
        cdef int i
        dimensions = None
        if given.ndim == 4:
            images[0] = given[0]
            return 0
        if given.ndim == 2:
            dimensions = self._flat_dimensions()
            if dimensions is not None and len(dimensions) == 3:
                images.ndim = 4
                images.dims[0] = given.dims[0]
                for i in range(3):
                    images.dims[1 + i] = dimensions[i]
                if images.dims[1] * images.dims[2] * images.dims[3] == given.dims[1]:
                    return 0
                return self._refuse_shape(given, f"(batch, channels * height * width) with "
                                                 f"input_dimensions {dimensions}")
        return self._refuse_shape(given, "(batch, channels, height, width), or (batch, features) "
                                         "with input_dimensions = (channels, height, width) set")

    # ---------------------------------------------------------------- hooks, with their defaults

    cdef int _image_shape(self, const Shape* inner, Shape* outer) except -1:
        """Fill in the shape of the output images, or refuse the input's. Default: the same."""
        outer[0] = inner[0]
        return 0

    cdef int _forward_images(self, ndarray x, ndarray y) except -1:
        return self._not_written("Forward")

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return self._not_written("Backward")

    cdef int _gradient_images(self, ndarray x, ndarray error, ndarray gradient) except -1:
        return self._not_written("Gradient")
