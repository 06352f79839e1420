"""Glimpses of an image. Source: mlpack ann/layer/glimpse.hpp."""
from cython cimport floating
from libc.math cimport floor
from libc.string cimport memset
from numpy cimport PyArray_DATA

from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_DIM, PyArray_TYPE, import_array, ndarray
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

import_array()

cdef extern from "<math.h>" nogil:
    const float NAN

cdef enum:
    LARGEST = 1 << 24                       # side of the widest patch


cdef struct Task:
    const void* x                           # (points, channels * height * width + 2)
    void* y                                 # (points, depth, channels, size, size), or its slopes
    void* g                                 # NULL in Forward
    Py_ssize_t channels, height, width, size, depth, scale
    bint wide                               # float64


cdef struct Patch:                          # one axis of it
    Py_ssize_t start, step                  # within the image; pixels that become one
    Py_ssize_t last                         # pixel
    Py_ssize_t length                       # of the image
    double ratio                            # where pixels are interpolated, or 0


cdef struct Taps:                           # pixels that an element is made of, along an axis
    Py_ssize_t first, second, count         # `second`: of two
    double share                            # of the second


cdef inline Patch patch_of(const Task* t, Py_ssize_t number, Py_ssize_t side, Py_ssize_t length,
                           double location) noexcept nogil:
    """Return a patch of a side: its centre goes from edge to edge as the location from -1 to 1."""
    cdef Patch a
    cdef Py_ssize_t margin = (side - 1) // 2, room = length + 2 * margin - side
    cdef double at = (location + 1) / 2 * room
    a.start = (0 if not at > 0 else room if at >= room else <Py_ssize_t>at) - margin
    a.step, a.last, a.length, a.ratio = side // t.size, a.start + side - 1, length, 0
    if number > 0 and t.scale != 2 and t.size > 1:
        a.ratio = (side - 1) / <double>(t.size - 1)
    if number > 0 and t.scale != 2:
        a.step = 0
    return a


cdef inline Taps taps_of(const Patch* a, Py_ssize_t i) noexcept nogil:
    """Return the pixels of the image that the i-th element is made of: of a mean those that are
    there, of two to interpolate both, though they may lie outside."""
    cdef Taps p
    cdef double at
    if a.step == 0:
        at = a.ratio * i
        p.first, p.count = a.start + <Py_ssize_t>floor(at), 2
        p.share = at - floor(at)
        p.second = min(p.first + 1, a.last)
        return p
    p.first = max(a.start + i * a.step, <Py_ssize_t>0)
    p.count = max(min(a.start + (i + 1) * a.step, a.length) - p.first, <Py_ssize_t>0)
    p.second, p.share = 0, 0
    return p


cdef inline void interpolate(const Patch* down, const Patch* across, const Taps* rows,
                             const Taps* columns, const floating* image, floating* y,
                             floating* g) noexcept nogil:
    """Compute an element from four pixels, or give each of them its part of the slope."""
    cdef Py_ssize_t row, column
    cdef floating total = 0, weight
    cdef int i, j
    for i in range(2):
        row = rows.second if i else rows.first
        for j in range(2):
            column = columns.second if j else columns.first
            if 0 <= row < down.length and 0 <= column < across.length:
                weight = <floating>((rows.share if i else 1 - rows.share)
                                    * (columns.share if j else 1 - columns.share))
                if g is NULL:
                    total += weight * image[row * across.length + column]
                else:
                    g[row * across.length + column] += weight * y[0]
    if g is NULL:
        y[0] = total


cdef inline void average(const Patch* down, const Patch* across, const Taps* rows,
                         const Taps* columns, const floating* image, floating* y,
                         floating* g) noexcept nogil:
    """Compute an element as the mean of its pixels, of which those outside are 0, or spread its
    slope over them."""
    cdef floating weight = <floating>(1 / (<double>down.step * across.step)), total = 0
    cdef Py_ssize_t row, column
    for row in range(rows.first, rows.first + rows.count):
        for column in range(columns.first, columns.first + columns.count):
            if g is NULL:
                total += image[row * across.length + column]
            else:
                g[row * across.length + column] += weight * y[0]
    if g is NULL:
        y[0] = weight * total


cdef inline void look(const Task* t, const floating* x, floating* y, floating* g) noexcept nogil:
    """Of one point."""
    cdef Py_ssize_t pixels = t.height * t.width, side = t.size, number, c, i, j
    cdef const floating* location = x + t.channels * pixels
    cdef Py_ssize_t count = t.depth * t.channels * t.size * t.size
    cdef Patch down, across
    cdef Taps rows, columns
    if g is not NULL:
        memset(g, 0, (t.channels * pixels + 2) * sizeof(floating))
    if location[0] != location[0] or location[1] != location[1]:
        for i in range(count if g is NULL else t.channels * pixels):
            (y if g is NULL else g)[i] = NAN
        return
    for number in range(t.depth):
        across = patch_of(t, number, side, t.width, location[0])
        down = patch_of(t, number, side, t.height, location[1])
        for c in range(t.channels):
            for j in range(t.size):
                columns = taps_of(&across, j)
                for i in range(t.size):
                    rows = taps_of(&down, i)
                    if across.step == 0:
                        interpolate(&down, &across, &rows, &columns, x + c * pixels, y,
                                    NULL if g is NULL else g + c * pixels)
                    else:
                        average(&down, &across, &rows, &columns, x + c * pixels, y,
                                NULL if g is NULL else g + c * pixels)
                    y += 1
        side *= t.scale


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    cdef Py_ssize_t inner = t.channels * t.height * t.width + 2, i
    cdef Py_ssize_t outer = t.depth * t.channels * t.size * t.size
    for i in range(start, stop):
        if t.wide:
            look(t, <const double*>t.x + i * inner, <double*>t.y + i * outer,
                 <double*>(NULL if t.g is NULL else <double*>t.g + i * inner))
        else:
            look(t, <const float*>t.x + i * inner, <float*>t.y + i * outer,
                 <float*>(NULL if t.g is NULL else <float*>t.g + i * inner))


cdef class Glimpse(Layer):
    """Patches of an image around a location: each wider than the one before it, of as few pixels.

    The first patch is `size` pixels wide and high, each of the others `scale` times as the one
    before it. These are brought to `size` again: by the means of blocks of pixels if `scale` is 2,
    otherwise by bilinear interpolation from corner to corner. Outside the image all is 0.

    Parameters
    ----------
    in_size : int
        Channels of the image.
    size : int
        Width and height of the patches, in pixels.
    depth : int, default=3
        Patches.
    scale : int, default=2
        How many times as wide as the one before a patch is.
    input_width, input_height : int
        Size of the image, in pixels; at least 2 if a patch's width is even.

    Notes
    -----
    Input (batch, in_size * input_height * input_width + 2): an image flat, then the location,
    across and down. At (-1, -1) a patch begins half its width, rounded down, before the first pixel
    (if its width is even, one pixel less), at (1, 1) it ends as far behind the last; what is beyond
    counts as if at the edge.
    Output (batch, depth * in_size * size * size): the patches, of each its channels, of each, as in
    mlpack, its columns, from left to right.

    A patch begins at a whole pixel, so the derivative by the location is 0, but for jumps; see
    `ReinforceNormal` for how locations are learnt. mlpack's takes one point, as two columns, and of
    more than two patches writes some over others or nowhere.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention.
    """
    cdef readonly Py_ssize_t in_size, size, depth, scale, input_width, input_height

    def __init__(self, in_size, size, depth=3, scale=2, input_width=None, input_height=None):
        self._built = False
        self.in_size, self.size = integer(in_size, self, "in_size"), integer(size, self, "size")
        self.depth, self.scale = integer(depth, self, "depth"), integer(scale, self, "scale")
        self.input_width = integer(input_width, self, "input_width")
        self.input_height = integer(input_height, self, "input_height")
        in_size, size, depth, scale, input_width, input_height = [
            <object>one for one in (self.in_size, self.size, self.depth, self.scale,
                                    self.input_width, self.input_height)]
        widest = size if scale == 1 else size * scale ** min(depth - 1, 64)
        if widest > LARGEST:
            raise ValueError(f"{type(self).__name__}: size, depth and scale make a patch "
                             f"{widest} pixels wide, expected at most {LARGEST}")
        if widest % 2 == 0 and min(input_width, input_height) < 2:
            raise ValueError(f"{type(self).__name__}: input_width and input_height are "
                             f"{input_width} and {input_height}, expected at least 2 for patches "
                             "of an even width")
        for sizes in ((in_size, input_width, input_height), (depth, in_size, size, size)):
            total = 1
            for one in sizes:
                total *= one
            if total >= 2 ** 48:
                raise ValueError(f"{type(self).__name__}: sizes of {total} elements are more than "
                                 "memory could hold")
        super().__init__()

    cdef bint _complete(self):
        return self.input_height > 0

    @property
    def output_width(self):
        """int: `size`, as mlpack's accessor."""
        return self.size

    @property
    def output_height(self):
        """int: `size`, as mlpack's accessor."""
        return self.size

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Py_ssize_t features = self.in_size * self.input_height * self.input_width + 2
        if inner.ndim != 2 or inner.dims[1] != features:
            return self._refuse_shape(inner, f"(batch, {features}), an image and a location")
        outer.ndim, outer.dims[0] = 2, inner.dims[0]
        outer.dims[1] = self.depth * self.in_size * self.size * self.size
        return 0

    cdef int _run(self, ndarray x, ndarray y, ndarray g) except -1:
        cdef Task t
        cdef double pixels = self.size * <double>self.size * self.in_size, side = self.size
        cdef double weight = 0
        cdef Py_ssize_t number
        t.x, t.y, t.g = PyArray_DATA(x), PyArray_DATA(y), NULL if g is None else PyArray_DATA(g)
        t.channels, t.height, t.width = self.in_size, self.input_height, self.input_width
        t.size, t.depth, t.scale = self.size, self.depth, self.scale
        t.wide = PyArray_TYPE(x) == NPY_DOUBLE
        for number in range(self.depth):
            weight += 20 * pixels + 4 * self.in_size * min(side, <double>t.height) * min(
                side, <double>t.width)
            side *= self.scale
        in_parts(work, &t, PyArray_DIM(x, 0), weight)
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        return self._run(x, y, None)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return self._run(x, gy, g)
