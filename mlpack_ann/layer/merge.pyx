"""What the layers share that merge the outputs of layers side by side."""
from mlpack_ann._validation import flag

from mlpack_ann._arrays cimport PyArray_TYPE, import_array, ndarray
from mlpack_ann._merge cimport add_to
from mlpack_ann._validation cimport Shape, as_tuple, read_shape
from mlpack_ann.layer.container cimport Container, Place, kept

import_array()


cdef class Merge(Container):
    """Layers that all get the same input, and whose outputs become one.

    A class writes `_merged_shape`, `_merge`, which makes the output of those of the places, and
    `_split`, which writes the derivatives by them into the places' `error`; and, if those are all
    gy itself, leaves them None.
    """
    def __init__(self, model, run, layers):
        self._built = False
        self.model = flag(model, self, "model")
        self.run = flag(run, self, "run")
        if not self.run:
            raise ValueError(f"{type(self).__name__}: run is False, expected True: layers keep no "
                             "outputs for others to merge")
        super().__init__(layers)

    def Model(self):
        """Return the layers that were added, or none if `model` is False."""
        return self.layers if self.model else ()

    cdef int _points_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Shape taken
        cdef Place place
        cdef list shapes = []
        for place in self._places:
            self._fit(place, inner, &taken, outer)
            shapes.append(as_tuple(outer))
        if not shapes:
            raise RuntimeError(f"{type(self).__name__}: has no layers, expected Add to be called")
        return self._merged_shape(shapes, inner, outer)

    cdef int _infer_points(self, const Shape* inner) except -1:
        cdef Shape outer
        cdef Place place
        for place in self._places:
            self._infer_place(place, inner, &outer)
        return 0

    cdef int _forward_points(self, ndarray x, ndarray y) except -1:
        cdef Shape given, inner, outer
        cdef Place place
        cdef tuple places = self._places
        read_shape(x, &given)
        for place in places:
            self._fit(place, &given, &inner, &outer)
            place.layer.Forward(place.seen(x), place.output_of(&outer, PyArray_TYPE(x)))
        return self._merge(places, y)

    cdef int _backward_points(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Shape shape
        cdef Place place
        cdef tuple places = self._places
        cdef ndarray slope = g
        self._split(places, gy)
        read_shape(g, &shape)
        for place in places:
            place.layer.Backward(place.seen(x), place.output,
                                 gy if place.error is None else place.error, place.seen(slope))
            if slope is not g:
                add_to(slope, g)
            elif len(places) > 1:
                self._slope = slope = kept(self._slope, &shape, PyArray_TYPE(g))
        return 0

    cdef int _gradient_points(self, ndarray x, ndarray error, ndarray gradient) except -1:
        cdef Place place
        cdef tuple places = self._places
        self._split(places, error)
        for place in places:
            if place.layer._parameters is not None:
                place.layer.Gradient(place.seen(x),
                                     error if place.error is None else place.error,
                                     gradient[place.start:place.stop])
        return 0

    # ---------------------------------------------------------------- hooks, with their defaults

    cdef int _merged_shape(self, list shapes, const Shape* inner, Shape* outer) except -1:
        """Fill in the output's shape, or refuse those of the layers. Default: that of all."""
        if any(shape != shapes[0] for shape in shapes):
            raise ValueError(f"{type(self).__name__}: layers give outputs of the shapes {shapes}, "
                             "expected one shape")
        return 0

    cdef int _merge(self, tuple places, ndarray y) except -1:
        return self._not_written("Forward")

    cdef int _split(self, tuple places, ndarray gy) except -1:
        return 0
