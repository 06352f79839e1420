"""What the layers share that drop at random: the mask."""
import numpy as np

from cython cimport floating
from libc.math cimport round
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from mlpack_ann import _random
from mlpack_ann._validation import as_array, number

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, flat, import_array, ndarray
from mlpack_ann._hash cimport hashed
from mlpack_ann._validation cimport Shape, as_tuple, read_shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef void draw(uint8_t[::1] mask, double ratio, uint64_t key) noexcept nogil:
    """Keep (1) with probability 1 - ratio."""
    cdef uint32_t threshold = <uint32_t>min(round(ratio * 2.0**32), 2.0**32 - 1)
    cdef Py_ssize_t i
    for i in range(mask.shape[0]):
        mask[i] = hashed(<uint32_t>i, key) >= threshold


cdef void apply(const floating[::1] x, const uint8_t[::1] mask, floating scale,
                floating[::1] y) noexcept nogil:
    """y = scale * mask * x, where each entry of the mask is for a run of elements."""
    cdef Py_ssize_t run = x.shape[0] // mask.shape[0], i, j
    cdef floating factor
    if run == 1:
        for i in range(x.shape[0]):
            y[i] = x[i] * (scale * mask[i])
        return
    for i in range(mask.shape[0]):
        factor = scale * mask[i]
        for j in range(i * run, (i + 1) * run):
            y[j] = factor * x[j]


cdef class Masked(Layer):
    """``output = mask * input / (1 - ratio)`` in training mode, else the input.

    A class with a mask of another shape than the input's writes `_mask_shape`.
    """
    _state = ("_fixed_mask",)

    def __init__(self, ratio, rng):
        self.ratio = ratio
        super().__init__(rng=rng)

    @property
    def ratio(self):
        """float: probability of being dropped."""
        return self._ratio

    @ratio.setter
    def ratio(self, value):
        self._ratio = number(value, self, "ratio", minimum=0, maximum=1)

    @property
    def mask(self):
        """uint8 array, 1 where kept and 0 where dropped: the mask assigned, or else the one the
        latest Forward drew; None if there is neither. A copy.

        Assign a mask, of one point (1, ...) or of the batch, and every Forward in training mode
        uses it, until None is assigned.
        """
        mask = self._mask if self._given is None else self._given
        return None if mask is None else mask.copy()

    @mask.setter
    def mask(self, value):
        if value is None:
            self._given = None
            return
        mask = as_array(value, self, "mask")
        if mask.dtype.kind not in "biuf":
            raise TypeError(f"{type(self).__name__}: mask is {mask.dtype}, expected zeros and ones")
        if not np.isin(mask, (0, 1)).all():
            raise ValueError(f"{type(self).__name__}: mask has other values than 0 and 1")
        self._given = np.array(mask, np.uint8, order="C")

    @property
    def _fixed_mask(self):
        return self._given

    @_fixed_mask.setter
    def _fixed_mask(self, value):
        self.mask = value

    cdef int _mask_shape(self, const Shape* inner, Shape* mask) except -1:
        """Fill in the mask's shape for an input of this shape. Default: the same."""
        mask[0] = inner[0]
        return 0

    cdef ndarray _next_mask(self, ndarray x):
        """Return the mask assigned, for the whole batch, or a new one."""
        cdef Shape inner, shape
        cdef double uniform
        read_shape(x, &inner)
        self._mask_shape(&inner, &shape)
        expected = as_tuple(&shape)
        if self._given is not None:
            given = (<object>self._given).shape
            if given != expected and given != (1, *expected[1:]):
                raise ValueError(f"{type(self).__name__}: mask has shape {given}, "
                                 f"expected {expected} or {(1, *expected[1:])}")
            return np.ascontiguousarray(np.broadcast_to(self._given, expected))
        uniform = _random.generator(self.rng).random()          # 53 bits, in any generator
        if self._drawn is None or (<object>self._drawn).shape != expected:
            self._drawn = np.empty(expected, np.uint8)
        if self._ratio == 1:
            self._drawn[...] = 0
        else:
            draw(flat(self._drawn), self._ratio, <uint64_t>(uniform * 2.0**53))
        return self._drawn

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        mask = self._next_mask(x) if self._training else None
        self._mask = mask
        self._scale = 1 / (1 - self._ratio) if self._ratio < 1 else 0
        self._remember(x)
        return self._apply(x, y)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        self._require_forward(x)
        return self._apply(gy, g)

    cdef int _apply(self, ndarray x, ndarray y) except -1:
        if self._mask is None:
            y[...] = x
        elif x.size == 0:
            pass
        elif PyArray_TYPE(x) == NPY_DOUBLE:
            apply[double](flat(x), flat(self._mask), self._scale, flat(y))
        else:
            apply[float](flat(x), flat(self._mask), <float>self._scale, flat(y))
        return 0
