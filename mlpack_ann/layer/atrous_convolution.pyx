"""Dilated convolution of images. Source: mlpack ann/layer/atrous_convolution.hpp."""
from mlpack_ann.layer.filter_bank cimport FilterBank


cdef class AtrousConvolution(FilterBank):
    """Correlate images with a bank of dilated filters, which have holes between their taps.

    ``output[n, o, i, j] = b[o] + sum(W[o, c, p, q] * padded[n, c, i * stride_height
    + p * dilation_height, j * stride_width + q * dilation_width])`` over c, p, q.

    Parameters
    ----------
    in_size : int, optional
        Channels of the input; taken from the first input if omitted (give the rest by keyword).
    out_size : int
        Channels of the output.
    kernel_width, kernel_height : int
        Size of a filter, in taps.
    stride_width, stride_height : int, default=1
        Distance between neighbouring positions of the filter, in pixels.
    pad_w, pad_h : int or (int, int), default=0
        Zeros added left and right, and at the top and the bottom: one number for both, or a pair.
    input_width, input_height : int, default=0
        Size of the images, if points are given flat; `input_dimensions` serves the same.
    dilation_width, dilation_height : int, default=1
        Distance between neighbouring taps of the filter, in pixels.
    padding_type : {"None", "valid", "same"}, default="None"
        "valid" adds no zeros, "same" as many as make the output as large as the input, whatever
        the stride (one more on the right and at the bottom, if odd); upper or lower case.
    use_bias : bool, default=True
        Whether there is a b.
    algorithm : {"auto", "direct", "winograd"}, default="auto"
        As `Convolution` has it; "winograd" serves a dilation of 1 only. May be assigned.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights and bias, uniform in ``+-1 / sqrt(in_size * kernel area)``.

    Notes
    -----
    Input (batch, in_size, height, width), output (batch, out_size, 1 + (height + pads -
    dilation_height * (kernel_height - 1) - 1) // stride_height, the same for the width); or both
    flat. `parameters` is W (out_size, in_size, kernel_height, kernel_width), then b (out_size).
    Other shapes and numbers raise ValueError, other types TypeError.

    References
    ----------
    Yu and Koltun (2016), Multi-scale context aggregation by dilated convolutions.
    """
    def __init__(self, in_size=None, out_size=None, kernel_width=None, kernel_height=None,
                 stride_width=1, stride_height=1, pad_w=0, pad_h=0, input_width=0, input_height=0,
                 dilation_width=1, dilation_height=1, padding_type="None", *, use_bias=True,
                 algorithm="auto", dtype="float64", rng=None):
        super().__init__(in_size, out_size, kernel_width, kernel_height, stride_width,
                         stride_height, pad_w, pad_h, input_width, input_height, padding_type,
                         use_bias, algorithm, dtype, rng, dilation_width, dilation_height)
