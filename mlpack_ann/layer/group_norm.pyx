"""Group normalisation. Source: mlpack ann/layer/not_adapted/group_norm.hpp (4.4)."""
from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._norm cimport Norms, Split
from mlpack_ann._points cimport read_point
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.measured_norm cimport MeasuredNorm

import_array()


cdef class GroupNorm(MeasuredNorm):
    """``gamma * (x - mean) / sqrt(variance + eps) + beta``, with statistics per group of channels.

    The channels of a point fall into `group_count` runs of the same length; mean and (biased)
    variance are those of a run over all its channels and pixels. With as many groups as channels
    it is :class:`InstanceNorm`, with one group :class:`LayerNorm` with a gamma per channel.

    Parameters
    ----------
    group_count : int
        Groups; a divisor of `size`.
    size : int, optional
        Channels; taken from the first input if omitted.
    eps : float, default=1e-8
        Added to the variance, in its unit; at least 0.
    dtype : float32 or float64, default="float64"
        Of weights, input and output; statistics are float64.

    Notes
    -----
    Input and output: (batch, size), images (batch, size, height, width), any (batch, size, ...), or
    such points flat: with `input_dimensions` set, or as (batch, size * pixels).

    `parameters` is gamma (size), at first 1, then beta (size), at first 0. Training or not makes no
    difference. Backward and Gradient go by the statistics of the latest Forward.

    References
    ----------
    Wu and He (2018), Group normalization.
    """
    cdef readonly object group_count

    def __init__(self, group_count, size=None, eps=1e-8, *, dtype="float64"):
        self._built = False
        groups = integer(group_count, self, "group_count")
        if size is not None and integer(size, self, "size") % groups:
            raise ValueError(f"{type(self).__name__}: size is {size}, expected a multiple of "
                             f"group_count, {groups}")
        self.group_count = groups
        super().__init__(size, eps, dtype)

    cdef bint _complete(self):
        return self.group_count is not None

    cdef Py_ssize_t _split(self, const Shape* inner, Split* n) except -1:
        cdef Shape point
        cdef Py_ssize_t groups = self.group_count
        cdef int i
        if read_point(inner, self._input_dimensions, self._size, &point):
            n.outer, n.groups, n.inner = 1, inner.dims[0] * groups, point.dims[0] // groups
            for i in range(1, point.ndim):
                n.inner *= point.dims[i]
            if (point.dims[0] > 0 and point.dims[0] % groups == 0
                    and (self._unsized or point.dims[0] == self._size)):
                return point.dims[0]
        size = self.size or f"a multiple of {groups}"
        return self._refuse_shape(
            inner, f"(batch, {size}, ...) or flat points (batch, {size} * pixels)")

    cdef int _fill(self, Norms* t, ndarray x, ndarray gy, ndarray out) except -1:
        MeasuredNorm._fill(self, t, x, gy, out)
        t.members = self._size // <Py_ssize_t>self.group_count
        return 0
