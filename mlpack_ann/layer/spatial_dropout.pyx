"""Dropout of whole channels. Source: mlpack ann/layer/spatial_dropout.hpp (pull request 2564)."""
from mlpack_ann._validation import integer

from mlpack_ann._points cimport read_point
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.masked cimport Masked


cdef class SpatialDropout(Masked):
    """``output = mask * input / (1 - ratio)``, with a random zero or one for each whole channel.

    In inference mode the output is the input.

    Parameters
    ----------
    size : int, optional
        Channels; those of each input if omitted.
    ratio : float, default=0.5
        Probability that a channel is dropped, from 0 to 1; at 1 the output is 0.
    rng : numpy.random.Generator, optional
        Where masks come from.

    Notes
    -----
    Input and output: images (batch, size, height, width), any (batch, size, ...), or such points
    flat: with `input_dimensions` set, or as (batch, size * pixels).

    Each Forward in training mode draws a new mask (batch, size), unless `mask` is assigned; `mask`
    tells which, and Backward uses that of the latest Forward. mlpack draws one for all points, and
    keeps with probability `ratio` what it scales by ``1 / (1 - ratio)``.

    References
    ----------
    Tompson, Goroshin, Jain, LeCun and Bregler (2015), Efficient object localization using
    convolutional networks.
    """
    cdef readonly object size

    def __init__(self, size=None, ratio=0.5, *, rng=None):
        self.size = None if size is None else integer(size, self, "size")
        super().__init__(ratio, rng)

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Shape mask
        self._mask_shape(inner, &mask)
        return Masked._output_shape(self, inner, outer)

    cdef int _mask_shape(self, const Shape* inner, Shape* mask) except -1:
        cdef Shape point
        cdef Py_ssize_t size = 0 if self.size is None else self.size
        if read_point(inner, self._input_dimensions, size, &point):
            mask.ndim = 2
            mask.dims[0], mask.dims[1] = inner.dims[0], point.dims[0]
            if size == 0 or size == point.dims[0]:
                return 0
        size_text = self.size or "size"
        return self._refuse_shape(
            inner, f"(batch, {size_text}, ...) or flat points (batch, {size_text} * pixels)")
