"""Instance normalisation. Source: mlpack ann/layer/instance_norm.hpp (pull request 2562)."""
from mlpack_ann._norm cimport Split
from mlpack_ann._points cimport read_point
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.channel_norm cimport ChannelNorm


cdef class InstanceNorm(ChannelNorm):
    """``gamma * (x - mean) / sqrt(variance + eps) + beta``, with statistics per point and channel.

    Mean and variance are those of each point's channel over its pixels in training mode, the
    running ones of the channel otherwise. On a single image it is :class:`BatchNorm`.

    Parameters
    ----------
    size : int, optional
        Channels; taken from the first input if omitted.
    eps : float, default=1e-5
        Added to the variance, in its unit; at least 0.
    average : bool, default=True
        Whether the running statistics are the plain average over the training batches so far;
        otherwise each batch moves them by `momentum` of the difference.
    momentum : float, default=0.1
        From 0 to 1.
    dtype : float32 or float64, default="float64"
        Of weights, input and output; statistics are float64.

    Notes
    -----
    Input and output: images (batch, size, height, width), any (batch, size, ...), or such points
    flat: with `input_dimensions` set, or as (batch, size * pixels).

    `parameters` is gamma (size), at first 1, then beta (size), at first 0; mlpack has them for each
    point of the first batch. A batch counts in the running statistics with the average over its
    points of mean and unbiased variance (0 for a single pixel). Backward and Gradient go by the
    statistics of the latest Forward.

    References
    ----------
    Ulyanov, Vedaldi and Lempitsky (2016), Instance normalization: the missing ingredient for fast
    stylization.
    """
    def __init__(self, size=None, eps=1e-5, average=True, momentum=0.1, *, dtype="float64"):
        super().__init__(size, eps, average, momentum, dtype)

    cdef Py_ssize_t _split(self, const Shape* inner, Split* n) except -1:
        cdef Shape point
        cdef int i
        if read_point(inner, self._input_dimensions, self._size, &point):
            n.outer, n.groups, n.inner = 1, inner.dims[0] * point.dims[0], 1
            for i in range(1, point.ndim):
                n.inner *= point.dims[i]
            if point.dims[0] > 0 and (self._unsized or point.dims[0] == self._size):
                return point.dims[0]
        size = self.size or "size"
        return self._refuse_shape(
            inner, f"(batch, {size}, ...) or flat points (batch, {size} * pixels)")
