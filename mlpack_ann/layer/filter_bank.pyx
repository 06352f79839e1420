"""What the layers that convolve images share: sizes, padding, weights, and the kernel for them."""
from mlpack_ann import _random
from mlpack_ann._validation import flag, integer, pair, shown

from mlpack_ann._arrays cimport PyArray_DIM, import_array, ndarray
from mlpack_ann._convolution cimport Convolver
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.image_layer cimport LARGEST, ImageLayer

import_array()

PADDING_TYPES = ("none", "valid", "same")
ALGORITHMS = ("auto", "direct", "winograd")


cdef object one_or_both(tuple pads):
    return pads[0] if pads[0] == pads[1] else pads


cdef class FilterBank(ImageLayer):
    """A bank of filters that is moved over images, which it correlates.

    A class that inherits passes its constructor's arguments on, with the dilation and the groups
    that it has, and documents them. One that does not correlate writes the hooks of images and
    `_new_convolver`, too.
    """
    def __init__(self, in_size, out_size, kernel_width, kernel_height, stride_width, stride_height,
                 pad_w, pad_h, input_width, input_height, padding_type, use_bias, algorithm, dtype,
                 rng, dilation_width=1, dilation_height=1, groups=1):
        self._built, self._unsized = False, True
        self._in_size = 0 if in_size is None else integer(in_size, self, "in_size")
        self.out_size = integer(out_size, self, "out_size")
        self.kernel_width = integer(kernel_width, self, "kernel_width")
        self.kernel_height = integer(kernel_height, self, "kernel_height")
        self.stride_width = integer(stride_width, self, "stride_width")
        self.stride_height = integer(stride_height, self, "stride_height")
        self.dilation_width = integer(dilation_width, self, "dilation_width")
        self.dilation_height = integer(dilation_height, self, "dilation_height")
        self._span_w = (self.kernel_width - 1) * self.dilation_width + 1
        self._span_h = (self.kernel_height - 1) * self.dilation_height + 1
        self.groups = integer(groups, self, "groups")
        if self.out_size % self.groups or self._in_size % self.groups:
            raise ValueError(f"{type(self).__name__}: groups is {self.groups}, expected a divisor "
                             f"of in_size, {in_size}, and out_size, {self.out_size}")
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
        if value == "winograd" and not (
                self.kernel_width == self.kernel_height in (3, 5)
                and self.stride_width == self.stride_height == self.groups
                == self.dilation_width == self.dilation_height == 1):
            raise ValueError(f"{type(self).__name__}: algorithm is 'winograd', expected a kernel "
                             "of 3 x 3 or 5 x 5 and a stride of 1 with it, no dilation, no groups")
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
        """(out_size, in_size / groups, kernel_height, kernel_width): W, a live view of the
        parameters; None before the size is known."""
        return None if self._weight is None else self._weight[:]

    @property
    def bias(self):
        """(out_size,): b, a live view of the parameters; None before the size is known, or without
        one."""
        return None if self._bias is None else self._bias[:]

    def _size(self):
        # As Python integers, which do not overflow.
        filters, taps = int(self.out_size), int(self._in_size // self.groups)
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
        self._weight, self._bias = self._cut(self._parameters)
        return 0

    cdef tuple _cut(self, ndarray flat):
        """Return views of W and b, or None, in an array like `parameters`."""
        weights = self._size() - self.out_size * self.use_bias
        shape = (self.out_size, self._in_size // self.groups, self.kernel_height,
                 self.kernel_width)
        return flat[:weights].reshape(shape), flat[weights:] if self.use_bias else None

    cdef int _initialise(self) except -1:
        taps = self._in_size // self.groups * self.kernel_height * self.kernel_width
        bound = taps ** -0.5
        self._parameters[:] = _random.generator(self.rng).uniform(-bound, bound, self._size())
        return 0

    cdef tuple _flat_dimensions(self):
        if self._input_dimensions is None and self.input_width and self.input_height:
            return self._in_size or self.groups, self.input_height, self.input_width
        return self._input_dimensions

    cdef tuple _paddings(self, Py_ssize_t height, Py_ssize_t width):
        """Return the zeros added at the top, the bottom, left and right of such an image."""
        kind = self.padding_type.lower()
        if kind == "none":
            return self._given_padding
        if kind == "valid":
            return 0, 0, 0, 0
        # As Python integers, which do not overflow.
        vertical = (self.stride_height - 1) * <object>height + self._span_h - self.stride_height
        horizontal = (self.stride_width - 1) * <object>width + self._span_w - self.stride_width
        return (vertical // 2, vertical - vertical // 2, horizontal // 2,
                horizontal - horizontal // 2)

    cdef int _check_channels(self, const Shape* inner) except -1:
        if not self._unsized and inner.dims[1] != self._in_size:
            return self._refuse_shape(inner, f"(batch, {self._in_size}, height, width)")
        if inner.dims[1] % self.groups:
            return self._refuse_shape(inner, f"a multiple of {self.groups} channels")
        return 0

    cdef int _check_area(self, const Shape* inner, Py_ssize_t channels, double height,
                         double width) except -1:
        """Refuse images that, padded to this size, are more than there could be memory for."""
        if max(channels, 1) * height * width > LARGEST:
            return self._refuse_shape(inner, "images that, padded, are not larger than memory")
        return 0

    cdef int _image_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Py_ssize_t rows, columns
        self._check_channels(inner)
        top, bottom, left, right = self._paddings(inner.dims[2], inner.dims[3])
        if inner.dims[2] == 0 or inner.dims[3] == 0:
            return self._refuse_shape(inner, "images of one pixel or more")
        self._check_area(inner, inner.dims[1], inner.dims[2] + <double>(top + bottom),
                         inner.dims[3] + <double>(left + right))
        rows = inner.dims[2] + top + bottom - self._span_h
        columns = inner.dims[3] + left + right - self._span_w
        if rows < 0 or columns < 0:
            return self._refuse_shape(inner, "images that with their padding are at least as large "
                                      f"as the kernel ({self._span_h}, {self._span_w})")
        outer.ndim = 4
        outer.dims[0], outer.dims[1] = inner.dims[0], self.out_size
        outer.dims[2] = rows // self.stride_height + 1
        outer.dims[3] = columns // self.stride_width + 1
        return 0

    cdef Convolver _convolver_for(self, ndarray x):
        """Return the kernel for images of this size; "same" padding depends on it."""
        padding = self._paddings(PyArray_DIM(x, 2), PyArray_DIM(x, 3))
        if self._convolver is None or self._padding != padding:
            self._convolver = self._new_convolver(padding)
            self._padding = padding
        return self._convolver

    cdef Convolver _new_convolver(self, tuple padding):
        return Convolver(self._in_size, self.out_size, (self.kernel_height, self.kernel_width),
                         (self.stride_height, self.stride_width), padding,
                         (self.dilation_height, self.dilation_width), self.groups,
                         self._algorithm)

    cdef int _forward_images(self, ndarray x, ndarray y) except -1:
        return self._convolver_for(x).forward_images(x, self._weight, self._bias, y)

    cdef int _backward_images(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return self._convolver_for(x).backward_images(gy, self._weight, None, g)

    cdef int _gradient_images(self, ndarray x, ndarray error, ndarray gradient) except -1:
        weight, bias = self._cut(gradient)
        return self._convolver_for(x).gradient_images(x, error, weight, bias)
