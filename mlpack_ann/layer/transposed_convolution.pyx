"""Transposed convolution of images. Source: mlpack ann/layer/transposed_convolution.hpp."""
import numpy as np

from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._convolution cimport Convolver, sum_images
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.filter_bank cimport FilterBank

import_array()


cdef class TransposedConvolution(FilterBank):
    """Spread each pixel over the output, multiplied by a filter: the adjoint of `Convolution`.

    ``full[n, o, i * stride_height + p, j * stride_width + q] += W[o, c, p, q] * input[n, c, i, j]``
    for all c, i, j, p, q; the output is b[o] plus `full` without what the padding takes away.

    Parameters
    ----------
    in_size : int, optional
        Channels of the input; taken from the first input if omitted (give the rest by keyword).
    out_size : int
        Channels of the output, mlpack 4's ``maps``.
    kernel_width, kernel_height : int
        Size of a filter, in pixels.
    stride_width, stride_height : int, default=1
        Distance in the output between neighbouring pixels of the input, in pixels.
    pad_w, pad_h : int or (int, int), default=0
        Pixels of `full` taken away left and right, and at the top and the bottom: one number for
        both, or a pair.
    input_width, input_height : int, default=0
        Size of the images, if points are given flat; `input_dimensions` serves the same.
    output_width, output_height : int, default=0
        Size of the output, which may be larger than `full` by less than the stride, on the right
        and at the bottom; 0 leaves it to `output_pad_w` and `output_pad_h`.
    padding_type : {"None", "valid", "same"}, default="None"
        "valid" takes nothing away, "same" as much as makes the output as large as the input,
        whatever the stride (one more on the right and at the bottom, if odd); upper or lower case.
    output_pad_w, output_pad_h : int, default=0
        Pixels by which the output is larger on the right and at the bottom; less than the stride.
    use_bias : bool, default=True
        Whether there is a b.
    algorithm : {"auto", "direct", "winograd"}, default="auto"
        As `Convolution` has it. May be assigned.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights and bias, uniform in ``+-1 / sqrt(in_size * kernel area)``.

    Notes
    -----
    Input (batch, in_size, height, width), output (batch, out_size, stride_height * (height - 1) +
    kernel_height - pads + output_pad_h, the same for the width); or both flat. `parameters` is W
    (out_size, in_size, kernel_height, kernel_width), then b (out_size), as in mlpack; PyTorch has
    the first two axes of W exchanged, mlpack 4.8 its filters rotated by 180 degrees. Other shapes
    and numbers raise ValueError, other types TypeError.

    References
    ----------
    Zeiler, Krishnan, Taylor and Fergus (2010), Deconvolutional networks. Dumoulin and Visin (2016),
    A guide to convolution arithmetic for deep learning.
    """
    cdef readonly Py_ssize_t output_width, output_height, output_pad_w, output_pad_h
    cdef ndarray _turned                    # weights (in, out, ...), as the adjoint has them

    def __init__(self, in_size=None, out_size=None, kernel_width=None, kernel_height=None,
                 stride_width=1, stride_height=1, pad_w=0, pad_h=0, input_width=0, input_height=0,
                 output_width=0, output_height=0, padding_type="None", *, output_pad_w=0,
                 output_pad_h=0, use_bias=True, algorithm="auto", dtype="float64", rng=None):
        self._built = False
        self.output_width = integer(output_width, self, "output_width", 0)
        self.output_height = integer(output_height, self, "output_height", 0)
        self.output_pad_w = output_pad(output_pad_w, self, "output_pad_w",
                                       integer(stride_width, self, "stride_width"), output_width)
        self.output_pad_h = output_pad(output_pad_h, self, "output_pad_h",
                                       integer(stride_height, self, "stride_height"), output_height)
        super().__init__(in_size, out_size, kernel_width, kernel_height, stride_width,
                         stride_height, pad_w, pad_h, input_width, input_height, padding_type,
                         use_bias, algorithm, dtype, rng)

    cdef int _bind(self) except -1:
        FilterBank._bind(self)
        self._turned = np.empty_like(self._weight.swapaxes(0, 1), order="C")
        return 0

    cdef int _image_shape(self, const Shape* inner, Shape* outer) except -1:
        self._check_channels(inner)
        if inner.dims[2] == 0 or inner.dims[3] == 0:
            return self._refuse_shape(inner, "images of one pixel or more")
        top, bottom, left, right = self._paddings(inner.dims[2], inner.dims[3])
        rows = self.stride_height * <object>(inner.dims[2] - 1) + self.kernel_height
        columns = self.stride_width * <object>(inner.dims[3] - 1) + self.kernel_width
        self._check_area(inner, self.out_size, rows, columns)
        height = self.output_height or rows - top - bottom + self.output_pad_h
        width = self.output_width or columns - left - right + self.output_pad_w
        if height < 1 or width < 1:
            return self._refuse_shape(inner, "images that give an output larger than what padding "
                                      "takes away")
        if not (0 <= height - rows + top + bottom < self.stride_height
                and 0 <= width - columns + left + right < self.stride_width):
            return self._refuse_shape(inner, f"images that give an output of ({height}, {width}) "
                                      "or, by less than the stride, smaller")
        outer.ndim = 4
        outer.dims[0], outer.dims[1] = inner.dims[0], self.out_size
        outer.dims[2], outer.dims[3] = height, width
        return 0

    cdef Convolver _new_convolver(self, tuple padding):
        return Convolver(self.out_size, self._in_size, (self.kernel_height, self.kernel_width),
                         (self.stride_height, self.stride_width), padding,
                         algorithm=self._algorithm)

    cdef ndarray _turned_weight(self):
        np.copyto(self._turned, self._weight.swapaxes(0, 1))
        return self._turned

    cdef int _forward_images(self, ndarray x, ndarray y) except -1:
        return self._convolver_for(x).backward_images(x, self._turned_weight(), self._bias, y)

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return self._convolver_for(x).forward_images(gy, self._turned_weight(), None, g)

    cdef int _gradient_images(self, ndarray x, ndarray error, ndarray gradient) except -1:
        weight, bias = self._cut(gradient)
        self._convolver_for(x).gradient_images(error, x, self._turned, None)
        np.copyto(weight, self._turned.swapaxes(0, 1))
        return sum_images(error, bias) if self.use_bias else 0


def output_pad(pixels, owner, name, stride, size):
    """Return `pixels` if they are less than the stride, and 0 where the size is given instead."""
    pixels = integer(pixels, owner, name, 0)
    if pixels and (size or pixels >= stride):
        expected = "0 where the size of the output is given" if size else (
            f"less than {stride}, the stride")
        raise ValueError(f"{type(owner).__name__}: {name} is {pixels}, expected {expected}")
    return pixels
