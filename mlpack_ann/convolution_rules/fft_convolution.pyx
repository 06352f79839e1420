"""Convolution by Fourier transforms. Source: mlpack ann/convolution_rules/fft_convolution.hpp."""
import numpy as np

from mlpack_ann._validation import flag

from mlpack_ann._arrays cimport ndarray
from mlpack_ann._planes cimport Geometry
from mlpack_ann.convolution_rules.convolution_rule cimport ConvolutionRule

cdef Py_ssize_t BLOCK = 2**20               # pixels transformed at a time, which bounds the memory


cdef class FFTConvolution(ConvolutionRule):
    """Correlate images with filters by the product of their Fourier transforms.

    It takes about the same time whatever the size of the filter, and is for large ones.

    Parameters
    ----------
    border_mode : FullConvolution, ValidConvolution, "full" or "valid", default="full"
        Whether the filter reaches beyond the image; kept as "full" or "valid".
    pad_last_dim : bool, default=False
        Transform one more column of zeros, which changes no number. mlpack's users need it for an
        odd width; here any width will do.

    Notes
    -----
    Results err by rounding relative to the largest one, not each to itself. Pixels that are
    infinite or NaN make NaN of all the outputs of their image. All positions of the filter are
    computed, whatever the stride, and a dilated filter has zeros between its elements.
    """
    cdef readonly bint pad_last_dim

    def __init__(self, border_mode="full", pad_last_dim=False):
        more = flag(pad_last_dim, self, "pad_last_dim")
        super().__init__(border_mode)
        self.pad_last_dim = more

    cdef int _convolve(self, const Geometry* k, ndarray x, ndarray w, ndarray y) except -1:
        batch, _, height, width = (<object>x).shape
        span_h = (k.kernel_h - 1) * k.dilation_h + 1
        span_w = (k.kernel_w - 1) * k.dilation_w + 1
        # Where the transform is at least this long, what wraps around lands before the output.
        size = (quick_length(height + k.top),
                quick_length(width + k.left + self.pad_last_dim))
        inner = (slice(span_h - 1 - k.top, height + k.top, k.stride_h),
                 slice(span_w - 1 - k.left, width + k.left, k.stride_w))
        images = (<object>x).reshape(batch, k.groups, k.in_channels // k.groups, height, width)
        results = (<object>y).reshape(batch, k.groups, k.out_channels // k.groups,
                                      *(<object>y).shape[2:])
        filters = spread(w, span_h, span_w, k.dilation_h, k.dilation_w).reshape(
            k.groups, k.out_channels // k.groups, k.in_channels // k.groups, span_h, span_w)
        area = size[0] * size[1]
        some = max(1, BLOCK // (area * k.in_channels))          # outputs of a group at a time,
        step = max(1, BLOCK // (area * max(k.in_channels, k.groups * some)))    # and images
        with np.errstate(all="ignore"):
            for first in range(0, results.shape[2], some):
                factors = np.fft.rfft2(filters[:, first:first + some], size)
                for start in range(0, batch, step):
                    spectrum = np.fft.rfft2(images[start:start + step], size)
                    total = spectrum[:, :, None, 0] * factors[:, :, 0]
                    for c in range(1, spectrum.shape[2]):
                        total += spectrum[:, :, None, c] * factors[:, :, c]
                    whole = np.fft.irfft2(total, size)[..., inner[0], inner[1]]
                    results[start:start + step, :, first:first + some] = whole
        return 0


def spread(filters, height, width, dilation_h, dilation_w):
    """Return the filters turned by 180 degrees, so that a convolution with them correlates, and
    with zeros between their elements."""
    turned = filters[..., ::-1, ::-1]
    if dilation_h == dilation_w == 1:
        return turned
    result = np.zeros((*filters.shape[:2], height, width), filters.dtype)
    result[..., ::dilation_h, ::dilation_w] = turned
    return result


def quick_length(least):
    """Return the next length without prime factors above 5, which transforms are quick for."""
    while True:
        rest = least
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return least
        least += 1
