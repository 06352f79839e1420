"""What the layers share that use others step after step. Source: mlpack ann/layer/recurrent.hpp."""
import copy

from mlpack_ann._validation import shown
from mlpack_ann.layer.reinforce_normal import ReinforceNormal

from mlpack_ann._arrays cimport PyArray_TYPE, import_array, ndarray
from mlpack_ann._merge cimport add_to, same_bits
from mlpack_ann._validation cimport Shape, has_shape, read_shape
from mlpack_ann.layer.container cimport Holder, Place, kept
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef bint alike(Layer one, Layer two) except -1:
    """Whether one may be a copy of the other: of the same classes, with as many weights."""
    if type(one) is not type(two) or (one._parameters is None) != (two._parameters is None):
        return False
    if one._parameters is not None and one._parameters.shape[0] != two._parameters.shape[0]:
        return False
    if not isinstance(one, Holder):
        return True
    held, others = (<Holder>one)._places or (), (<Holder>two)._places or ()
    return len(held) == len(others) and all([alike((<Place>a).layer, (<Place>b).layer)
                                             for a, b in zip(held, others)])


cdef int follow(Layer original, Layer other) except -1:
    """Give a copy the original's weights themselves, its mode, its generator and its reward."""
    other._training, other._rng = original._training, original._rng
    if original._parameters is not None and other._parameters is not original._parameters:
        other._share(original._parameters)
    if isinstance(original, Holder):
        for one, two in zip((<Holder>original)._places or (), (<Holder>other)._places or ()):
            follow((<Place>one).layer, (<Place>two).layer)
    elif isinstance(original, ReinforceNormal):
        other.reward = original.reward
    return 0


cdef class Unrolled(Holder):
    """A layer whose others are used in every step of time.

    Those that keep something from Forward (a random layer, or one that holds others) are copied for
    each step. A class's constructor calls `_unroll` after that of Holder.
    """
    cdef int _unroll(self, object layers, Py_ssize_t late) except -1:
        """Take the layers, in the order of their weights."""
        self._copies = [{} for _ in layers]
        self._late, self._known = late, False
        self._built = False
        self._hold(layers)
        self._built = True
        return 0

    cdef object _layer(self, Py_ssize_t place):
        return (<Place>self._places[place]).layer if self._places else None

    cdef Layer _at_step(self, Py_ssize_t number, Py_ssize_t t):
        """Return the layer that a step uses: a copy, where it keeps something for each step."""
        cdef Layer layer = (<Place>self._places[number]).layer, other
        cdef dict copies = self._copies[number]
        if layer._seen is None or t == (1 if number == self._late else 0):
            return layer
        other = copies.get(t)
        if other is None or not alike(layer, other):
            copies[t] = other = copy.deepcopy(layer)
            if not alike(layer, other):
                del copies[t]
                raise RuntimeError(f"{type(self).__name__}: a copy of {shown(layer)} is "
                                   f"{shown(other)}, expected the same")
        follow(layer, other)
        return other

    cdef int _sum_up(self, Py_ssize_t number, Py_ssize_t t, ndarray x, ndarray error,
                     ndarray gradient) except -1:
        """Add a layer's gradient in a step to its part."""
        cdef Place place = self._places[number]
        cdef Shape shape
        if place.layer._parameters is None:
            return 0
        part = gradient[place.start:place.stop]
        read_shape(part, &shape)
        self._sum = kept(self._sum, &shape, PyArray_TYPE(part))
        self._at_step(number, t).Gradient(x, error, self._sum)
        return add_to(self._sum, part)

    cdef int _note_error(self, ndarray gy) except -1:
        """Note which gy the derivatives belong to."""
        cdef Shape shape
        read_shape(gy, &shape)
        self._gy = kept(self._gy, &shape, PyArray_TYPE(gy))
        self._gy[...] = gy
        self._known = True
        return 0

    cdef bint _knows(self, ndarray error):
        cdef Shape shape
        read_shape(error, &shape)
        return (self._known and PyArray_TYPE(self._gy) == PyArray_TYPE(error)
                and has_shape(self._gy, &shape) and same_bits(self._gy, error))
