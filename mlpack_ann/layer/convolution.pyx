"""Convolution of images. Source: mlpack ann/layer/convolution.hpp."""
from mlpack_ann.layer.filter_bank cimport FilterBank


cdef class Convolution(FilterBank):
    """Correlate images with a bank of filters.

    ``output[n, o, i, j] = b[o] + sum(W[o, c, p, q] * padded[n, c, i * stride_height + p,
    j * stride_width + q])`` over c, p, q: the filters are not flipped.

    Parameters
    ----------
    in_size : int, optional
        Channels of the input; taken from the first input if omitted (give the rest by keyword).
    out_size : int
        Channels of the output, mlpack 4's ``maps``.
    kernel_width, kernel_height : int
        Size of a filter, in pixels.
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
        "direct" sums the products as they stand; "winograd" forms fewer of them, for kernels of 3 x
        3 or 5 x 5 with stride 1 and less padding than kernel; "auto" chooses the faster. May be
        assigned.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights and bias, uniform in ``+-1 / sqrt(in_size * kernel area)``.

    Notes
    -----
    Input (batch, in_size, height, width), output (batch, out_size, 1 + (height + pads -
    kernel_height) // stride_height, the same for the width); or both flat. Rows and columns that
    no filter position reaches have a derivative of 0. `parameters` is W (out_size, in_size,
    kernel_height, kernel_width), then b (out_size), as in mlpack.

    Winograd's way rounds more: relative to the largest result by 2e-5 at most in float32, and by
    5e-14 in float64, where a direct sum errs by 2e-6 and 5e-15. A pixel that is infinite or NaN
    makes NaN of all outputs of its tile, which is up to 5 pixels wide. It is chosen from 8 to 16
    channels on, on both sides.

    References
    ----------
    LeCun et al. (1998), Gradient-based learning applied to document recognition. Lavin and Gray
    (2016), Fast algorithms for convolutional neural networks.
    """
    def __init__(self, in_size=None, out_size=None, kernel_width=None, kernel_height=None,
                 stride_width=1, stride_height=1, pad_w=0, pad_h=0, input_width=0, input_height=0,
                 padding_type="None", *, use_bias=True, algorithm="auto", dtype="float64",
                 rng=None):
        super().__init__(in_size, out_size, kernel_width, kernel_height, stride_width,
                         stride_height, pad_w, pad_h, input_width, input_height, padding_type,
                         use_bias, algorithm, dtype, rng)
