"""Base class of the initialisation rules: the public method, written once."""
import numpy as np

from mlpack_ann import _random
from mlpack_ann._signature import ConstructorSignature, arguments_of, representation, restore
from mlpack_ann._validation import as_memory, floating_dtype, integer, shown

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_NDIM, PyArray_TYPE, import_array, ndarray
from mlpack_ann._validation cimport (ANY_FLOAT, Shape, as_output, as_target, as_tuple, check_shape,
                                     is_float, read_shape, shape_of)
from mlpack_ann.layer.container cimport Container, Holder, Place
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class InitRule:
    """A rule for initial weights.

    A class writes the hook `_fill`, which gets a checked, C-contiguous array of any shape, the
    sizes of the matrices that it is, and a generator. Rules that go by a matrix as a whole
    inherit from :class:`MatrixRule` instead.

    Parameters
    ----------
    rng : numpy.random.Generator, optional
        Where random numbers come from; see `mlpack_ann.RandomSeed`.

    Notes
    -----
    W is (rows, cols), rows the inputs of a neuron and cols the neurons, as the `weight` of a
    :class:`~mlpack_ann.layer.Linear` is; a flat array of n weights is (n, 1). Of three axes,
    (slices, rows, cols), each slice is a matrix of its own, as of mlpack's cubes. Of four, (out,
    in, kernel_height, kernel_width), it is the `weight` of a convolution: rows are its
    ``in * kernel_height * kernel_width`` taps, cols its `out` filters.
    """
    __signature__ = ConstructorSignature()
    use_layer = True        # layer by layer; False: for all weights of a network at a time

    def __init__(self, *, rng=None):
        self.rng = rng
        self._built = True

    def Initialize(self, W=None, rows=None, cols=None, slices=None, *, shape=None, dtype=None,
                   rng=None):
        """Fill an array, or make one, or initialise a layer or a network.

        Parameters
        ----------
        W : ndarray, Layer or iterable of Layer, optional
            An array is filled and returned; a new one if omitted. The weights of a layer, or of
            the layers of a container, are what :class:`NetworkInitialization` makes of them.
        rows, cols, slices : int, optional
            Of the new array, (rows, cols) or (slices, rows, cols); what `W` must have, if given.
        shape : tuple of int, optional
            The same as one, of one to four axes.
        dtype : float32 or float64, optional
            Of the new array; float64 if omitted.
        rng : numpy.random.Generator, optional
            Of this call, instead of the rule's own.

        Returns
        -------
        ndarray
            `W`; of a layer, its `parameters`.

        Raises
        ------
        TypeError
            If `W` or `dtype` is of another dtype.
        ValueError
            If a size is missing, 0 or another than that of `W`, or `W` is read-only or strided.
        """
        if rng is None:
            return self._start(W, rows, cols, slices, shape, dtype)
        own, self.rng = self._rng, rng
        try:
            return self._start(W, rows, cols, slices, shape, dtype)
        finally:
            self._rng = own

    def _start(self, W, rows, cols, slices, shape, dtype):
        cdef Shape wanted
        cdef Sizes sizes
        cdef ndarray out
        cdef int typenum = NPY_DOUBLE if dtype is None else floating_dtype(dtype, self).num
        if isinstance(W, Layer) or isinstance(W, (list, tuple)) and any(
                isinstance(part, Layer) for part in W):
            if any(value is not None for value in (rows, cols, slices, shape, dtype)):
                raise ValueError(f"{type(self).__name__}: W is made of layers, expected no sizes "
                                 "or dtype beside it")
            self._check_built()
            return initialize_network(self, W, self)
        given = _shape_given(self, rows, cols, slices, shape)
        if W is None:
            if given is None:
                raise ValueError(f"{type(self).__name__}: W, rows, cols and shape are None, "
                                 "expected an array to fill, or sizes")
            shape_of(given, &wanted, self, "shape")
            out = as_output(None, &wanted, typenum, self, "W")
        else:
            known = as_memory(W, self, "W").dtype
            if known != np.float32 and known != np.float64:
                raise TypeError(f"{type(self).__name__}: W is {known}, expected float32 or float64")
            if dtype is None:
                typenum = known.num
            out = as_target(W, typenum, self, "W")
            if given is not None:
                shape_of(given, &wanted, self, "shape")
                check_shape(out, &wanted, self, "W")
        self._check_built()
        read_sizes(out, &sizes, self)
        self._fill(out, &sizes, _random.generator(self._rng))
        return out if W is None else W

    @property
    def rng(self):
        """numpy.random.Generator, or None for the library's."""
        return self._rng

    @rng.setter
    def rng(self, value):
        self._rng = _random.check(value, self)

    def __repr__(self):
        return representation(self)

    def __reduce__(self):
        return restore, (type(self), arguments_of(self), None)

    def _check_built(self):
        if not self._built:
            raise RuntimeError(f"{type(self).__name__}: __init__ was not called, expected it to be")

    cdef int _fill(self, ndarray w, const Sizes* sizes, object generator) except -1:
        raise NotImplementedError(f"{type(self).__name__}: Initialize is left to the classes that "
                                  "inherit")


cdef class MatrixRule(InitRule):
    """A rule that goes by a matrix as a whole.

    A class writes the hook `_fill_matrix`, which gets a matrix (rows, cols); it may be strided.
    """
    cdef int _fill(self, ndarray w, const Sizes* sizes, object generator) except -1:
        if PyArray_NDIM(w) == 4:
            return self._fill_matrix((<object>w).reshape(sizes.cols, sizes.rows).T, generator)
        for matrix in (<object>w).reshape(sizes.slices, sizes.rows, sizes.cols):
            self._fill_matrix(matrix, generator)
        return 0

    cdef int _fill_matrix(self, ndarray w, object generator) except -1:
        raise NotImplementedError(f"{type(self).__name__}: Initialize is left to the classes that "
                                  "inherit")


def _shape_given(rule, rows, cols, slices, shape):
    """Return the shape asked for, or None."""
    name = type(rule).__name__
    named = rows is not None or cols is not None or slices is not None
    if shape is not None:
        if named:
            raise ValueError(f"{name}: shape is {shown(shape)}, expected None beside rows, cols or "
                             "slices")
        return (shape,) if isinstance(shape, (int, np.integer)) else shape
    if not named:
        return None
    if rows is None or cols is None:
        raise ValueError(f"{name}: rows is {shown(rows)} and cols is {shown(cols)}, expected both")
    sizes = integer(rows, rule, "rows"), integer(cols, rule, "cols")
    return sizes if slices is None else (integer(slices, rule, "slices"), *sizes)


cdef int read_sizes(ndarray w, Sizes* sizes, InitRule rule) except -1:
    """Fill in the sizes of the matrices in an array, or refuse its shape."""
    cdef Shape given
    read_shape(w, &given)
    if not 1 <= given.ndim <= 4 or w.size == 0:
        raise ValueError(f"{type(rule).__name__}: W has shape {as_tuple(&given)}, expected one to "
                         "four axes and at least one element")
    sizes.slices, sizes.area, sizes.cols = 1, 1, 1
    sizes.rows = given.dims[0]
    if given.ndim == 2:
        sizes.cols = given.dims[1]
    elif given.ndim == 3:
        sizes.slices, sizes.rows, sizes.cols = given.dims[0], given.dims[1], given.dims[2]
    elif given.ndim == 4:
        sizes.cols, sizes.area = given.dims[0], given.dims[2] * given.dims[3]
        sizes.rows = given.dims[1] * sizes.area
    return 0


def initialize_network(rule, network, owner, by_weight=False):
    """Initialise the weights of layers by a rule; see :class:`NetworkInitialization`.

    `owner` is named in messages.
    """
    cdef Place place
    name, together = type(owner).__name__, None
    if isinstance(network, Layer):
        network._check_built()
        together = network.parameters           # first: it gathers those of the layers held
        layers = [network]
        if isinstance(network, Container):
            layers = [(<Place>place).layer for place in (<Container>network)._places]
    else:
        layers = _layers(network, name)
    blocks = [block for block in [_weights(layer, name) for layer in layers] if block is not None]
    if len({block.dtype for block in blocks}) > 1:
        raise TypeError(f"{name}: layers have the dtypes float32 and float64, expected one")
    if together is None:
        together = np.concatenate(blocks) if blocks else np.empty(0)
    if by_weight:
        for layer in layers:
            _by_weight(rule, layer)
    elif getattr(rule, "use_layer", True):
        for block in blocks:
            rule.Initialize(block)
    elif blocks:
        rule.Initialize(together)
        for block, values in zip(blocks, np.split(together, np.cumsum([b.size for b in blocks]))):
            block[:] = values
    for layer in layers:
        _start_again(layer)
    return together if isinstance(network, Layer) or not blocks else np.concatenate(blocks)


def _layers(network, name):
    """Return the layers of an iterable."""
    try:
        layers = list(network)
    except TypeError:
        raise TypeError(f"{name}: network is {shown(network)}, expected a layer or a list of "
                        "layers") from None
    for layer in layers:
        if not isinstance(layer, Layer):
            raise TypeError(f"{name}: network holds {shown(layer)}, expected layers only")
    return layers


def _weights(Layer layer, name):
    """Return the weights of a layer, or None if it has none."""
    layer._check_built()
    weights = layer.parameters
    if weights is None and layer._unsized:
        raise RuntimeError(f"{name}: {type(layer).__name__} does not know its sizes yet, expected "
                           "them given, or a Forward first")
    return weights


def _by_weight(rule, Layer layer):
    """Initialise the `weight` of a layer, and of those in a container, and let biases be 0."""
    cdef Place place
    if isinstance(layer, Container):
        for place in (<Container>layer)._places:
            _by_weight(rule, place.layer)
    elif layer.parameters is not None and not layer._own_start:
        weight, bias = getattr(layer, "weight", None), getattr(layer, "bias", None)
        if isinstance(weight, np.ndarray) and weight.size + (
                0 if bias is None else bias.size) == layer.parameters.size:
            layer.parameters[:] = 0
            rule.Initialize(weight)
        else:
            rule.Initialize(layer.parameters)


def _start_again(Layer layer):
    """Give the layers that have their own initial values, whatever the rule, these again."""
    cdef Place place
    if isinstance(layer, Holder):
        for place in (<Holder>layer)._places or ():
            if place.stop > place.start:        # of WeightNorm's layer the weights are computed
                _start_again(place.layer)
    elif layer._own_start:
        layer.Reset()
