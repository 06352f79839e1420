"""DropConnect. Source: mlpack ann/layer/dropconnect.hpp."""
from mlpack_ann._validation import number

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann.layer.masked cimport Task, as_mask, multiply_by, next_mask
from mlpack_ann.layer.random_linear cimport RandomLinear

import_array()


cdef class DropConnect(RandomLinear):
    """A linear layer with dropout of its weights: ``output = (input @ (mask * W) + mask * b) / (1 -
    ratio)``, with a random mask of zeros and ones, the same for all points of a batch.

    In inference mode ``output = input @ W + b``.

    Parameters
    ----------
    in_size : int, optional
        Features of a point; taken from the first input if omitted (give `out_size` by keyword).
    out_size : int
        Features of an output point.
    ratio : float, default=0.5
        Probability that a weight or bias is dropped, from 0 to 1; at 1 the output is 0.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights and bias, drawn uniformly from ``+-1 / sqrt(in_size)``, and for
        masks.

    Notes
    -----
    Input (batch, in_size), output (batch, out_size). `parameters` is W in C order, (in_size,
    out_size), then b (out_size). Each Forward in training mode draws a new mask, the same for
    float32 and float64, unless `mask` is assigned; `mask` tells which, and Backward and Gradient
    use that of the latest Forward, and the weights that it had.

    References
    ----------
    Wan, Zeiler, Zhang, LeCun and Fergus (2013), Regularization of neural networks using
    DropConnect.
    """
    cdef double _ratio, _scale              # the latter of the latest Forward
    cdef ndarray _given, _drawn             # the mask to use, or None; memory of the masks drawn
    cdef ndarray _mask                      # of the latest Forward, or None in inference mode

    def __init__(self, in_size=None, out_size=None, ratio=0.5, *, dtype="float64", rng=None):
        self._built = False
        self.ratio = ratio
        self._given = self._mask = None
        super().__init__(in_size, out_size, dtype=dtype, rng=rng)

    @property
    def ratio(self):
        """float: probability of being dropped."""
        return self._ratio

    @ratio.setter
    def ratio(self, value):
        self._ratio = number(value, self, "ratio", minimum=0, maximum=1)

    @property
    def mask(self):
        """uint8 array, flat as `parameters`, 1 where kept and 0 where dropped: the mask assigned,
        or else the one the latest Forward drew; None if there is neither. A copy.

        Assign a mask and every Forward in training mode uses it, until None is assigned.
        """
        mask = self._mask if self._given is None else self._given
        return None if mask is None else mask.copy()

    @mask.setter
    def mask(self, value):
        self._given = None if value is None else as_mask(value, self)

    _state = ("_fixed_mask",)

    @property
    def _fixed_mask(self):
        return self._given

    @_fixed_mask.setter
    def _fixed_mask(self, value):
        self.mask = value

    cdef bint _vary(self) except -1:
        cdef Task t
        cdef ndarray mask, parameters = self._parameters
        if not self._training:
            self._mask = None
            return False
        t.drawn = t.shifted = False
        expected = (<object>parameters).shape
        if self._given is None:
            self._drawn = mask = next_mask(&t, self._drawn, expected, self._ratio, self.rng)
        elif (<object>self._given).shape == expected:
            mask = self._given
        else:
            raise ValueError(f"{type(self).__name__}: mask has shape {(<object>self._given).shape},"
                             f" expected {expected}")
        self._require_weights(parameters)
        self._mask, self._scale = mask, 1 / (1 - self._ratio) if self._ratio < 1 else 0
        multiply_by(mask, parameters, self._own_weights(), self._scale, &t)
        return True

    cdef int _chain(self, ndarray gradient) except -1:
        cdef Task t
        t.drawn = t.shifted = False
        return multiply_by(self._mask, gradient, gradient, self._scale, &t) if self._varied else 0
