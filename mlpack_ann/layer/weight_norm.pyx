"""Weight normalisation. Source: mlpack ann/layer/weight_norm.hpp."""
import math

import numpy as np

from numpy cimport PyArray_DATA

from mlpack_ann._validation import shown

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._reduce cimport dot_
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.container cimport Holder, Place
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef double product(ndarray a, ndarray b) except *:
    if PyArray_TYPE(a) == NPY_DOUBLE:
        return dot_(<double*>PyArray_DATA(a), <double*>PyArray_DATA(b), a.shape[0])
    return dot_(<float*>PyArray_DATA(a), <float*>PyArray_DATA(b), a.shape[0])


cdef class WeightNorm(Holder):
    """A layer whose weights have a direction and a length: ``w = g * v / |v|``.

    Parameters
    ----------
    layer : Layer
        One with weights, that belongs to no other layer. What its attribute `bias` shows is not
        normalised.

    Notes
    -----
    Input: (batch, ...) as the layer takes it; output: as it gives it. `parameters` is the bias (if
    there is one), v, as long as the other weights, and g, a number. At first v is those weights and
    g their length, so that the layer computes the same as without. Each pass writes w into the
    layer's own `parameters`.

    References
    ----------
    Salimans and Kingma (2016), Weight normalization: a simple reparameterization to accelerate
    training of deep neural networks.
    """
    cdef ndarray _gradient_by_w             # kept: in the layer's order
    cdef Py_ssize_t _biases, _first         # how many, and where among the layer's weights

    def __init__(self, layer):
        self._built = False
        if not isinstance(layer, Layer):
            raise TypeError(f"WeightNorm: layer is {shown(layer)}, expected a layer")
        self._prepared = True
        super().__init__()
        self._built = False
        self._parameters = None
        self._hold((layer,))
        if (<Layer>layer)._parameters is None and not (<Layer>layer)._unsized:
            raise ValueError(f"WeightNorm: layer is {shown(layer)}, expected one with weights")
        self._built = True

    cdef bint _complete(self):
        return self._prepared

    @property
    def layer(self):
        """The layer whose weights are normalised."""
        return (<Place>self._places[0]).layer if self._places else None

    def __getstate__(self):
        return {**Holder.__getstate__(self), "parameters": self.parameters}

    def Reset(self):
        """Give the parameters the initial values of the layer's weights again."""
        self._check_built()
        self._settle()
        Holder.Reset(self)
        if self._parameters is not None:
            self._initialise()

    cdef int _settle(self) except -1:
        """Take the layer's dtype and, once it has its weights, make own ones."""
        cdef Place place = self._places[0] if self._places else None
        cdef Layer layer
        if place is None:
            return 0
        layer = place.layer
        if isinstance(layer, Holder):
            (<Holder>layer)._settle()
        self._typenum, self._unsized = layer._typenum, layer._unsized
        if layer._unsized or layer._parameters is None:
            self._parameters = None
        elif (self._parameters is None or PyArray_TYPE(self._parameters) != self._typenum
                or self._parameters.shape[0] != layer._parameters.shape[0] + 1):
            self._parameters = np.empty(layer._parameters.shape[0] + 1, layer.dtype)[:]
            self._gradient_by_w = np.empty(layer._parameters.shape[0], layer.dtype)
            self._find_bias(layer)
            self._initialise()
        return 0

    cdef int _bind(self) except -1:
        return 0                            # the layer's weights are no part of these

    cdef int _find_bias(self, Layer layer) except -1:
        bias = getattr(layer, "bias", None)
        self._biases = self._first = 0
        if isinstance(bias, np.ndarray) and bias.size:
            start = bias.__array_interface__["data"][0]
            begin = (<object>layer._parameters).__array_interface__["data"][0]
            first = (start - begin) // bias.itemsize
            if 0 <= first <= layer._parameters.shape[0] - bias.size:
                self._biases, self._first = bias.size, first
        return 0

    cdef tuple _parts(self, ndarray flat):
        """Return views of bias and other weights, in the layer's order: before, bias, behind."""
        return (flat[:self._first], flat[self._first:self._first + self._biases],
                flat[self._first + self._biases:])

    cdef int _initialise(self) except -1:
        cdef ndarray own = self._parameters, v
        cdef Py_ssize_t count = own.shape[0] - 1
        before, bias, behind = self._parts((<Place>self._places[0]).layer._parameters)
        v = own[self._biases:count]
        own[:self._biases] = bias
        v[:self._first] = before
        v[self._first:] = behind
        own[count] = math.sqrt(product(v, v))
        return 0

    cdef int _normalise(self) except -1:
        """Write the layer's weights."""
        cdef ndarray own = self._parameters
        before, bias, behind = self._parts((<Place>self._places[0]).layer._parameters)
        v = own[self._biases:own.shape[0] - 1]
        length = np.sqrt(product(v, v))
        with np.errstate(invalid="ignore", divide="ignore"):
            factor = own.dtype.type(own[own.shape[0] - 1] / length)
            bias[...] = own[:self._biases]
            np.multiply(v[:self._first], factor, before)
            np.multiply(v[self._first:], factor, behind)
        return 0

    # ---------------------------------------------------------------- hooks

    cdef int _points_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Shape taken
        return self._fit(self._places[0], inner, &taken, outer)

    cdef int _infer_points(self, const Shape* inner) except -1:
        cdef Shape outer
        return self._infer_place(self._places[0], inner, &outer)

    cdef int _forward_points(self, ndarray x, ndarray y) except -1:
        cdef Place place = self._places[0]
        self._normalise()
        place.layer.Forward(place.seen(x), y)
        return 0

    cdef int _backward_points(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Place place = self._places[0]
        self._normalise()
        place.layer.Backward(place.seen(x), y, gy, place.seen(g))
        return 0

    cdef int _gradient_points(self, ndarray x, ndarray error, ndarray gradient) except -1:
        cdef Place place = self._places[0]
        cdef ndarray own = self._parameters, by_v, v
        cdef Py_ssize_t count = own.shape[0] - 1
        self._normalise()
        place.layer.Gradient(place.seen(x), error, self._gradient_by_w)
        before, bias, behind = self._parts(self._gradient_by_w)
        v, by_v = own[self._biases:count], gradient[self._biases:count]
        gradient[:self._biases] = bias
        by_v[:self._first] = before
        by_v[self._first:] = behind
        square = np.float64(product(v, v))
        along = product(by_v, v)            # the derivative by g is this over |v|
        with np.errstate(invalid="ignore", divide="ignore"):
            by_v -= own.dtype.type(along / square) * v
            by_v *= own.dtype.type(own[count] / np.sqrt(square))
            gradient[count] = along / np.sqrt(square)
        return 0
