"""What the layers share that hold layers. Source: mlpack ann/layer/multi_layer.hpp."""
import copy
import weakref

import numpy as np

from numpy cimport PyArray_EMPTY, PyArray_NBYTES

from mlpack_ann import _random
from mlpack_ann._validation import flag, shown

from mlpack_ann._arrays cimport PyArray_DATA, PyArray_NDIM, PyArray_TYPE, import_array, ndarray
from mlpack_ann._validation cimport ANY_FLOAT, Shape, as_input, as_tuple, has_shape, read_shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef ndarray kept(ndarray array, Shape* shape, int typenum):
    """Return `array` if it has this shape and type, else a new one."""
    if array is not None and PyArray_TYPE(array) == typenum and has_shape(array, shape):
        return array
    return PyArray_EMPTY(shape.ndim, shape.dims, typenum, 0)


cdef inline void flatten(Shape* shape) noexcept:
    cdef int i
    for i in range(2, shape.ndim):
        shape.dims[1] *= shape.dims[i]
    shape.ndim = 2


cdef class Place:
    """A layer that is held, with what its holder keeps for it."""

    cdef ndarray seen(self, ndarray a):
        """Return the view of an input, or of the derivative by it, that the layer gets."""
        if self.flat and PyArray_NDIM(a) == 4:
            return (<object>a).reshape(a.shape[0], a.shape[1] * a.shape[2] * a.shape[3])
        return a

    cdef ndarray output_of(self, Shape* shape, int typenum):
        self.output = kept(self.output, shape, typenum)
        return self.output

    cdef ndarray error_like_output(self):
        cdef Shape shape
        read_shape(self.output, &shape)
        self.error = kept(self.error, &shape, PyArray_TYPE(self.output))
        return self.error


cdef Holder owner_of(Layer layer):
    """Return the layer that holds this one, or None."""
    cdef Holder owner
    if layer._owner is None:
        return None
    owner = layer._owner()
    if owner is None or owner._places is None:
        return None
    return owner if any((<Place>place).layer is layer for place in owner._places) else None


cdef class Holder(Layer):
    """A layer that holds others, whose weights are slices of its own flat `parameters`.

    A class writes the hooks `_points_shape`, `_infer_points`, `_forward_points`,
    `_backward_points` and `_gradient_points`; its constructor calls this one, then `_hold`.
    One that does not work without layers sets `_prepared` beforehand, and asks for it in
    `_complete`.
    Layers held are called by their public methods, so that classes that inherit in Python work.
    """
    _state = ("_modes",)

    def __init__(self, dtype=None, rng=None):
        self._require_idle()
        self._built = self._unsized = False
        self._places, self._hidden = (), 0
        super().__init__(dtype, rng)
        self._own_typenum, self._prepared = self._typenum, False

    cdef bint _complete(self):
        return self._places is not None

    # ---------------------------------------------------------------- what all layers share

    @property
    def parameters(self):
        """Flat array of the weights of all layers held, in their order: a live view, to read, write
        or assign. Theirs are slices of it.

        None without weights, and until the first Forward if a layer infers its size. Adding a
        layer moves the weights, so earlier views are no longer theirs.
        """
        if self._built:
            self._settle()
        return Layer.parameters.__get__(self)

    @parameters.setter
    def parameters(self, value):
        if self._built:
            self._settle()
        Layer.parameters.__set__(self, value)

    @property
    def dtype(self):
        """numpy.dtype of the weights, or None for layers that follow their input."""
        if self._built:
            self._settle()
        return Layer.dtype.__get__(self)

    @property
    def training(self):
        """bool, True at first. Assigning it assigns that of the layers held."""
        return self._training

    @training.setter
    def training(self, value):
        self._training = flag(value, self, "training")
        for place in self._places or ():
            (<Place>place).layer.training = value

    @property
    def rng(self):
        """numpy.random.Generator or None. Assigning it assigns that of the layers held."""
        return self._rng

    @rng.setter
    def rng(self, value):
        self._rng = _random.check(value, self)
        for place in self._places or ():
            (<Place>place).layer.rng = value

    def Reset(self):
        """Give the parameters of all layers held their initial values again."""
        self._check_built()
        for place in self._places:
            (<Place>place).layer.Reset()

    def __copy__(self):
        return copy.deepcopy(self)

    def __getstate__(self):
        # The weights are in the states of the layers held.
        names = ("input_dimensions", *self._state)
        return {name: getattr(self, name) for name in names}

    @property
    def _modes(self):
        """Own mode and generator; the layers held have theirs."""
        return self._training, self._rng

    @_modes.setter
    def _modes(self, value):
        training, rng = value
        self._training, self._rng = flag(training, self, "training"), _random.check(rng, self)

    # ---------------------------------------------------------------- hooks of a layer

    cdef ndarray _taken(self, object input):
        if not self._built:
            self._check_built()
        self._settle()
        return as_input(input, self._typenum, self, "input")

    def OutputShape(self, shape):
        """Return the shape of Forward's output for an input of this shape.

        Parameters
        ----------
        shape : tuple of int

        Returns
        -------
        tuple of int
        """
        self._check_built()
        self._settle()
        return Layer.OutputShape(self, shape)

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Shape points
        if not self._spread(inner, &points):
            return self._points_shape(inner, outer)
        self._points_shape(&points, outer)
        flatten(outer)
        return 0

    cdef int _infer(self, const Shape* inner) except -1:
        cdef Shape points
        if self._spread(inner, &points):
            self._infer_points(&points)
        else:
            self._infer_points(inner)
        return self._settle()

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        self._require_idle()
        self._seen, self._busy = None, True
        try:
            if self._input_dimensions is None:
                self._forward_points(x, y)
            else:
                inner, outer = self._as_points(x, x, y)
                self._forward_points(inner, outer)
        finally:
            self._busy = False
        self._seen_typenum = PyArray_TYPE(x)
        return self._remember(x)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        self._require_same(x)
        self._require_idle()
        self._busy = True
        try:
            if self._input_dimensions is None:
                return self._backward_points(x, y, gy, g)
            inner, result, outer, slope = self._as_points(x, x, y, gy, g)
            return self._backward_points(inner, result, outer, slope)
        finally:
            self._busy = False

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        self._require_same(x)
        self._require_idle()
        self._busy = True
        try:
            if self._input_dimensions is None:
                return self._gradient_points(x, error, gradient)
            inner, outer = self._as_points(x, x, error)
            return self._gradient_points(inner, outer, gradient)
        finally:
            self._busy = False

    cdef int _bind(self) except -1:
        cdef Place place
        for place in self._places:
            if place.layer._parameters is not None:
                place.layer._share(self._parameters[place.start:place.stop])
        return 0

    # ---------------------------------------------------------------- hooks, with their defaults

    cdef int _points_shape(self, const Shape* inner, Shape* outer) except -1:
        return self._not_written("Forward")

    cdef int _infer_points(self, const Shape* inner) except -1:
        return self._not_written("Forward")

    cdef int _forward_points(self, ndarray x, ndarray y) except -1:
        return self._not_written("Forward")

    cdef int _backward_points(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return self._not_written("Backward")

    cdef int _gradient_points(self, ndarray x, ndarray error, ndarray gradient) except -1:
        return self._not_written("Gradient")

    # ---------------------------------------------------------------- holding

    cdef int _hold(self, object layers, bint first=False) except -1:
        """Take layers, behind those that are there or in front of them, or refuse all."""
        cdef tuple before = self._places, added
        cdef Holder root = self, above = self
        cdef Place place
        name, ancestors = type(self).__name__, []
        self._require_idle()
        while above is not None:
            root = above
            ancestors.append(above)
            above = owner_of(above)
        new = []
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"{name}: layer is {shown(layer)}, expected a layer")
            layer._check_built()
            if any(layer is ancestor for ancestor in ancestors):
                raise ValueError(f"{name}: layer is a {type(layer).__name__} that holds this one, "
                                 "or is it, expected another")
            if owner_of(layer) is not None or any((<Place>p).layer is layer for p in new):
                raise ValueError(f"{name}: layer is a {type(layer).__name__} that belongs to a "
                                 "layer already, expected one that does not")
            place = Place()
            place.layer = layer
            new.append(place)
        added = tuple(new)
        self._places = added + before if first else before + added
        self._seen = None
        for place in added:
            place.layer._owner = weakref.ref(self)
        try:
            root._settle()
        except TypeError:
            self._places = before
            root._settle()
            raise
        return 0

    cdef int _settle(self) except -1:
        """Take the dtype of the layers held, and their weights once all have theirs."""
        cdef Place place
        cdef Layer layer
        cdef int typenum = self._own_typenum
        cdef Py_ssize_t size = 0
        cdef bint unsized = False
        for place in self._places:
            layer = place.layer
            if not layer._built:
                layer._check_built()
            if isinstance(layer, Holder):
                (<Holder>layer)._settle()
            if layer._typenum != ANY_FLOAT:
                if typenum != ANY_FLOAT and layer._typenum != typenum:
                    raise TypeError(f"{type(self).__name__}: layers have the dtypes float32 and "
                                    "float64, expected one")
                typenum = layer._typenum
            unsized = unsized or layer._unsized
            place.start = size
            if layer._parameters is not None:
                size += layer._parameters.shape[0]
            place.stop = size
        self._typenum, self._unsized = typenum, unsized
        if unsized or size == 0:
            self._parameters = None
        elif not self._gathered():
            self._parameters = np.empty(size, Layer.dtype.__get__(self))[:]
            for place in self._places:
                if place.layer._parameters is not None:
                    place.layer._adopt(self._parameters[place.start:place.stop])
        return 0

    cdef bint _gathered(self):
        """Whether the weights of the layers held are where they should be."""
        cdef Place place
        cdef char* at
        if self._parameters is None:
            return False
        at = <char*>PyArray_DATA(self._parameters)
        for place in self._places:
            if place.layer._parameters is not None:
                if <char*>PyArray_DATA(place.layer._parameters) != at:
                    return False
                at += PyArray_NBYTES(place.layer._parameters)
        return at == <char*>PyArray_DATA(self._parameters) + PyArray_NBYTES(self._parameters)

    # ---------------------------------------------------------------- tools for the hooks

    cdef int _fit(self, Place place, const Shape* given, Shape* inner, Shape* outer) except -1:
        """Fill in what a layer gets of points of this shape, and what it makes of that.

        A layer that does not take images gets them as flat points.
        """
        inner[0] = given[0]
        if place.flat and given.ndim == 4:
            flatten(inner)
        try:
            return place.layer._output_shape(inner, outer)
        except ValueError as error:
            refused = str(error)
        if given.ndim == 4:
            inner[0] = given[0]
            if not place.flat:
                flatten(inner)
            try:
                place.layer._output_shape(inner, outer)
                place.flat = not place.flat
                return 0
            except ValueError:
                pass
        raise ValueError(f"{type(self).__name__}: in the layers held, {refused}")

    cdef int _infer_place(self, Place place, const Shape* given, Shape* outer) except -1:
        """Let a layer take its sizes from points of this shape; fill in what it makes of them."""
        cdef Shape inner
        self._fit(place, given, &inner, outer)
        if place.layer._unsized:
            place.layer._infer(&inner)
        return 0

    cdef bint _spread(self, const Shape* given, Shape* points) except -1:
        """Fill in the shape that flat points stand for; return whether they are flat."""
        cdef int i
        if self._input_dimensions is None or given.ndim != 2:
            return False
        points.ndim, points.dims[0] = 1, given.dims[0]
        count = 1
        for size in self._input_dimensions:
            points.dims[points.ndim] = size
            points.ndim += 1
            count *= size
        if count != given.dims[1]:
            self._refuse_shape(given, f"(batch, {count}) with input_dimensions "
                                      f"{self._input_dimensions}")
        return True

    def _as_points(self, ndarray x, *arrays):
        """Return views of arrays that have the input's or the output's shape, as points."""
        cdef Shape given, inner, outer
        read_shape(x, &given)
        if not self._spread(&given, &inner):
            return arrays
        self._points_shape(&inner, &outer)
        # The input and the derivative by it stand at the ends.
        shapes = [as_tuple(&inner), *[as_tuple(&outer)] * (min(len(arrays), 3) - 1),
                  *[as_tuple(&inner)] * (len(arrays) == 4)]
        return tuple([a.reshape(shape) for a, shape in zip(arrays, shapes)])

    cdef int _require_same(self, ndarray x) except -1:
        self._require_forward(x)
        if PyArray_TYPE(x) != self._seen_typenum:
            raise RuntimeError(f"{type(self).__name__}: input is {x.dtype}, expected the dtype of "
                               "the latest Forward")
        return 0

    cdef int _require_idle(self) except -1:
        if self._busy:
            raise RuntimeError(f"{type(self).__name__}: was called by a layer that it holds while "
                               "it computes, expected no such call")
        return 0


cdef class Container(Holder):
    """A layer to which others are added."""

    def __init__(self, layers=(), dtype=None, rng=None):
        self._built = False
        try:
            layers = tuple(layers)
        except TypeError:
            raise TypeError(f"{type(self).__name__}: layers is {shown(layers)}, expected a list of "
                            "layers") from None
        super().__init__(dtype, rng)
        try:
            self._hold(layers)
        except (TypeError, ValueError, RuntimeError):
            self._built = False
            raise

    def Add(self, layer, *args, **options):
        """Add a layer behind those that are there.

        Parameters
        ----------
        layer : Layer, or a class of layers
            One that belongs to no other layer; or the class, and the arguments to make one with.
        *args, **options
            Of the class's constructor.

        Raises
        ------
        TypeError
            If it is no layer, or one with weights of another dtype.
        ValueError
            If it belongs to a layer already, or holds this one.
        """
        self._check_built()
        if isinstance(layer, type) and issubclass(layer, Layer):
            layer = layer(*args, **options)
        elif args or options:
            raise TypeError(f"{type(self).__name__}: layer is {shown(layer)}, expected a class of "
                            "layers where arguments follow")
        self._hold((layer,))

    @property
    def layers(self):
        """tuple of the layers that were added, in their order."""
        places = () if self._places is None else self._places[self._hidden:]
        return tuple([(<Place>place).layer for place in places])

    def Model(self):
        """Return the layers that were added, as mlpack's accessor: `layers`."""
        return self.layers
