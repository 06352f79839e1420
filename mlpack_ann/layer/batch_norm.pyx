"""Batch normalisation. Source: mlpack ann/layer/batch_norm.hpp."""
from mlpack_ann._validation import integer

from mlpack_ann._norm cimport Split
from mlpack_ann._points cimport read_point
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.channel_norm cimport ChannelNorm


cdef class BatchNorm(ChannelNorm):
    """``gamma * (x - mean) / sqrt(variance + eps) + beta``, with statistics per channel.

    Mean and variance are those of a channel over all points and pixels of the batch in training
    mode, the running ones otherwise.

    Parameters
    ----------
    size : int, optional
        Channels; taken from the first input if omitted.
    eps : float, default=1e-8
        Added to the variance, in its unit; at least 0.
    average : bool, default=True
        Whether the running statistics are the plain average over the training batches so far;
        otherwise each batch moves them by `momentum` of the difference.
    momentum : float, default=0.1
        From 0 to 1.
    min_axis, max_axis : int, optional
        First and last of the point's axes that have statistics of their own; 0 is the first axis
        after the batch. One channel per combination of their indices. Omitted: 0 and `min_axis`.
    dtype : float32 or float64, default="float64"
        Of weights, input and output; statistics are float64.

    Notes
    -----
    Input and output: (batch, size), images (batch, size, height, width), any (batch, ...) whose
    axes from `min_axis` to `max_axis` have `size` elements, or such points flat: with
    `input_dimensions` set, or as (batch, size * pixels).

    `parameters` is gamma (size), at first 1, then beta (size), at first 0. The output uses the
    biased variance, m values divided by m; the running variance the unbiased one, by m - 1 (0 for
    a single value). Backward and Gradient go by the statistics of the latest Forward. mlpack's
    Backward of mid-2020 leaves out the sums over the pixels.

    References
    ----------
    Ioffe and Szegedy (2015), Batch normalization: accelerating deep network training by reducing
    internal covariate shift.
    """
    cdef readonly object min_axis, max_axis
    cdef int _first, _last

    def __init__(self, size=None, eps=1e-8, average=True, momentum=0.1, *, min_axis=None,
                 max_axis=None, dtype="float64"):
        self.min_axis = None if min_axis is None else integer(min_axis, self, "min_axis", 0)
        self._first = self.min_axis or 0
        self.max_axis = (None if max_axis is None else
                         integer(max_axis, self, "max_axis", self._first))
        self._last = self._first if max_axis is None else self.max_axis
        super().__init__(size, eps, average, momentum, dtype)

    cdef Py_ssize_t _split(self, const Shape* inner, Split* n) except -1:
        cdef Shape point
        cdef Py_ssize_t flat_channels = self._size if self._last == 0 else 0
        cdef int i
        n.outer, n.groups, n.inner = inner.dims[0], 1, 1
        if (read_point(inner, self._input_dimensions, flat_channels, &point)
                and self._last < point.ndim):
            for i in range(point.ndim):
                if i < self._first:
                    n.outer *= point.dims[i]
                elif i <= self._last:
                    n.groups *= point.dims[i]
                else:
                    n.inner *= point.dims[i]
            if n.groups > 0 and (self._unsized or n.groups == self._size):
                return n.groups
        return self._refuse_shape(inner, self._expected())

    def _expected(self):
        size = self.size or "size"
        if self._last == 0:
            return f"(batch, {size}, ...) or flat points (batch, {size} * pixels)"
        axes = f"axes {self._first} to {self._last}"
        return f"(batch, ...) with {size} elements on the point's {axes}"
