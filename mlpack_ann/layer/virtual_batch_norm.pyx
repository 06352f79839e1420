"""Virtual batch normalisation. Source: mlpack ann/layer/virtual_batch_norm.hpp."""
import numpy as np

from mlpack_ann._validation import as_array, flag, integer

from mlpack_ann._arrays cimport PyArray_DATA, import_array, ndarray
from mlpack_ann._norm cimport Norms, Split
from mlpack_ann._points cimport read_point
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.measured_norm cimport MeasuredNorm

import_array()


cdef class VirtualBatchNorm(MeasuredNorm):
    """``gamma * (x - mean) / sqrt(variance + eps) + beta``, with statistics of a reference batch.

    With ``c = 1 / (n + 1)`` for n points of reference, mean and mean square of a channel are
    ``(1 - c)`` times those of the reference batch plus ``c`` times those of the input; the variance
    is ``mean square - mean ** 2``.

    Parameters
    ----------
    reference_batch : array_like of shape (n, size), (n, size, ...) or (n, size * pixels)
        Chosen once; its statistics are over its points and pixels. At least one point.
    size : int, optional
        Channels; as many as the reference batch has on its second axis if omitted.
    eps : float, default=1e-8
        Added to the variance, in its unit; at least 0.
    per_point : bool, default=False
        Whether "those of the input" are each point's own, as Salimans et al. define it, so that
        the points of a batch do not depend on each other. mlpack takes the whole batch's; for a
        single point both are the same.
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
    Salimans et al. (2016), Improved techniques for training GANs.
    """
    cdef readonly bint per_point
    cdef ndarray _reference
    cdef ndarray _other                     # mean and variance of each channel of reference

    def __init__(self, reference_batch, size=None, eps=1e-8, *, per_point=False, dtype="float64"):
        self._built = False
        reference = as_array(reference_batch, self, "reference_batch")
        if reference.dtype.kind not in "biuf":
            raise TypeError(f"{type(self).__name__}: reference_batch is {reference.dtype}, "
                            "expected numbers")
        flat = reference.ndim == 2 and size is not None
        channels = (integer(size, self, "size") if size is not None else
                    reference.shape[1] if reference.ndim > 1 else 0)
        if (reference.size == 0 or reference.ndim < 2
                or (reference.shape[1] % channels if flat else reference.shape[1] != channels)):
            size = "size" if size is None else channels
            raise ValueError(f"{type(self).__name__}: reference_batch has shape {reference.shape}, "
                             f"expected (n, {size}, ...) or flat points (n, {size} * pixels) with "
                             "elements")
        reference = np.array(reference, np.float64, order="C")
        pixels = reference.reshape(len(reference), channels, -1)
        self.per_point = flag(per_point, self, "per_point")
        self._other = np.stack([pixels.mean((0, 2)), pixels.var((0, 2))])
        self._reference = reference
        super().__init__(channels, eps, dtype)

    cdef bint _complete(self):
        return self._reference is not None

    @property
    def reference_batch(self):
        """ndarray of float64: a copy of the reference batch."""
        return None if self._reference is None else (<object>self._reference).copy()

    cdef Py_ssize_t _split(self, const Shape* inner, Split* n) except -1:
        cdef Shape point
        cdef int i
        if read_point(inner, self._input_dimensions, self._size, &point):
            n.outer, n.groups, n.inner = inner.dims[0], point.dims[0], 1
            if self.per_point:
                n.outer, n.groups = 1, inner.dims[0] * point.dims[0]
            for i in range(1, point.ndim):
                n.inner *= point.dims[i]
            if point.dims[0] == self._size:
                return self._size
        return self._refuse_shape(inner, f"(batch, {self._size}, ...) or flat points "
                                         f"(batch, {self._size} * pixels)")

    cdef int _fill(self, Norms* t, ndarray x, ndarray gy, ndarray out) except -1:
        MeasuredNorm._fill(self, t, x, gy, out)
        t.own = 1.0 / (self._reference.shape[0] + 1)
        t.other_mean = <const double*>PyArray_DATA(self._other)
        t.other_variance = t.other_mean + self._size
        return 0
