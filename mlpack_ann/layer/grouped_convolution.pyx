"""Grouped convolution of images. Source: mlpack ann/layer/grouped_convolution.hpp."""
from mlpack_ann.layer.filter_bank cimport FilterBank


cdef class GroupedConvolution(FilterBank):
    """Correlate groups of channels with a bank of filters each.

    ``output[n, o, i, j] = b[o] + sum(W[o, c, p, q] * padded[n, g * in_size / groups + c,
    i * stride_height + p, j * stride_width + q])`` over c, p, q, where ``g = o // (out_size /
    groups)`` is the group of o. With as many groups as channels it is a depthwise convolution.

    Parameters
    ----------
    in_size : int, optional
        Channels of the input; taken from the first input if omitted (give the rest by keyword).
    out_size : int
        Channels of the output, mlpack's ``maps``.
    kernel_width, kernel_height : int
        Size of a filter, in pixels.
    groups : int
        Number of groups; divides `in_size` and `out_size`.
    stride_width, stride_height : int, default=1
        Distance between neighbouring positions of the filter, in pixels.
    pad_w, pad_h : int or (int, int), default=0
        Zeros added left and right, and at the top and the bottom: one number for both, or a pair.
    input_width, input_height : int, default=0
        Size of the images, if points are given flat; `input_dimensions` serves the same.
    padding_type : {"None", "valid", "same"}, default="None"
        "valid" adds no zeros, "same" as many as make the output as large as the input, whatever
        the stride (one more on the right and at the bottom, if odd); upper or lower case.
    use_bias : bool, default=True
        Whether there is a b.
    algorithm : {"auto", "direct", "winograd"}, default="auto"
        As `Convolution` has it; "winograd" serves one group only. May be assigned.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights and bias, uniform in ``+-1 / sqrt(in_size / groups * kernel area)``.

    Notes
    -----
    Input (batch, in_size, height, width), output (batch, out_size, 1 + (height + pads -
    kernel_height) // stride_height, the same for the width); or both flat. `parameters` is W
    (out_size, in_size / groups, kernel_height, kernel_width), then b (out_size), as in mlpack.
    Other shapes and numbers raise ValueError, other types TypeError.

    References
    ----------
    Krizhevsky, Sutskever and Hinton (2012), ImageNet classification with deep convolutional neural
    networks.
    """
    def __init__(self, in_size=None, out_size=None, kernel_width=None, kernel_height=None,
                 groups=None, stride_width=1, stride_height=1, pad_w=0, pad_h=0, input_width=0,
                 input_height=0, padding_type="None", *, use_bias=True, algorithm="auto",
                 dtype="float64", rng=None):
        super().__init__(in_size, out_size, kernel_width, kernel_height, stride_width,
                         stride_height, pad_w, pad_h, input_width, input_height, padding_type,
                         use_bias, algorithm, dtype, rng, groups=groups)
