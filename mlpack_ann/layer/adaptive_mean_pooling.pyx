"""Adaptive mean pooling. Source: mlpack ann/layer/adaptive_mean_pooling.hpp."""
from mlpack_ann._validation import integer

from mlpack_ann._pooling cimport Windows
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.image_layer cimport ImageLayer
from mlpack_ann.layer.mean_pooling cimport MeanPooling
from mlpack_ann.layer.pooling cimport fit_windows


cdef class AdaptiveMeanPooling(MeanPooling):
    """:class:`MeanPooling` whose windows are chosen to give an output of a fixed size.

    Along each axis ``stride = input // output`` and ``kernel = input - (output - 1) * stride``.

    Parameters
    ----------
    output_width, output_height : int
        Size of the output, in pixels.

    Notes
    -----
    Input (batch, channels, height, width), not smaller than the output. Output (batch, channels,
    output_height, output_width). Flat points: see `input_dimensions`.

    The windows cover the whole image and are all of one size. PyTorch's adaptive pooling has
    windows of differing sizes where the output's size does not divide the input's.
    """
    cdef readonly Py_ssize_t output_width, output_height

    def __init__(self, output_width, output_height):
        self._built = False
        self.output_width = integer(output_width, self, "output_width")
        self.output_height = integer(output_height, self, "output_height")
        ImageLayer.__init__(self)           # there is no kernel to set

    cdef bint _complete(self):
        return self.output_width > 0

    cdef int _windows(self, const Shape* images, Windows* windows) except -1:
        return fit_windows(self, images, self.output_width, self.output_height, windows)
