"""Base class of the rules of convolution: the public method, written once.

Source: mlpack ann/convolution_rules/base_convolution.hpp.
"""
import numpy as np

from mlpack_ann._signature import ConstructorSignature, arguments_of, representation, restore
from mlpack_ann._validation import flag, integer
from mlpack_ann.convolution_rules.border_modes import border_name

from mlpack_ann._arrays cimport PyArray_DIM, PyArray_NDIM, PyArray_TYPE, import_array, ndarray
from mlpack_ann._planes cimport Geometry
from mlpack_ann._validation cimport (ANY_FLOAT, Shape, as_input, as_target, check_apart, of_shape)

import_array()

cdef object LARGEST = 2**48                 # elements of padded images that memory could hold


cdef class ConvolutionRule:
    """A way to correlate images with filters; all give the same numbers.

    A class writes the hook `_convolve`, which gets checked, C-contiguous arrays of one dtype:
    x (batch, in_channels, h, w), w (out_channels, in_channels / groups, kernel_h, kernel_w) and
    y (batch, out_channels, rows, columns), none of them empty. Either `batch` or `out_channels`
    is 1.

    Parameters
    ----------
    border_mode : FullConvolution, ValidConvolution, "full" or "valid", default="full"
        Whether the filter reaches beyond the image; kept as "full" or "valid".
    """
    __signature__ = ConstructorSignature()

    def __init__(self, border_mode="full"):
        self.border_mode = border_name(border_mode, self)
        self._built = True

    def Convolution(self, input, filter, output=None, d_w=1, d_h=1, dilation_w=1, dilation_h=1,
                    appending=False):
        """Correlate images with filters, which are not flipped.

        ``output[i, j] = sum(filter[p, q] * padded[i * d_h + p * dilation_h, j * d_w + q *
        dilation_w])``, `padded` being the image, for "full" with a border of zeros that is one
        less than the dilated filter.

        Parameters
        ----------
        input : array_like of shape (height, width) or (n, height, width)
            An image, or a stack of them.
        filter : array_like of shape (rows, columns), (m, rows, columns) or (out, n, rows, columns)
            One filter for every image; a stack, each of which is applied to the one image, or to
            the image of the same index in a stack of n; or, for n images that are channels, those
            of each output, whose results are summed over n.
        output : ndarray of shape (height', width'), or (n, m or out, height', width'), optional
            Filled and returned; a new array if omitted. height' = (padded height - dilation_h *
            (rows - 1) - 1) // d_h + 1, the same for the width. It has two axes if image and filter
            have, else three.
        d_w, d_h : int, default=1
            Distance between neighbouring positions of the filter, in pixels: along the width, and
            along the height.
        dilation_w, dilation_h : int, default=1
            Distance between neighbouring elements of the filter, in pixels.
        appending : bool, default=False
            Add to `output`, which is to be given, instead of replacing what it holds.

        Returns
        -------
        ndarray

        Raises
        ------
        TypeError
            For a dtype other than float32, float64, integers and booleans; for a filter or output
            that is not of the input's.
        ValueError
            For a wrong shape, a filter that has no valid position, or an `output` that is
            read-only, strided or overlaps another array.
        """
        cdef Geometry k
        cdef Shape shape
        cdef Py_ssize_t batch = 1, n = 1, height, width
        if not self._built:
            raise RuntimeError(f"{type(self).__name__}: __init__ was not called, expected it to be")
        k.stride_w, k.stride_h = integer(d_w, self, "d_w"), integer(d_h, self, "d_h")
        k.dilation_w = integer(dilation_w, self, "dilation_w")
        k.dilation_h = integer(dilation_h, self, "dilation_h")
        cdef bint adds = flag(appending, self, "appending")
        if adds and output is None:
            raise TypeError(f"{type(self).__name__}: output is None, expected an array to add to")
        cdef ndarray x = as_input(input, ANY_FLOAT, self, "input")
        cdef ndarray w = as_input(filter, PyArray_TYPE(x), self, "filter")
        cdef ndarray y = as_target(output, PyArray_TYPE(x), self, "output")
        cdef int images = PyArray_NDIM(x), filters = PyArray_NDIM(w)
        if images != 2 and images != 3:
            self._refuse("input", x, "(height, width) or (n, height, width)")
        height, width = PyArray_DIM(x, images - 2), PyArray_DIM(x, images - 1)
        if height == 0 or width == 0:
            self._refuse("input", x, "images of one pixel or more")
        if images == 3:
            n = PyArray_DIM(x, 0)
        k.in_channels = k.out_channels = k.groups = 1
        if filters == 2:
            batch = n
        elif filters == 3:
            k.out_channels = PyArray_DIM(w, 0)
            if images == 3:
                k.in_channels = k.groups = n
                if k.out_channels != n:
                    self._refuse("filter", w, f"({n}, rows, columns), one for each image, or "
                                              f"(out, {n}, rows, columns)")
        elif filters == 4 and images == 3:
            k.in_channels, k.out_channels = n, PyArray_DIM(w, 0)
            if PyArray_DIM(w, 1) != n:
                self._refuse("filter", w, f"(out, {n}, rows, columns)")
        else:
            self._refuse("filter", w, "(rows, columns) or (m, rows, columns), or for a stack of n "
                                      "images (out, n, rows, columns)")
        k.kernel_h, k.kernel_w = PyArray_DIM(w, filters - 2), PyArray_DIM(w, filters - 1)
        if k.kernel_h == 0 or k.kernel_w == 0:
            self._refuse("filter", w, "filters of one element or more")
        shape.ndim = 2 if images == filters == 2 else 3
        shape.dims[0] = batch * k.out_channels
        self._place(&k, w, height, width, &shape)
        y = of_shape(y, &shape, PyArray_TYPE(x), self, "output")
        if output is not None:
            check_apart(y, x, input, self, "output", "input")
            check_apart(y, w, filter, self, "output", "filter")
        self._run(&k, x, w, y, adds)
        return y if output is None else output

    def __repr__(self):
        return representation(self)

    def __reduce__(self):
        return restore, (type(self), arguments_of(self), None)

    cdef int _convolve(self, const Geometry* k, ndarray x, ndarray w, ndarray y) except -1:
        raise NotImplementedError(f"{type(self).__name__}: Convolution is left to the classes that "
                                  "inherit")

    cdef int _place(self, Geometry* k, ndarray w, Py_ssize_t height, Py_ssize_t width,
                    Shape* outer) except -1:
        """Fill in the padding and the output's last two sizes, or refuse the filter's."""
        # As Python integers, which do not overflow.
        span_h = <object>(k.kernel_h - 1) * k.dilation_h + 1
        span_w = <object>(k.kernel_w - 1) * k.dilation_w + 1
        pad_h, pad_w = (span_h - 1, span_w - 1) if self.border_mode == "full" else (0, 0)
        padded_h, padded_w = height + 2 * pad_h, width + 2 * pad_w
        if span_h > padded_h or span_w > padded_w:
            self._refuse("filter", w, "filters that, dilated, are at most as large as the image "
                                      f"({height}, {width})")
        if padded_h * padded_w * max(k.in_channels, k.out_channels) > LARGEST:
            self._refuse("filter", w, "filters that, dilated, do not ask for more than memory "
                                      "could hold")
        k.top = k.bottom = pad_h
        k.left = k.right = pad_w
        outer.dims[outer.ndim - 2] = (padded_h - span_h) // k.stride_h + 1
        outer.dims[outer.ndim - 1] = (padded_w - span_w) // k.stride_w + 1
        return 0

    cdef int _run(self, const Geometry* k, ndarray x, ndarray w, ndarray y, bint adds) except -1:
        """Give all arrays four axes, and call the hook where there is something to sum."""
        if (<object>y).size == 0:
            return 0
        if k.in_channels == 0:
            if not adds:
                y[...] = 0
            return 0
        image = (<object>x).shape[PyArray_NDIM(x) - 2:]
        result = (<object>y).shape[PyArray_NDIM(y) - 2:]
        images = (<object>x).reshape(-1, k.in_channels, *image)
        filters = (<object>w).reshape(k.out_channels, k.in_channels // k.groups, k.kernel_h,
                                      k.kernel_w)
        results = (<object>y).reshape(len(images), k.out_channels, *result)
        if not adds:
            return self._convolve(k, images, filters, results)
        summands = np.empty_like(results)
        self._convolve(k, images, filters, summands)
        results += summands
        return 0

    cdef int _refuse(self, str name, ndarray given, str expected) except -1:
        raise ValueError(f"{type(self).__name__}: {name} has shape {(<object>given).shape}, "
                         f"expected {expected}")
