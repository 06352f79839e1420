"""Unpooling. Source: mlpack ann/layer/unpooling.hpp (pull request 2493)."""
import numpy as np

from mlpack_ann._validation import as_array, integer

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._pooling cimport gather, scatter
from mlpack_ann._validation cimport Shape, as_tuple
from mlpack_ann.layer.image_layer cimport ImageLayer
from mlpack_ann.layer.max_pooling cimport MaxPooling

import_array()


cdef class UnPooling(ImageLayer):
    """Put every element back where max pooling found it, and 0 everywhere else.

    ``output[n, c].flat[pooling_indices[n, c, i, j]] += input[n, c, i, j]``: where windows overlap,
    several elements can share a pixel.

    ``UnPooling(pooling)`` goes by the latest Forward of the layer `pooling` and restores the size
    of the image that it saw, with the pixels that rounding had left out. ``UnPooling(indices,
    kernel_width, kernel_height, stride_width, stride_height)`` is mlpack's form, for indices from
    anywhere.

    Parameters
    ----------
    pooling : MaxPooling, AdaptiveMaxPooling or array_like of int
        The pooling layer, or indices ``row * width + column`` within the output image: (batch,
        channels, height, width), flat points (batch, channels * height * width), mlpack's cube
        (batch * channels, height, width), or a list of such arrays, of which the last counts.
    kernel_width, kernel_height : int, optional
        Size of the windows, in pixels; required with indices, left out with a layer.
    stride_width, stride_height : int, default=1
        From one window to the next, in pixels; left out with a layer.

    Notes
    -----
    Input (batch, channels, height, width), as the pooling's output. Output: with a layer, shaped as
    the pooling's input; with indices, (batch, channels, rows, columns) with ``rows = (height - 1) *
    stride_height + kernel_height`` and columns alike. Flat points: see `input_dimensions`, which a
    pooling layer knows.

    Forward and Backward raise RuntimeError before the pooling's Forward, or if that was of a batch
    of another shape, and ValueError if an index lies outside the output image. Backward may be
    called any number of times; mlpack's takes its indices off a stack. The derivative by an element
    is that of its pixel. An empty batch needs no indices.

    References
    ----------
    Zeiler, Taylor and Fergus (2011), Adaptive deconvolutional networks for mid and high level
    feature learning.
    """
    cdef readonly object kernel_width, kernel_height    # None with a layer
    cdef readonly Py_ssize_t stride_width, stride_height
    cdef MaxPooling _layer                              # or None
    cdef ndarray _indices                               # int64, as given, or None with a layer
    cdef object _largest                                # of _indices

    def __init__(self, pooling, kernel_width=None, kernel_height=None, stride_width=1,
                 stride_height=1):
        self._built = False
        self.stride_width = integer(stride_width, self, "stride_width")
        self.stride_height = integer(stride_height, self, "stride_height")
        self._layer = pooling if isinstance(pooling, MaxPooling) else None
        if self._layer is None:
            self._take_indices(pooling, "pooling")
            self.kernel_width = integer(kernel_width, self, "kernel_width")
            self.kernel_height = integer(kernel_height, self, "kernel_height")
        elif not (kernel_width is kernel_height is None
                  and self.stride_width == self.stride_height == 1):
            raise ValueError(f"{type(self).__name__}: pooling is a layer, expected no kernel and "
                             "no stride beside it")
        super().__init__()

    cdef bint _complete(self):
        return self.stride_height > 0

    @property
    def pooling(self):
        """The pooling layer, or the indices where there is none."""
        return self.pooling_indices if self._layer is None else self._layer

    @property
    def pooling_indices(self):
        """ndarray of int64: a copy of the indices in use. Assign those of the next batch, unless a
        layer provides them. None before the layer's first Forward.
        """
        if self._layer is not None:
            return self._layer.pooling_indices
        return None if self._indices is None else (<object>self._indices).copy()

    @pooling_indices.setter
    def pooling_indices(self, value):
        if self._layer is not None:
            raise ValueError(f"{type(self).__name__}: pooling_indices are those of the pooling "
                             "layer, expected no others")
        self._take_indices(value, "pooling_indices")

    cdef int _take_indices(self, object value, str name) except -1:
        last = len(value) - 1 if isinstance(value, (list, tuple)) else -1
        if last >= 0 and isinstance(value[last], np.ndarray):
            value = value[last]
        array = as_array(value, self, name)
        if array.dtype.kind not in "iu":
            raise TypeError(f"{type(self).__name__}: {name} is {array.dtype}, expected an array of "
                            "integers or a MaxPooling layer")
        if array.ndim not in (2, 3, 4):
            raise ValueError(f"{type(self).__name__}: {name} has shape {array.shape}, expected "
                             "(batch, channels, height, width), (batch, features) or (batch * "
                             "channels, height, width)")
        if array.size and array.min() < 0:
            raise ValueError(f"{type(self).__name__}: {name} has the index {array.min()}, "
                             "expected at least 0")
        self._largest = int(array.max(initial=0))
        self._indices = np.array(array, np.int64, order="C")
        return 0

    cdef tuple _flat_dimensions(self):
        if self._input_dimensions is not None or self._layer is None or self._layer._seen is None:
            return self._input_dimensions
        return (<object>self._layer._indices).shape[1:]

    cdef int _image_shape(self, const Shape* inner, Shape* outer) except -1:
        outer[0] = inner[0]
        if self._layer is not None:
            self._require_pooled(as_tuple(inner))
            outer.dims[2], outer.dims[3] = self._layer._seen[2:]
            return 0
        if inner.dims[2] == 0 or inner.dims[3] == 0:
            return self._refuse_shape(inner, "images of at least one pixel")
        outer.dims[2] = (inner.dims[2] - 1) * self.stride_height + self.kernel_height
        outer.dims[3] = (inner.dims[3] - 1) * self.stride_width + self.kernel_width
        if self._largest >= outer.dims[2] * outer.dims[3]:
            raise ValueError(f"{type(self).__name__}: pooling_indices has the index "
                             f"{self._largest}, expected less than {outer.dims[2]} * "
                             f"{outer.dims[3]}, the pixels of an output image")
        return 0

    cdef int _require_pooled(self, tuple shape) except -1:
        """Refuse images that are not shaped as what the layer pooled last."""
        if self._layer._seen is None:
            raise RuntimeError(f"{type(self).__name__}: the pooling layer needs a Forward first")
        pooled = (<object>self._layer._indices).shape
        if shape[1:] != pooled[1:] or shape[0] not in (0, pooled[0]):
            raise RuntimeError(f"{type(self).__name__}: input has shape {shape}, expected that of "
                               f"the pooling layer's latest output, {pooled}")
        return 0

    cdef ndarray _indices_of(self, ndarray x):
        """Return an index for each element of these images."""
        shape = (<object>x).shape
        batch, channels, height, width = shape
        if batch == 0:
            return np.empty(shape, np.int64)
        if self._layer is not None:
            return self._layer._indices
        given = (<object>self._indices).shape
        if given not in (shape, (batch, channels * height * width),
                         (batch * channels, height, width)):
            raise ValueError(f"{type(self).__name__}: pooling_indices has shape {given}, "
                             f"expected {shape}")
        return (<object>self._indices).reshape(shape)

    cdef int _forward_images(self, ndarray x, ndarray y) except -1:
        cdef bint apart = self._layer is not None and self._layer._apart
        return scatter(x, self._indices_of(x), y, apart)

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return gather(gy, self._indices_of(x), g)
