"""Convolution of a batch of images with a bank of filters, its adjoint, its weight gradient.

The padded image is laid out as flat planes (`Planes`), one per channel and, where the stride
is above 1, per residue of row and column by the stride. In a plane the pixels that one tap of
the filter meets for neighbouring outputs are neighbours, so a tap is a constant offset and a
vector of outputs needs one load and one multiply-add per tap: no im2col. Whatever the stride,
the dilation or the direction, only the list of offsets differs:

 - forward: outputs are correlated with the planes of the input;
 - backward: the pixels of g with the same residues by the stride are an image of their own
   (`Target`), reached by some of the taps, and are correlated with the planes of gy;
 - gradient: dot products of gy's planes with the input's at each tap's offset.
"""
from cython cimport floating
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset
from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_TYPE, import_array, ndarray

import_array()

cdef extern from *:
    """
    #define T float
    #define NAME(f) f##_float
    #include "_convolution.h"
    #undef T
    #undef NAME
    #define T double
    #define NAME(f) f##_double
    #include "_convolution.h"
    #undef T
    #undef NAME
    """
    const int VECTOR_BYTES, MAX_CHANNELS
    Py_ssize_t block_vectors(Py_ssize_t channels) noexcept nogil
    ctypedef struct Correlation:
        Py_ssize_t channels, vectors, taps
        const void* x
        const void* weight
        const void* bias
        void* y
        const Py_ssize_t* source
        const Py_ssize_t* offset
        const Py_ssize_t* result
        Py_ssize_t stride
    ctypedef struct Dots:
        Py_ssize_t channels, vectors
        const void* x
        const void* gy
        const Py_ssize_t* offset
        Py_ssize_t gy_plane, x_image, gy_image, x_row, gy_row
        Py_ssize_t images, rows, length
        double* total
        Py_ssize_t stride
    void correlate_block_of_float(const Correlation*) noexcept nogil
    void correlate_block_of_double(const Correlation*) noexcept nogil
    void dot_block_of_float(const Dots*) noexcept nogil
    void dot_block_of_double(const Dots*) noexcept nogil

cdef enum:                      # what a piece of scratch memory is for
    PLANES, RESULT, WEIGHTS, BIAS, TAPS, TARGETS, POSITIONS, TOTALS

cdef enum:
    CACHE = 384 * 1024          # bytes worked on at a time: less than the L2 cache
    RUN = 4096                  # pixels of a channel in one dot product; whole vectors


cdef struct Planes:             # one group's image, padded and split by residue
    Py_ssize_t channels, height, width                      # of the image
    Py_ssize_t stride_h, stride_w, dilation_h, dilation_w
    Py_ssize_t residues_h, residues_w                       # (j * dilation) % stride, j = 0, 1, ...
    Py_ssize_t top, left                                    # zeros before the image
    Py_ssize_t rows, pitch, size                            # of a plane, row to row, and in all
    bint in_place                                           # the image itself will do


cdef struct Target:             # the outputs that have their taps in common
    Py_ssize_t rows, columns
    Py_ssize_t first, row_step, column_step     # where they go in an image
    Py_ssize_t taps, first_tap
    Py_ssize_t rows_at_once, pitch              # in the planes, row to row
    bint direct                                 # vectors are stored to the image itself
    bint by_rows                                # a vector never goes on into the next row
    Py_ssize_t result_pitch, result_size        # of the result of a channel, if not direct
    Py_ssize_t* source                          # each vector's place in the planes
    Py_ssize_t* result                          # and in the result


cdef struct Plan:               # forward or backward, for one size of image
    Planes planes
    Target* targets
    Py_ssize_t target_count
    Py_ssize_t* offset                          # of each tap in the planes
    Py_ssize_t* index                           # and in a channel's weights
    Py_ssize_t weight_step                      # from a channel's weights to the next's
    Py_ssize_t channels, area                   # of one group's outputs


cdef class Convolver:
    """Convolution of one geometry, with the scratch memory it reuses from call to call.

    ``y[n, o, i, j] = bias[o] + sum_{c, a, b} weight[o, c, a, b] *
    x[n, c, i * stride_h + a * dilation_h - top, j * stride_w + b * dilation_w - left]``,
    x being zero outside the image and c a channel of o's group.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel : tuple of two int
        Height, width; so too `stride` and `dilation`.
    stride, dilation : tuple of two int, default=(1, 1)
    padding : tuple of four int, default=(0, 0, 0, 0)
        Zeros at the top, bottom, left, right; any number.
    groups : int, default=1
        Divides both numbers of channels.

    Notes
    -----
    Arrays are C-contiguous: x and g (n, in_channels, h, w), y and gy (n, out_channels,
    rows, columns), weight and dw (out_channels, in_channels / groups, *kernel), bias and db
    (out_channels,). rows = (h + top + bottom - (kernel_h - 1) * dilation_h - 1) // stride_h + 1
    is at least 1, and so is columns; the caller has checked that. One call at a time.
    """
    def __init__(self, in_channels, out_channels, kernel, stride=(1, 1), padding=(0, 0, 0, 0),
                 dilation=(1, 1), groups=1):
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_h, self.kernel_w = kernel
        self.stride_h, self.stride_w = stride
        self.dilation_h, self.dilation_w = dilation
        self.top, self.bottom, self.left, self.right = padding

    def __dealloc__(self):
        for use in range(SCRATCH):
            free(self._memory[use])

    def __reduce__(self):
        return type(self), (self.in_channels, self.out_channels, (self.kernel_h, self.kernel_w),
                            (self.stride_h, self.stride_w),
                            (self.top, self.bottom, self.left, self.right),
                            (self.dilation_h, self.dilation_w), self.groups)

    cdef int forward_images(self, ndarray x, ndarray weight, ndarray bias, ndarray y) except -1:
        """Fill y; bias may be None."""
        cdef Py_ssize_t n = PyArray_DIM(x, 0), h = PyArray_DIM(x, 2), w = PyArray_DIM(x, 3)
        if PyArray_TYPE(x) == NPY_DOUBLE:
            return self.forward(n, h, w, <double*>data(x), <double*>data(weight),
                                <double*>data(bias), <double*>data(y))
        return self.forward(n, h, w, <float*>data(x), <float*>data(weight), <float*>data(bias),
                            <float*>data(y))

    cdef int backward_images(self, ndarray gy, ndarray weight, ndarray g) except -1:
        """Fill g, given gy."""
        cdef Py_ssize_t n = PyArray_DIM(g, 0), h = PyArray_DIM(g, 2), w = PyArray_DIM(g, 3)
        if PyArray_TYPE(g) == NPY_DOUBLE:
            return self.backward(n, h, w, <double*>data(gy), <double*>data(weight),
                                 <double*>data(g))
        return self.backward(n, h, w, <float*>data(gy), <float*>data(weight), <float*>data(g))

    cdef int gradient_images(self, ndarray x, ndarray gy, ndarray dw, ndarray db) except -1:
        """Fill dw and db, summed over the batch; db may be None."""
        cdef Py_ssize_t n = PyArray_DIM(x, 0), h = PyArray_DIM(x, 2), w = PyArray_DIM(x, 3)
        if PyArray_TYPE(x) == NPY_DOUBLE:
            return self.gradient(n, h, w, <double*>data(x), <double*>data(gy), <double*>data(dw),
                                 <double*>data(db))
        return self.gradient(n, h, w, <float*>data(x), <float*>data(gy), <float*>data(dw),
                             <float*>data(db))

    cdef int forward(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* x,
                     const floating* weight, const floating* bias, floating* y) except -1 nogil:
        """Fill y; bias may be NULL."""
        cdef Plan plan
        plan.planes = input_planes(self, h, w, sizeof(floating))
        cdef Py_ssize_t taps = plan.planes.channels * self.kernel_h * self.kernel_w, t
        cdef Py_ssize_t rows = output_rows(self, h), columns = output_columns(self, w)
        plan.channels, plan.area = self.out_channels // self.groups, rows * columns
        plan.targets, plan.target_count = <Target*>self._take(TARGETS, sizeof(Target)), 1
        plan.targets[0] = new_target(rows, columns, 0, columns, 1)
        place_results(self, &plan, sizeof(floating))
        plan.offset = <Py_ssize_t*>self._take(TAPS, 2 * taps * sizeof(Py_ssize_t))
        plan.index, plan.weight_step, plan.targets[0].taps = plan.offset + taps, taps, taps
        input_taps(self, &plan.planes, plan.offset)
        for t in range(taps):
            plan.index[t] = t
        return correlate(self, &plan, n, x, weight, bias, y)

    cdef int backward(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* gy,
                      const floating* weight, floating* g) except -1 nogil:
        """Fill g, of images of h x w, given gy."""
        cdef Plan plan
        plan.planes = output_planes(self, h, w, sizeof(floating))
        cdef Py_ssize_t area = self.kernel_h * self.kernel_w, taps = plan.planes.channels * area
        cdef Py_ssize_t steps_h = min(self.stride_h, h), steps_w = min(self.stride_w, w)
        cdef Py_ssize_t i, row, column, first_tap = 0
        plan.channels, plan.area = self.in_channels // self.groups, h * w
        plan.target_count = steps_h * steps_w
        plan.targets = <Target*>self._take(TARGETS, plan.target_count * sizeof(Target))
        for i in range(plan.target_count):
            row, column = i // steps_w, i % steps_w
            plan.targets[i] = new_target((h - row - 1) // self.stride_h + 1,
                                         (w - column - 1) // self.stride_w + 1,
                                         row * w + column, self.stride_h * w, self.stride_w)
        place_results(self, &plan, sizeof(floating))
        plan.offset = <Py_ssize_t*>self._take(TAPS, 2 * taps * sizeof(Py_ssize_t))
        plan.index, plan.weight_step = plan.offset + taps, area
        for i in range(plan.target_count):
            plan.targets[i].first_tap = first_tap
            plan.targets[i].taps = output_taps(self, &plan, i // steps_w, i % steps_w,
                                                first_tap)
            first_tap += plan.targets[i].taps
        return correlate(self, &plan, n, gy, weight, <const floating*>NULL, g)

    cdef int gradient(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* x,
                      const floating* gy, floating* dw, floating* db) except -1 nogil:
        """Fill dw and db, sums over the batch; db may be NULL."""
        cdef Planes planes = input_planes(self, h, w, sizeof(floating))
        cdef Py_ssize_t channels = self.out_channels // self.groups
        cdef Py_ssize_t area = output_rows(self, h) * output_columns(self, w)
        cdef Py_ssize_t taps = planes.channels * self.kernel_h * self.kernel_w
        cdef Py_ssize_t* offset = <Py_ssize_t*>self._take(TAPS, taps * sizeof(Py_ssize_t))
        cdef double* total = <double*>self._take(
            TOTALS, self.out_channels * taps * sizeof(double))
        cdef Py_ssize_t i
        memset(total, 0, self.out_channels * taps * sizeof(double))
        add_gradient(self, n, &planes, x, gy, offset, total)
        for i in range(self.out_channels * taps):
            dw[i] = <floating>total[i]
        if db is NULL:
            return 0
        memset(total, 0, self.out_channels * sizeof(double))
        for i in range(n * self.out_channels):
            total[i % self.out_channels] += sum_plane(gy + i * area, area)
        for i in range(self.out_channels):
            db[i] = <floating>total[i]
        return 0

    cdef void* _take(self, int use, size_t size) except NULL nogil:
        """Return `size` bytes for this use, aligned to 64, with anything in them."""
        if self._memory[use] is NULL or self._size[use] < size:
            free(self._memory[use])
            self._size[use] = 0
            self._memory[use] = <char*>malloc(size + 64)
            if self._memory[use] is NULL:
                with gil:
                    raise MemoryError(f"convolution: no {size} bytes of scratch memory")
            self._size[use] = size
        return <void*>((<size_t>self._memory[use] + 63) & ~<size_t>63)


cdef void* data(ndarray a) noexcept:
    """Return where an array begins, or NULL for None."""
    return NULL if a is None else PyArray_DATA(a)


# Sizes and taps ------------------------------------------------------------------------------

cdef inline Py_ssize_t output_rows(Convolver k, Py_ssize_t h) noexcept nogil:
    return (h + k.top + k.bottom - (k.kernel_h - 1) * k.dilation_h - 1) // k.stride_h + 1


cdef inline Py_ssize_t output_columns(Convolver k, Py_ssize_t w) noexcept nogil:
    return (w + k.left + k.right - (k.kernel_w - 1) * k.dilation_w - 1) // k.stride_w + 1


cdef inline Py_ssize_t plane_count(const Planes* p) noexcept nogil:
    return p.channels * p.residues_h * p.residues_w


cdef inline bint is_unpadded(const Planes* p) noexcept nogil:
    """Whether the image and its planes are the same."""
    return (p.stride_h == p.stride_w == 1 and p.top == p.left == 0
            and p.rows == p.height and p.pitch == p.width)


cdef inline Py_ssize_t plane_size(Py_ssize_t pixels, Py_ssize_t item) noexcept nogil:
    """Leave room to read a vector past the end; an odd number of cache lines, so that the
    planes of an image spread over the sets of the cache."""
    return ((pixels * item + VECTOR_BYTES + 63) // 64 | 1) * 64 // item


cdef Py_ssize_t residues(Py_ssize_t kernel, Py_ssize_t stride, Py_ssize_t dilation) noexcept nogil:
    """Count the residues by the stride that the taps meet; they meet them in turn."""
    cdef Py_ssize_t count = 1
    while count < kernel and count * dilation % stride != 0:
        count += 1
    return count


cdef Planes input_planes(Convolver k, Py_ssize_t h, Py_ssize_t w, Py_ssize_t item) noexcept nogil:
    """Lay out x for forward and gradient."""
    cdef Planes p
    p.channels, p.height, p.width = k.in_channels // k.groups, h, w
    p.stride_h, p.stride_w = k.stride_h, k.stride_w
    p.dilation_h, p.dilation_w = k.dilation_h, k.dilation_w
    p.residues_h = residues(k.kernel_h, k.stride_h, k.dilation_h)
    p.residues_w = residues(k.kernel_w, k.stride_w, k.dilation_w)
    p.top, p.left = k.top, k.left
    p.rows = output_rows(k, h) + (k.kernel_h - 1) * k.dilation_h // k.stride_h
    p.pitch = output_columns(k, w) + (k.kernel_w - 1) * k.dilation_w // k.stride_w
    p.size, p.in_place = plane_size(p.rows * p.pitch, item), False
    return p


cdef void input_taps(Convolver k, const Planes* p, Py_ssize_t* offset) noexcept nogil:
    """Write each tap's offset in the planes, in the order of the weights."""
    cdef Py_ssize_t c, a, b, plane, t = 0
    for c in range(p.channels):
        for a in range(k.kernel_h):
            for b in range(k.kernel_w):
                plane = (c * p.residues_h + a % p.residues_h) * p.residues_w + b % p.residues_w
                offset[t] = (plane * p.size + a * k.dilation_h // k.stride_h * p.pitch
                             + b * k.dilation_w // k.stride_w)
                t += 1


cdef Planes output_planes(Convolver k, Py_ssize_t h, Py_ssize_t w, Py_ssize_t item) noexcept nogil:
    """Lay out gy for backward, padded so that every tap of every pixel of g stays inside."""
    cdef Planes p
    p.channels = k.out_channels // k.groups
    p.height, p.width = output_rows(k, h), output_columns(k, w)
    p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = p.residues_h = p.residues_w = 1
    reach(h, k.kernel_h, k.stride_h, k.dilation_h, k.top, &p.top, &p.rows)
    reach(w, k.kernel_w, k.stride_w, k.dilation_w, k.left, &p.left, &p.pitch)
    p.size, p.in_place = plane_size(p.rows * p.pitch, item), False
    return p


cdef void reach(Py_ssize_t size, Py_ssize_t kernel, Py_ssize_t stride, Py_ssize_t dilation,
                Py_ssize_t pad, Py_ssize_t* before, Py_ssize_t* extent) noexcept nogil:
    """Along one axis: how far before gy's first pixel taps reach, and from there to the last."""
    cdef Py_ssize_t first, a, distance, low = 0, high = 1
    for first in range(min(stride, size)):
        for a in range(kernel):
            distance = first + pad - a * dilation
            if distance % stride == 0:
                low = min(low, distance // stride)
                high = max(high, distance // stride + (size - first - 1) // stride + 1)
    before[0], extent[0] = -low, high - low


cdef Py_ssize_t output_taps(Convolver k, const Plan* plan, Py_ssize_t row, Py_ssize_t column,
                            Py_ssize_t t) noexcept nogil:
    """Write, from the t-th on, the taps that reach g[row::stride_h, column::stride_w]: their
    offset in gy's planes and their place in the weights. Return their number."""
    cdef const Planes* p = &plan.planes
    cdef Py_ssize_t o, a, b, up, left, first = t
    for o in range(p.channels):
        for a in range(k.kernel_h):
            for b in range(k.kernel_w):
                up = row + k.top - a * k.dilation_h             # in g's pixels, from tap to output
                left = column + k.left - b * k.dilation_w
                if up % k.stride_h == 0 and left % k.stride_w == 0:
                    plan.offset[t] = (o * p.size + (up // k.stride_h + p.top) * p.pitch
                                      + left // k.stride_w + p.left)
                    plan.index[t] = (o * plan.channels * k.kernel_h + a) * k.kernel_w + b
                    t += 1
    return t - first


# Forward and backward ------------------------------------------------------------------------

cdef int correlate(Convolver k, const Plan* plan, Py_ssize_t n, const floating* x,
                   const floating* weight, const floating* bias, floating* y) except -1 nogil:
    """Fill y (n, groups * channels, area) by correlating x's planes with the taps."""
    cdef const Planes* planes = &plan.planes
    cdef Py_ssize_t x_size = planes.channels * planes.height * planes.width
    cdef Py_ssize_t y_size = plan.channels * plan.area
    cdef Py_ssize_t padded_size = plane_count(planes) * planes.size, result_size = 0
    cdef Py_ssize_t weights = plan.channels * planes.channels * k.kernel_h * k.kernel_w
    cdef Py_ssize_t i, group, job
    cdef const Target* t
    cdef bint untouched = False             # whether there are pixels that no tap reaches
    for i in range(plan.target_count):
        result_size = max(result_size, plan.targets[i].result_size)
        untouched |= plan.targets[i].taps == 0
    cdef floating* packed = <floating*>k._take(WEIGHTS, k.groups * weights * sizeof(floating))
    cdef floating* start = <floating*>k._take(
        BIAS, k.groups * plan.channels * sizeof(floating))
    cdef floating* padded = <floating*>k._take(PLANES, padded_size * sizeof(floating))
    cdef floating* result = <floating*>k._take(
        RESULT, MAX_CHANNELS * result_size * sizeof(floating))
    cdef const floating* source = padded
    for i in range(k.groups * plan.channels):
        start[i] = 0 if bias is NULL else bias[i]
    for group in range(k.groups):
        for i in range(plan.target_count):
            t = &plan.targets[i]
            pack_weights(plan, t, weight + group * weights,
                         packed + group * weights + t.first_tap * plan.channels)
    memset(padded, 0, padded_size * sizeof(floating))
    for job in range(n * k.groups):     # independent, given a `padded` and a `result` each
        group = job % k.groups
        if planes.in_place:
            source = x + job * x_size
        else:
            fill_planes(planes, x + job * x_size, padded)
        if untouched:
            memset(y + job * y_size, 0, y_size * sizeof(floating))
        for i in range(plan.target_count):
            t = &plan.targets[i]
            if t.taps > 0:
                correlate_target(plan, t, source,
                                 packed + group * weights + t.first_tap * plan.channels,
                                 start + group * plan.channels, y + job * y_size, result)
    return 0


cdef inline Target new_target(Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t first,
                              Py_ssize_t row_step, Py_ssize_t column_step) noexcept nogil:
    cdef Target t
    memset(&t, 0, sizeof(Target))
    t.rows, t.columns = rows, columns
    t.first, t.row_step, t.column_step = first, row_step, column_step
    return t


cdef int place_results(Convolver k, Plan* plan, Py_ssize_t item) except -1 nogil:
    """Decide which outputs make up each vector of the targets, and where they are stored."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // item, per_row, flat, blocks, merged, total = 0
    cdef Py_ssize_t i, v, row, column
    cdef Planes* planes = &plan.planes
    cdef Target* t
    planes.in_place = is_unpadded(planes)
    for i in range(plan.target_count):
        t = &plan.targets[i]
        t.pitch = planes.pitch
        blocks = 1 + plane_count(planes) * t.rows * t.pitch * item // CACHE
        t.rows_at_once = (t.rows + blocks - 1) // blocks
        if t.column_step == 1 and t.pitch == t.columns == t.row_step:   # rows without a gap
            merged = t.rows_at_once
            while t.rows % merged != 0:
                merged -= 1
            t.rows, t.rows_at_once = t.rows // merged, t.rows_at_once // merged
            t.columns *= merged
            t.pitch, t.row_step = t.columns, t.columns
        # Whole rows save a copy of the result, and for that may be 5 % more vectors.
        per_row = (t.columns + lanes - 1) // lanes
        flat = (t.rows_at_once - 1) * t.pitch + t.columns
        t.direct = (t.column_step == 1 and t.columns >= lanes
                    and 20 * t.rows_at_once * per_row <= 21 * ((flat + lanes - 1) // lanes))
        t.by_rows = t.direct or t.rows_at_once * per_row * lanes <= flat
        t.result_pitch = per_row * lanes if t.by_rows else t.pitch
        t.result_size = plane_size(t.rows_at_once * t.result_pitch, item)
        total += vector_count(t, t.rows_at_once, lanes)
        planes.in_place &= t.direct                 # only then nothing is read past the end
    if planes.in_place:
        planes.size = planes.height * planes.width
    cdef Py_ssize_t* place = <Py_ssize_t*>k._take(POSITIONS, 2 * total * sizeof(Py_ssize_t))
    for i in range(plan.target_count):
        t = &plan.targets[i]
        total = vector_count(t, t.rows_at_once, lanes)
        per_row = (t.columns + lanes - 1) // lanes if t.by_rows else total
        t.source, t.result, place = place, place + total, place + 2 * total
        for v in range(total):
            row, column = v // per_row, v % per_row * lanes
            if t.direct:                            # the last in a row overlaps the one before
                column = min(column, t.columns - lanes)
            t.source[v] = row * t.pitch + column
            t.result[v] = row * (t.row_step if t.direct else t.result_pitch) + column
    return 0


cdef inline Py_ssize_t vector_count(const Target* t, Py_ssize_t rows,
                                    Py_ssize_t lanes) noexcept nogil:
    """Count the vectors of the first `rows` rows."""
    if t.by_rows:
        return rows * ((t.columns + lanes - 1) // lanes)
    return ((rows - 1) * t.pitch + t.columns + lanes - 1) // lanes


cdef inline Py_ssize_t part(Py_ssize_t n, Py_ssize_t i, Py_ssize_t parts) noexcept nogil:
    """Return where the i-th of so many nearly equal parts of n begins."""
    return n * i // parts


cdef inline Py_ssize_t channel_blocks(Py_ssize_t channels) noexcept nogil:
    return (channels + MAX_CHANNELS - 1) // MAX_CHANNELS


cdef void pack_weights(const Plan* plan, const Target* target, const floating* weight,
                       floating* packed) noexcept nogil:
    """Write the target's weights in the order in which the blocks of channels read them."""
    cdef Py_ssize_t blocks = channel_blocks(plan.channels), block, t, c
    for block in range(blocks):
        for t in range(target.first_tap, target.first_tap + target.taps):
            for c in range(part(plan.channels, block, blocks),
                           part(plan.channels, block + 1, blocks)):
                packed[0] = weight[c * plan.weight_step + plan.index[t]]
                packed += 1


cdef void fill_planes(const Planes* p, const floating* image, floating* planes) noexcept nogil:
    """Write the image's pixels to its planes, which hold zeros elsewhere."""
    cdef Py_ssize_t c, i, j, row, column, y, r, first, last
    cdef const floating* source
    cdef floating* plane = planes
    for c in range(p.channels):
        for i in range(p.residues_h):
            for j in range(p.residues_w):
                # Plane pixel (r, q) is image pixel (r * stride + row, q * stride + column).
                row = i * p.dilation_h % p.stride_h - p.top
                column = j * p.dilation_w % p.stride_w - p.left
                first = (p.stride_w - 1 - column) // p.stride_w if column < 0 else 0
                last = min(p.pitch, (p.width - column + p.stride_w - 1) // p.stride_w)
                for r in range(p.rows):
                    y = r * p.stride_h + row
                    if y < 0 or y >= p.height or first >= last:
                        continue
                    source = image + (c * p.height + y) * p.width + column
                    if p.stride_w == 1:
                        copy_row(source + first, plane + r * p.pitch + first, last - first)
                    else:
                        gather_row(source + first * p.stride_w, p.stride_w,
                                   plane + r * p.pitch + first, last - first)
                plane += p.size


cdef void correlate_target(const Plan* plan, const Target* t, const floating* planes,
                           const floating* weight, const floating* bias, floating* y,
                           floating* result) noexcept nogil:
    """Fill the target's pixels in all channels of one image."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // sizeof(floating)
    cdef Py_ssize_t channels = plan.channels, blocks = channel_blocks(channels)
    cdef Py_ssize_t row = 0, rows, vectors, block, tiles, tile, channel, vector, c
    cdef floating* to
    cdef Correlation k
    k.offset, k.taps = plan.offset + t.first_tap, t.taps
    k.stride = plan.area if t.direct else t.result_size
    while row < t.rows:
        rows = min(t.rows_at_once, t.rows - row)
        vectors = vector_count(t, rows, lanes)
        k.x = planes + row * t.pitch
        for block in range(blocks):
            channel = part(channels, block, blocks)
            k.channels = part(channels, block + 1, blocks) - channel
            k.weight, k.bias = weight + channel * t.taps, bias + channel
            to = y + channel * plan.area + t.first + row * t.row_step
            k.y = to if t.direct else result
            tiles = (vectors - 1) // block_vectors(k.channels) + 1
            for tile in range(tiles):
                vector = part(vectors, tile, tiles)
                k.vectors = part(vectors, tile + 1, tiles) - vector
                k.source, k.result = t.source + vector, t.result + vector
                if floating is float:
                    correlate_block_of_float(&k)
                else:
                    correlate_block_of_double(&k)
            if not t.direct:
                for c in range(k.channels):
                    scatter(t, result + c * t.result_size, rows, to + c * plan.area)
        row += t.rows_at_once


cdef void scatter(const Target* t, const floating* result, Py_ssize_t rows,
                  floating* to) noexcept nogil:
    """Copy rows of a result to where they belong in the image."""
    cdef Py_ssize_t r, column
    if t.column_step == 1:
        copy_rows(result, t.result_pitch, to, t.row_step, rows, t.columns)
        return
    for r in range(rows):
        for column in range(t.columns):
            to[r * t.row_step + column * t.column_step] = result[r * t.result_pitch + column]


cdef inline void copy_rows(const floating* source, Py_ssize_t source_pitch, floating* to,
                           Py_ssize_t pitch, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t r
    for r in range(rows):
        copy_row(source + r * source_pitch, to + r * pitch, columns)


cdef inline void copy_row(const floating* source, floating* to, Py_ssize_t size) noexcept nogil:
    """Copy by pieces of known size, which costs less than a call of memcpy; they may overlap."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // sizeof(floating), i = 0
    if size >= lanes:
        while i + lanes <= size:
            memcpy(to + i, source + i, VECTOR_BYTES)
            i += lanes
        memcpy(to + size - lanes, source + size - lanes, VECTOR_BYTES)
    elif 2 * size >= lanes:
        memcpy(to, source, VECTOR_BYTES // 2)
        memcpy(to + size - lanes // 2, source + size - lanes // 2, VECTOR_BYTES // 2)
    else:
        for i in range(size):
            to[i] = source[i]


cdef inline void gather_row(const floating* source, Py_ssize_t stride, floating* to,
                            Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    if stride == 2:             # common, and vectorises when the compiler knows it
        for i in range(size):
            to[i] = source[2 * i]
    else:
        for i in range(size):
            to[i] = source[stride * i]


# Weight gradient -----------------------------------------------------------------------------

cdef int add_gradient(Convolver k, Py_ssize_t n, Planes* planes, const floating* x,
                      const floating* gy, Py_ssize_t* offset, double* total) except -1 nogil:
    """Add to total (out_channels, taps) the weight gradient, as many images at a time as the
    cache holds. gy is read in place if its rows are whole vectors, else copied so that zeros
    meet the pixels that the planes have between two rows."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // sizeof(floating)
    cdef Py_ssize_t rows = planes.rows - (k.kernel_h - 1) * k.dilation_h // k.stride_h
    cdef Py_ssize_t columns = planes.pitch - (k.kernel_w - 1) * k.dilation_w // k.stride_w
    cdef Py_ssize_t area = rows * columns, channels = k.out_channels // k.groups
    cdef Py_ssize_t taps = planes.channels * k.kernel_h * k.kernel_w
    cdef Py_ssize_t x_size = planes.channels * planes.height * planes.width
    cdef Py_ssize_t flat, padded_size, at_once, first = 0, count, group, i, c
    cdef bint by_rows
    cdef Dots dots
    if planes.pitch == columns:                 # rows without a gap
        rows, columns = 1, area
    flat = ((rows - 1) * planes.pitch + columns + lanes - 1) // lanes * lanes
    by_rows = columns % lanes == 0
    planes.in_place = by_rows and is_unpadded(planes)
    if planes.in_place:
        planes.size = planes.height * planes.width
    input_taps(k, planes, offset)
    padded_size = plane_count(planes) * planes.size
    at_once = 1 + CACHE // ((padded_size + channels * flat) * <Py_ssize_t>sizeof(floating))
    at_once = min(n, at_once)
    cdef floating* padded = <floating*>k._take(PLANES, at_once * padded_size * sizeof(floating))
    cdef floating* copy = <floating*>k._take(
        RESULT, at_once * channels * flat * sizeof(floating))
    memset(padded, 0, at_once * padded_size * sizeof(floating))
    memset(copy, 0, at_once * channels * flat * sizeof(floating))
    dots.offset, dots.stride, dots.channels, dots.vectors = offset, taps, 0, 0
    dots.x_image = k.groups * x_size if planes.in_place else padded_size
    if by_rows:
        dots.rows, dots.x_row, dots.gy_row, dots.length = rows, planes.pitch, columns, columns
        dots.gy_plane, dots.gy_image = area, k.out_channels * area
    else:
        dots.rows, dots.x_row, dots.gy_row, dots.length = 1, 0, 0, flat
        dots.gy_plane, dots.gy_image = flat, channels * flat
    while first < n:
        count = dots.images = min(at_once, n - first)
        for group in range(k.groups):
            if planes.in_place:
                dots.x = x + (first * k.groups + group) * x_size
            else:
                dots.x = padded
                for i in range(count):
                    fill_planes(planes, x + ((first + i) * k.groups + group) * x_size,
                                padded + i * padded_size)
            if by_rows:
                dots.gy = gy + (first * k.groups + group) * channels * area
            else:
                dots.gy = copy
                for i in range(count):
                    for c in range(channels):
                        copy_rows(gy + (((first + i) * k.groups + group) * channels + c) * area,
                                  columns, copy + (i * channels + c) * flat, planes.pitch, rows,
                                  columns)
            dots.total = total + group * channels * taps
            add_dots(dots, <const floating*>dots.x, <const floating*>dots.gy, channels, taps)
        first += at_once
    return 0


cdef void add_dots(Dots whole, const floating* x, const floating* gy, Py_ssize_t channels,
                   Py_ssize_t taps) noexcept nogil:
    """Add the dot products of all channels with all taps, by parts that the cache holds and
    that are short enough to be summed in float."""
    cdef Py_ssize_t runs = (whole.rows * min(whole.length, RUN) - 1) // RUN + 1, run, row
    cdef Py_ssize_t spans = (whole.length - 1) // RUN + 1, span, start
    cdef Py_ssize_t blocks = channel_blocks(channels), block, tiles, tile, channel, tap
    cdef Dots k = whole
    for run in range(runs):
        row = part(whole.rows, run, runs)
        k.rows = part(whole.rows, run + 1, runs) - row
        for span in range(spans):
            start = span * RUN
            k.length = min(RUN, whole.length - start)
            k.x = x + row * k.x_row + start
            for block in range(blocks):
                channel = part(channels, block, blocks)
                k.channels = part(channels, block + 1, blocks) - channel
                k.gy = gy + channel * k.gy_plane + row * k.gy_row + start
                tiles = (taps - 1) // block_vectors(k.channels) + 1
                for tile in range(tiles):
                    tap = part(taps, tile, tiles)
                    k.vectors = part(taps, tile + 1, tiles) - tap
                    k.offset, k.total = whole.offset + tap, whole.total + channel * taps + tap
                    if floating is float:
                        dot_block_of_float(&k)
                    else:
                        dot_block_of_double(&k)


cdef double sum_plane(const floating* x, Py_ssize_t size) noexcept nogil:
    """Sum in 64 lanes over short runs, in total in double."""
    cdef floating lane[64]
    cdef double total = 0
    cdef Py_ssize_t i = 0, l, end
    while size - i >= 64:
        end = i + min(size - i, RUN)
        memset(lane, 0, sizeof(lane))
        while i + 64 <= end:
            for l in range(64):
                lane[l] += x[i + l]
            i += 64
        for l in range(64):
            total += lane[l]
    while i < size:
        total += x[i]
        i += 1
    return total
