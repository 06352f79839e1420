"""Convolution as it is defined. Source: mlpack ann/convolution_rules/naive_convolution.hpp."""
from mlpack_ann._arrays cimport ndarray
from mlpack_ann._convolution cimport Convolver
from mlpack_ann._planes cimport Geometry
from mlpack_ann.convolution_rules.convolution_rule cimport ConvolutionRule


cdef class DirectRule(ConvolutionRule):
    """A rule that can form the sums as they stand, too."""
    def __cinit__(self):
        self._convolver = Convolver(1, 1, (1, 1), algorithm="direct")

    cdef int _direct(self, const Geometry* k, ndarray x, ndarray w, ndarray y) except -1:
        """Fill y by the shared kernel, of which only the geometry changes from call to call."""
        self._convolver._k = k[0]
        return self._convolver.forward_images(x, w, None, y)


cdef class NaiveConvolution(DirectRule):
    """Correlate images with filters by the sums of products, as they stand.

    Parameters
    ----------
    border_mode : FullConvolution, ValidConvolution, "full" or "valid", default="full"
        Whether the filter reaches beyond the image; kept as "full" or "valid".

    Notes
    -----
    A pixel that is infinite or NaN is met by the outputs whose filter covers it, by no others.
    """
    def __init__(self, border_mode="full"):
        super().__init__(border_mode)

    cdef int _convolve(self, const Geometry* k, ndarray x, ndarray w, ndarray y) except -1:
        return self._direct(k, x, w, y)
