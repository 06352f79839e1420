"""Convolution of images. Source: mlpack ann/layer/convolution.hpp."""
from mlpack_ann import _random
from mlpack_ann._validation import flag, integer, pair, shown

from mlpack_ann._arrays cimport PyArray_DIM, import_array, ndarray
from mlpack_ann._convolution cimport Convolver
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.image_layer cimport ImageLayer

import_array()

PADDING_TYPES = ("none", "valid", "same")
ALGORITHMS = ("auto", "direct", "winograd")


cdef object one_or_both(tuple pads):
    return pads[0] if pads[0] == pads[1] else pads


cdef class Convolution(ImageLayer):
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
        self._built, self._unsized = False, True
        self._in_size = 0 if in_size is None else integer(in_size, self, "in_size")
        self.out_size = integer(out_size, self, "out_size")
        self.kernel_width = integer(kernel_width, self, "kernel_width")
        self.kernel_height = integer(kernel_height, self, "kernel_height")
        self.stride_width = integer(stride_width, self, "stride_width")
        self.stride_height = integer(stride_height, self, "stride_height")
        left_right, top_bottom = pair(pad_w, self, "pad_w"), pair(pad_h, self, "pad_h")
        self._given_padding = *top_bottom, *left_right
        self.input_width = integer(input_width, self, "input_width", 0)
        self.input_height = integer(input_height, self, "input_height", 0)
        if not isinstance(padding_type, str) or padding_type.lower() not in PADDING_TYPES:
            raise ValueError(f"{type(self).__name__}: padding_type is {shown(padding_type)}, "
                             "expected 'None', 'valid' or 'same'")
        self.padding_type = padding_type
        self.use_bias = flag(use_bias, self, "use_bias")
        self.algorithm = algorithm
        self._padding = None if padding_type.lower() == "same" else self._paddings(0, 0)
        self._convolver = None
        super().__init__(dtype, rng)
        if in_size is not None:
            self._allocate(self._size())

    cdef bint _complete(self):
        return self.stride_height > 0

    @property
    def in_size(self):
        """int: channels of the input; None until the first input tells."""
        return self._in_size or None

    @property
    def algorithm(self):
        """str: "auto", "direct" or "winograd"."""
        return self._algorithm

    @algorithm.setter
    def algorithm(self, value):
        if not isinstance(value, str) or value not in ALGORITHMS:
            raise ValueError(f"{type(self).__name__}: algorithm is {shown(value)}, "
                             "expected 'auto', 'direct' or 'winograd'")
        if value == "winograd" and not (self.kernel_width == self.kernel_height in (3, 5)
                                        and self.stride_width == self.stride_height == 1):
            raise ValueError(f"{type(self).__name__}: algorithm is 'winograd', expected a kernel "
                             "of 3 x 3 or 5 x 5 and a stride of 1 with it")
        self._algorithm, self._convolver = value, None

    @property
    def pad_w(self):
        """int or (int, int): as given to the constructor."""
        return self._given_padding and one_or_both(self._given_padding[2:])

    @property
    def pad_h(self):
        """int or (int, int): as given to the constructor."""
        return self._given_padding and one_or_both(self._given_padding[:2])

    @property
    def pad_h_top(self):
        """int: zeros added at the top; None for "same" padding before the first Forward."""
        return self._padding and self._padding[0]

    @property
    def pad_h_bottom(self):
        """int: zeros added at the bottom; see `pad_h_top`."""
        return self._padding and self._padding[1]

    @property
    def pad_w_left(self):
        """int: zeros added at the left; see `pad_h_top`."""
        return self._padding and self._padding[2]

    @property
    def pad_w_right(self):
        """int: zeros added at the right; see `pad_h_top`."""
        return self._padding and self._padding[3]

    @property
    def weight(self):
        """(out_size, in_size, kernel_height, kernel_width): W, a live view of the parameters; None
        before the size is known."""
        return None if self._weight is None else self._weight[:]

    @property
    def bias(self):
        """(out_size,): b, a live view of the parameters; None before the size is known, or without
        one."""
        return None if self._bias is None else self._bias[:]

    def _size(self):
        # As Python integers, which do not overflow.
        filters, taps = int(self.out_size), int(self._in_size)
        for size in (self.kernel_height, self.kernel_width):
            taps *= size
        return filters * (taps + self.use_bias)

    cdef int _infer(self, const Shape* inner) except -1:
        cdef Shape images
        self._as_images(inner, &images)
        if images.dims[1] == 0:
            return self._refuse_shape(inner, "images of one channel or more")
        self._in_size = images.dims[1]
        return self._allocate(self._size())

    cdef int _bind(self) except -1:
        shape = self.out_size, self._in_size, self.kernel_height, self.kernel_width
        weights = self._size() - self.out_size * self.use_bias
        self._weight = self._parameters[:weights].reshape(shape)
        self._bias = self._parameters[weights:] if self.use_bias else None
        return 0

    cdef int _initialise(self) except -1:
        bound = (self._in_size * self.kernel_height * self.kernel_width) ** -0.5
        self._parameters[:] = _random.generator(self.rng).uniform(-bound, bound, self._size())
        return 0

    cdef tuple _flat_dimensions(self):
        if self._input_dimensions is None and self.input_width and self.input_height:
            return self._in_size or 1, self.input_height, self.input_width
        return self._input_dimensions

    cdef tuple _paddings(self, Py_ssize_t height, Py_ssize_t width):
        """Return the zeros added at the top, the bottom, left and right of such an image."""
        kind = self.padding_type.lower()
        if kind == "none":
            return self._given_padding
        if kind == "valid":
            return 0, 0, 0, 0
        vertical = (self.stride_height - 1) * height + self.kernel_height - self.stride_height
        horizontal = (self.stride_width - 1) * width + self.kernel_width - self.stride_width
        return (vertical // 2, vertical - vertical // 2, horizontal // 2,
                horizontal - horizontal // 2)

    cdef int _image_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Py_ssize_t rows, columns
        if inner.dims[1] != self._in_size and not self._unsized:
            return self._refuse_shape(inner, f"(batch, {self._in_size}, height, width)")
        top, bottom, left, right = self._paddings(inner.dims[2], inner.dims[3])
        rows = inner.dims[2] + top + bottom - self.kernel_height
        columns = inner.dims[3] + left + right - self.kernel_width
        if inner.dims[2] == 0 or inner.dims[3] == 0 or rows < 0 or columns < 0:
            return self._refuse_shape(inner, "images that with their padding are at least as large "
                                      f"as the kernel ({self.kernel_height}, {self.kernel_width})")
        outer.ndim = 4
        outer.dims[0], outer.dims[1] = inner.dims[0], self.out_size
        outer.dims[2] = rows // self.stride_height + 1
        outer.dims[3] = columns // self.stride_width + 1
        return 0

    cdef Convolver _convolver_for(self, ndarray x):
        """Return the kernel for images of this size; "same" padding depends on it."""
        padding = self._paddings(PyArray_DIM(x, 2), PyArray_DIM(x, 3))
        if self._convolver is None or self._padding != padding:
            self._convolver = Convolver(self._in_size, self.out_size,
                                        (self.kernel_height, self.kernel_width),
                                        (self.stride_height, self.stride_width), padding,
                                        algorithm=self._algorithm)
            self._padding = padding
        return self._convolver

    cdef int _forward_images(self, ndarray x, ndarray y) except -1:
        return self._convolver_for(x).forward_images(x, self._weight, self._bias, y)

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return self._convolver_for(x).backward_images(gy, self._weight, g)

    cdef int _gradient_images(self, ndarray x, ndarray error, ndarray gradient) except -1:
        bias = gradient[self._size() - self.out_size:] if self.use_bias else None
        return self._convolver_for(x).gradient_images(x, error, gradient, bias)
