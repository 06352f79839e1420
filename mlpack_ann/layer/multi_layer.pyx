"""Layers one after the other. Source: mlpack ann/layer/multi_layer.hpp."""
from mlpack_ann._arrays cimport PyArray_TYPE, import_array, ndarray
from mlpack_ann._merge cimport add, add_to, same_bits
from mlpack_ann._validation cimport Shape, as_tuple, has_shape, read_shape
from mlpack_ann.layer.container cimport Container, Place, kept

import_array()


cdef class MultiLayer(Container):
    """Layers one after the other: each gets the output of the one before it.

    Parameters
    ----------
    layers : iterable of Layer, optional
        The first layers; `Add` appends others.

    Notes
    -----
    Input: (batch, ...) as the first layer takes it; output: as the last gives it; without layers,
    the input. Images (batch, channels, height, width) reach a layer that takes vectors only as
    flat points. With `input_dimensions` set, input and output are flat points.

    `parameters` is the weights of the layers, in their order, without a copy. Backward must follow
    Forward of that input. Gradient takes the derivatives between the layers from the latest
    Backward if it is given the same error, and computes them if not.
    """
    def __init__(self, layers=()):
        super().__init__(layers)

    cdef int _points_shape(self, const Shape* inner, Shape* outer) except -1:
        return self._chain_shape(inner, outer)

    cdef int _infer_points(self, const Shape* inner) except -1:
        cdef Shape given, outer
        cdef Place place
        outer = inner[0]
        for place in self._places[self._hidden:]:
            given = outer
            self._infer_place(place, &given, &outer)
        return 0

    cdef int _forward_points(self, ndarray x, ndarray y) except -1:
        return self._chain_forward(x, y)

    cdef int _backward_points(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return self._chain_backward(x, y, gy, g)

    cdef int _gradient_points(self, ndarray x, ndarray error, ndarray gradient) except -1:
        return self._chain_gradient(x, error, gradient)

    # ---------------------------------------------------------------- the chain

    cdef int _chain_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Shape given, taken
        cdef Place place
        outer[0] = inner[0]
        for place in self._places[self._hidden:]:
            given = outer[0]
            self._fit(place, &given, &taken, outer)
        if self._residual and as_tuple(outer) != as_tuple(inner):
            self._refuse_shape(inner, f"a shape that the layers keep, not one they make "
                                      f"{as_tuple(outer)} of")
        return 0

    cdef int _chain_forward(self, ndarray x, ndarray y) except -1:
        cdef Shape given, inner, outer
        cdef Place place, last
        cdef ndarray current = x, target
        cdef tuple places = self._places[self._hidden:]
        self._knows_error = False
        if not places:
            y[...] = x
            return add_to(x, y) if self._residual else 0
        last = places[len(places) - 1]
        for place in places:
            read_shape(current, &given)
            self._fit(place, &given, &inner, &outer)
            if place is last and not self._residual:
                target = y
            else:
                target = place.output_of(&outer, PyArray_TYPE(x))
            place.layer.Forward(place.seen(current), target)
            current = target
        if self._residual:
            return add(current, x, y)
        # Gradient may need it; a layer that keeps nothing can compute it again.
        self._keep_last = last.layer._seen is not None
        if self._keep_last:
            last.output_of(&outer, PyArray_TYPE(x))[...] = y
        return 0

    cdef int _chain_backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Shape shape
        cdef tuple places = self._places[self._hidden:]
        self._knows_error = False
        if not places:
            g[...] = gy
        self._back(places, x, y, gy, g, 0)
        if self._residual:
            add_to(gy, g)
        read_shape(gy, &shape)
        self._error = kept(self._error, &shape, PyArray_TYPE(gy))
        self._error[...] = gy
        self._knows_error = True
        return 0

    cdef int _back(self, tuple places, ndarray x, ndarray y, ndarray gy, ndarray g,
                   Py_ssize_t first) except -1:
        """Write the derivatives by the inputs of the layers, from the last one to the `first`."""
        cdef Place place, before
        cdef ndarray error = gy, inner, result
        cdef Py_ssize_t i
        for i in range(len(places) - 1, first - 1, -1):
            place = places[i]
            if i == 0:
                inner, result = x, g
            else:
                before = places[i - 1]
                inner, result = before.output, before.error_like_output()
            place.layer.Backward(
                place.seen(inner), y if i == len(places) - 1 and not self._residual
                else place.output, error, place.seen(result))
            error = result
        return 0

    cdef int _chain_gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        cdef Place place, before
        cdef Py_ssize_t i, first
        cdef tuple places = self._places[self._hidden:]
        with_weights = [i for i in range(len(places))
                        if (<Place>places[i]).layer._parameters is not None]
        if not with_weights:
            return 0
        first = with_weights[0]
        if first < len(places) - 1 and not self._knows(error):
            self._back(places, x, self._last_output(places, x), error, None, first + 1)
        for i in with_weights:
            place = places[i]
            before = places[i - 1] if i else None
            place.layer.Gradient(
                place.seen(x if i == 0 else before.output),
                error if i == len(places) - 1 else place.error, gradient[place.start:place.stop])
        return 0

    cdef bint _knows(self, ndarray error):
        """Whether the latest Backward was given this error, for the latest Forward's input."""
        cdef Shape shape
        read_shape(error, &shape)
        return self._knows_error and has_shape(self._error, &shape) and same_bits(self._error,
                                                                                 error)

    cdef ndarray _last_output(self, tuple places, ndarray x):
        cdef Shape given, inner, outer
        cdef Place place = places[len(places) - 1]
        cdef ndarray seen
        if self._residual or self._keep_last:
            return place.output
        seen = x if len(places) == 1 else (<Place>places[len(places) - 2]).output
        read_shape(seen, &given)
        self._fit(place, &given, &inner, &outer)
        return place.layer.Forward(place.seen(seen), place.output_of(&outer, PyArray_TYPE(x)))
