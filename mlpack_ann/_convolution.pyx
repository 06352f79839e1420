"""Convolution of a batch of images with a bank of filters, its adjoint, its weight gradient.

Images are laid out as planes in which a tap of the filter is a constant offset (_planes.pxd), so
that a vector of outputs needs one load and one multiply-add per tap: no im2col. Whatever the
stride, the dilation or the direction, only the list of offsets differs:

 - forward: outputs are correlated with the planes of the input;
 - backward: the pixels of g with the same residues by the stride are an image of their own
   (`Target`), reached by some of the taps, and are correlated with the planes of gy;
 - gradient: sums over pixels of gy's times the input's at each tap's offset.

Vectors lie along the pixels (_convolution.h), or along the output channels where those fill
vectors better (_product.h); 3 x 3 and 5 x 5 filters with stride 1 and channels enough go by way of
Winograd's transforms (_winograd.pyx). The least number of vector multiply-adds decides.
"""
from cython cimport floating
from libc.string cimport memcpy, memset
from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_TYPE, import_array, ndarray

from mlpack_ann._parallel cimport in_parts, parts_of
from mlpack_ann._planes cimport (Geometry, Planes, copy_rows, fill_planes, input_planes, input_taps,
                                 is_unpadded, output_columns, output_planes, output_rows,
                                 plane_count, plane_size, whole_planes)
from mlpack_ann._product cimport (VECTOR_BYTES, Product, multiply, to_pixels, to_planes,
                                  whole_vectors)
from mlpack_ann._reduce cimport sum_
from mlpack_ann._scratch cimport Scratch
from mlpack_ann._winograd cimport (Filtering, can_filter, filter_gradient, filter_images,
                                   filtering_cost)

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
    const int MAX_CHANNELS
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
    PLANES, RESULT, WEIGHTS, BIAS, TAPS, TARGETS, POSITIONS, TOTALS, SUMS

cdef enum:
    CACHE = 384 * 1024          # bytes worked on at a time: less than the L2 cache
    RUN = 4096                  # pixels of a channel in one sum of the type itself; whole vectors
    TURN = 6                    # vector multiply-adds that transposing a vector costs


cdef struct Target:             # the outputs that have their taps in common
    Py_ssize_t rows, columns
    Py_ssize_t first, row_step, column_step     # where they go in an image
    Py_ssize_t taps, first_tap
    Py_ssize_t rows_at_once, pitch, step        # in the planes, row to row and along a row
    bint direct                                 # vectors are stored to the image itself
    bint by_rows                                # a vector never goes on into the next row
    Py_ssize_t result_pitch, result_size        # of the result of a channel, if not direct
    Py_ssize_t* source                          # each vector's (or pixel's) place in the planes
    Py_ssize_t* result                          # and in the result


cdef struct Plan:               # forward or backward, for one size of image
    Planes planes
    Target* targets
    Py_ssize_t target_count
    Py_ssize_t* offset                          # of each tap in the planes
    Py_ssize_t* index                           # and in a channel's weights
    Py_ssize_t weight_step                      # from a channel's weights to the next's
    Py_ssize_t channels, area                   # of one group's outputs
    bint by_channels                            # vectors lie along the channels
    Py_ssize_t padded                           # channels in whole vectors


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
    algorithm : {"auto", "direct", "winograd"}, default="auto"
        "winograd" only for what it serves: square kernels of 3 or 5, stride 1, one group.

    Notes
    -----
    Arrays are C-contiguous: x and g (n, in_channels, h, w), y and gy (n, out_channels,
    rows, columns), weight and dw (out_channels, in_channels / groups, *kernel), bias and db
    (out_channels,). rows = (h + top + bottom - (kernel_h - 1) * dilation_h - 1) // stride_h + 1
    is at least 1, and so is columns; the caller has checked that. One call at a time.
    """
    def __init__(self, in_channels, out_channels, kernel, stride=(1, 1), padding=(0, 0, 0, 0),
                 dilation=(1, 1), groups=1, algorithm="auto"):
        cdef Geometry* k = &self._k
        k.in_channels, k.out_channels, k.groups = in_channels, out_channels, groups
        k.kernel_h, k.kernel_w = kernel
        k.stride_h, k.stride_w = stride
        k.dilation_h, k.dilation_w = dilation
        k.top, k.bottom, k.left, k.right = padding
        self._algorithm = {"auto": AUTO, "direct": DIRECT, "winograd": WINOGRAD}[algorithm]
        self._scratch, self._filter_scratch = Scratch(), Scratch()

    cdef int forward_images(self, ndarray x, ndarray weight, ndarray bias, ndarray y) except -1:
        """Fill y; bias may be None."""
        cdef Py_ssize_t n = PyArray_DIM(x, 0), h = PyArray_DIM(x, 2), w = PyArray_DIM(x, 3)
        if PyArray_TYPE(x) == NPY_DOUBLE:
            return self.forward(n, h, w, <double*>data(x), <double*>data(weight),
                                <double*>data(bias), <double*>data(y))
        return self.forward(n, h, w, <float*>data(x), <float*>data(weight), <float*>data(bias),
                            <float*>data(y))

    cdef int backward_images(self, ndarray gy, ndarray weight, ndarray bias, ndarray g) except -1:
        """Fill g, given gy. A bias, of in_channels elements and usually None, is added to g."""
        cdef Py_ssize_t n = PyArray_DIM(g, 0), h = PyArray_DIM(g, 2), w = PyArray_DIM(g, 3)
        if PyArray_TYPE(g) == NPY_DOUBLE:
            return self.backward(n, h, w, <double*>data(gy), <double*>data(weight),
                                 <double*>data(bias), <double*>data(g))
        return self.backward(n, h, w, <float*>data(gy), <float*>data(weight), <float*>data(bias),
                             <float*>data(g))

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
        cdef const Geometry* k = &self._k
        cdef Plan plan
        cdef Filtering f
        plan.planes = input_planes(k, h, w, sizeof(floating))
        cdef Py_ssize_t taps = plan.planes.channels * k.kernel_h * k.kernel_w, t
        cdef Py_ssize_t rows = output_rows(k, h), columns = output_columns(k, w)
        plan.channels, plan.area = k.out_channels // k.groups, rows * columns
        plan.targets = <Target*>self._scratch.take(TARGETS, sizeof(Target))
        plan.target_count, plan.targets[0] = 1, new_target(rows, columns, 0, columns, 1)
        plan.targets[0].taps = taps
        lay_out(&plan, sizeof(floating))
        f = Filtering(n, k.in_channels, k.out_channels, h, w, rows, columns, k.top, k.left,
                      k.kernel_h, False)
        if self._filters(&f, direct_cost(&plan, sizeof(floating)), sizeof(floating)):
            return filter_images(&f, self._filter_scratch, x, weight, bias, y)
        if plan.by_channels:
            plan.planes = whole_planes(k, h, w, sizeof(floating))
            plan.targets[0].pitch = plan.planes.pitch * k.stride_h
            plan.targets[0].step = k.stride_w
        place_results(self._scratch, &plan, sizeof(floating))
        plan.offset = <Py_ssize_t*>self._scratch.take(TAPS, 2 * taps * sizeof(Py_ssize_t))
        plan.index, plan.weight_step = plan.offset + taps, taps
        input_taps(k, &plan.planes, plan.offset)
        for t in range(taps):
            plan.index[t] = t
        return correlate(k, self._scratch, &plan, n, x, weight, bias, y)

    cdef int backward(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* gy,
                      const floating* weight, const floating* bias, floating* g) except -1 nogil:
        """Fill g, of images of h x w, given gy; bias may be NULL."""
        cdef const Geometry* k = &self._k
        cdef Plan plan
        cdef Filtering f
        plan.planes = output_planes(k, h, w, sizeof(floating))
        cdef Py_ssize_t area = k.kernel_h * k.kernel_w, taps = plan.planes.channels * area
        cdef Py_ssize_t steps_h = min(k.stride_h, h), steps_w = min(k.stride_w, w)
        cdef Py_ssize_t i, row, column, first_tap = 0
        plan.channels, plan.area = k.in_channels // k.groups, h * w
        plan.target_count = steps_h * steps_w
        plan.targets = <Target*>self._scratch.take(TARGETS, plan.target_count * sizeof(Target))
        for i in range(plan.target_count):
            row, column = i // steps_w, i % steps_w
            plan.targets[i] = new_target((h - row - 1) // k.stride_h + 1,
                                         (w - column - 1) // k.stride_w + 1,
                                         row * w + column, k.stride_h * w, k.stride_w)
            plan.targets[i].taps = taps // plan.target_count        # nearly
        lay_out(&plan, sizeof(floating))
        f = Filtering(n, k.out_channels, k.in_channels, plan.planes.height, plan.planes.width, h, w,
                      k.kernel_h - 1 - k.top, k.kernel_w - 1 - k.left, k.kernel_h, True)
        if self._filters(&f, direct_cost(&plan, sizeof(floating)), sizeof(floating)):
            return filter_images(&f, self._filter_scratch, gy, weight, bias, g)
        place_results(self._scratch, &plan, sizeof(floating))
        plan.offset = <Py_ssize_t*>self._scratch.take(TAPS, 2 * taps * sizeof(Py_ssize_t))
        plan.index, plan.weight_step = plan.offset + taps, area
        for i in range(plan.target_count):
            plan.targets[i].first_tap = first_tap
            plan.targets[i].taps = output_taps(k, &plan, i // steps_w, i % steps_w, first_tap)
            first_tap += plan.targets[i].taps
        return correlate(k, self._scratch, &plan, n, gy, weight, bias, g)

    cdef int gradient(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* x,
                      const floating* gy, floating* dw, floating* db) except -1 nogil:
        """Fill dw and db, sums over the batch; db may be NULL."""
        cdef const Geometry* k = &self._k
        cdef Planes planes = input_planes(k, h, w, sizeof(floating))
        cdef Sums s = sums_of(k, &planes, sizeof(floating))
        cdef Filtering f = Filtering(n, k.in_channels, k.out_channels, h, w, s.rows, s.columns,
                                     k.top, k.left, k.kernel_h, False)
        if db is not NULL:
            sum_planes(gy, n, k.out_channels, s.area, db)
        if self._filters(&f, s.cost, sizeof(floating)):
            return filter_gradient(&f, self._filter_scratch, x, gy, dw)
        if s.by_channels:
            planes = whole_planes(k, h, w, sizeof(floating))
        return add_gradient(k, self._scratch, &s, &planes, n, x, gy, dw)

    cdef bint _filters(self, const Filtering* f, double direct, Py_ssize_t item) noexcept nogil:
        """Whether Winograd's way is chosen, given what an image costs directly."""
        cdef const Geometry* k = &self._k
        if self._algorithm == DIRECT or f.images == 0 or not winograd_serves(k) or (
                k.top >= f.filter or k.left >= f.filter
                or k.bottom >= f.filter or k.right >= f.filter):
            return False
        return self._algorithm == WINOGRAD or filtering_cost(f, item) < direct


cdef bint winograd_serves(const Geometry* k) noexcept nogil:
    """Whether there is a transform for this geometry."""
    return (k.kernel_h == k.kernel_w and can_filter(k.kernel_h) and k.groups == 1
            and k.stride_h == k.stride_w == k.dilation_h == k.dilation_w == 1)


cdef void* data(ndarray a) noexcept:
    """Return where an array begins, or NULL for None."""
    return NULL if a is None else PyArray_DATA(a)


# Plans -------------------------------------------------------------------------------------------

cdef inline Target new_target(Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t first,
                              Py_ssize_t row_step, Py_ssize_t column_step) noexcept nogil:
    cdef Target t
    memset(&t, 0, sizeof(Target))
    t.rows, t.columns = rows, columns
    t.first, t.row_step, t.column_step, t.step = first, row_step, column_step, 1
    return t


cdef Py_ssize_t output_taps(const Geometry* k, const Plan* plan, Py_ssize_t row, Py_ssize_t column,
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


cdef void lay_out(Plan* plan, Py_ssize_t item) noexcept nogil:
    """Choose along what vectors lie, and how many rows are worked on at a time."""
    cdef Py_ssize_t i
    cdef Target* t
    cdef double along_pixels
    plan.padded, plan.by_channels = whole_vectors(plan.channels, item), False
    for i in range(plan.target_count):
        lay_along_pixels(&plan.planes, &plan.targets[i], item)
    along_pixels = direct_cost(plan, item)
    plan.by_channels = True
    plan.by_channels = direct_cost(plan, item) < along_pixels
    for i in range(plan.target_count):
        t = &plan.targets[i]
        if plan.by_channels:
            t.direct, t.by_rows, t.result_pitch = False, False, t.columns
            t.rows_at_once = max(<Py_ssize_t>1, min(
                t.rows, CACHE // 4 // (t.columns * plan.padded * item)))
            t.result_size = t.rows_at_once * t.columns * plan.padded
        elif t.column_step == 1 and t.pitch == t.columns == t.row_step:
            merge_rows(t)
            lay_along_pixels(&plan.planes, t, item)


cdef void merge_rows(Target* t) noexcept nogil:
    """Take as one row what has no gap between its rows."""
    cdef Py_ssize_t merged = t.rows_at_once
    while t.rows % merged != 0:
        merged -= 1
    t.rows //= merged
    t.columns *= merged
    t.row_step = t.columns


cdef void lay_along_pixels(const Planes* planes, Target* t, Py_ssize_t item) noexcept nogil:
    """Decide how vectors lie along the rows."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // item, blocks, per_row, flat
    t.pitch = max(planes.pitch, t.columns)
    blocks = 1 + plane_count(planes) * t.rows * t.pitch * item // CACHE
    t.rows_at_once = (t.rows + blocks - 1) // blocks
    # Whole rows save a copy of the result, and for that may be 5 % more vectors.
    per_row = (t.columns + lanes - 1) // lanes
    flat = (t.rows_at_once - 1) * t.pitch + t.columns
    t.direct = (t.column_step == 1 and t.columns >= lanes
                and 20 * t.rows_at_once * per_row <= 21 * ((flat + lanes - 1) // lanes))
    t.by_rows = t.direct or t.rows_at_once * per_row * lanes <= flat
    t.result_pitch = per_row * lanes if t.by_rows else t.pitch
    t.result_size = plane_size(t.rows_at_once * t.result_pitch, item)


cdef double direct_cost(const Plan* plan, Py_ssize_t item) noexcept nogil:
    """Vector multiply-adds of one image."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // item, i
    cdef double cost = 0
    cdef const Target* t
    for i in range(plan.target_count):
        t = &plan.targets[i]
        if plan.by_channels:
            cost += <double>t.rows * t.columns * (t.taps + TURN) * (plan.padded // lanes)
        else:
            cost += (<double>t.taps * plan.channels * vector_count(t, t.rows_at_once, lanes)
                     * t.rows / t.rows_at_once)
    return cost


cdef int place_results(Scratch scratch, Plan* plan, Py_ssize_t item) except -1 nogil:
    """Decide which outputs make up each vector of the targets, and where they are stored."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // item, per_row, total = 0, i, v, row, column
    cdef Planes* planes = &plan.planes
    cdef Target* t
    cdef Py_ssize_t* place
    planes.in_place = is_unpadded(planes)
    for i in range(plan.target_count):
        t = &plan.targets[i]
        planes.in_place &= t.direct or plan.by_channels     # nothing is read past the end
        total += (t.rows * t.columns if plan.by_channels
                  else 2 * vector_count(t, t.rows_at_once, lanes))
    if planes.in_place:
        planes.size = planes.height * planes.width
    place = <Py_ssize_t*>scratch.take(POSITIONS, total * sizeof(Py_ssize_t))
    for i in range(plan.target_count):
        t = &plan.targets[i]
        t.source = place
        if plan.by_channels:
            place += t.rows * t.columns
            for v in range(t.rows * t.columns):
                t.source[v] = v // t.columns * t.pitch + v % t.columns * t.step
            continue
        total = vector_count(t, t.rows_at_once, lanes)
        per_row = (t.columns + lanes - 1) // lanes if t.by_rows else total
        t.result, place = place + total, place + 2 * total
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


# Forward and backward ----------------------------------------------------------------------------

cdef struct Images:             # a batch to be correlated, and the memory of each thread
    const Plan* plan
    Py_ssize_t groups, splits                   # parts of an image's channels or rows
    bint wide, untouched                        # float64; pixels that no tap reaches
    Py_ssize_t x_size, y_size, weights, padded_size, result_size, result_memory
    const void* x
    const void* packed
    const void* start
    void* y
    void* padded
    void* result


cdef int correlate(const Geometry* k, Scratch scratch, const Plan* plan, Py_ssize_t n,
                   const floating* x, const floating* weight, const floating* bias,
                   floating* y) except -1 nogil:
    """Fill y (n, groups * channels, area) by correlating x's planes with the taps."""
    cdef const Planes* planes = &plan.planes
    cdef Py_ssize_t taps = planes.channels * k.kernel_h * k.kernel_w
    cdef Py_ssize_t channels = plan.padded if plan.by_channels else plan.channels, i, c, group
    cdef Py_ssize_t jobs = n * k.groups
    cdef Images b
    cdef int parts
    cdef double weight_of_job
    cdef floating* packed
    cdef floating* start
    b.plan, b.groups, b.wide, b.untouched = plan, k.groups, sizeof(floating) == 8, False
    b.x_size = planes.channels * planes.height * planes.width
    b.y_size, b.weights = plan.channels * plan.area, channels * taps
    b.padded_size, b.result_size = plane_count(planes) * planes.size, 0
    for i in range(plan.target_count):
        b.result_size = max(b.result_size, plan.targets[i].result_size)
        b.untouched |= plan.targets[i].taps == 0
    b.result_memory = b.result_size * (2 if plan.by_channels else MAX_CHANNELS)
    # Sixteen multiply-adds of a vector take as long as a vector of a simple map.
    weight_of_job = direct_cost(plan, sizeof(floating)) * VECTOR_BYTES / sizeof(floating) / 16
    parts = parts_of(jobs * 64, weight_of_job / 64)
    b.splits = parts if jobs % parts != 0 and jobs < 4 * parts and not b.untouched else 1
    packed = <floating*>scratch.take(WEIGHTS, k.groups * b.weights * sizeof(floating))
    start = <floating*>scratch.take(BIAS, k.groups * channels * sizeof(floating))
    b.padded = scratch.take(PLANES, parts * b.padded_size * sizeof(floating))
    b.result = scratch.take(RESULT, parts * b.result_memory * sizeof(floating))
    memset(start, 0, k.groups * channels * sizeof(floating))
    for group in range(k.groups):
        for c in range(0 if bias is NULL else plan.channels):
            start[group * channels + c] = bias[group * plan.channels + c]
        for i in range(plan.target_count):
            pack_weights(plan, &plan.targets[i], weight + group * plan.channels * taps,
                         packed + group * b.weights + plan.targets[i].first_tap * channels)
    b.x, b.y, b.packed, b.start = x, y, packed, start
    in_parts(correlate_part, &b, jobs * b.splits, weight_of_job / b.splits)
    return 0


cdef void pack_weights(const Plan* plan, const Target* target, const floating* weight,
                       floating* packed) noexcept nogil:
    """Write the target's weights in the order in which the blocks read them."""
    cdef Py_ssize_t blocks = channel_blocks(plan.channels), block, t, c
    if plan.by_channels:
        for t in range(target.first_tap, target.first_tap + target.taps):
            memset(packed, 0, plan.padded * sizeof(floating))
            for c in range(plan.channels):
                packed[c] = weight[c * plan.weight_step + plan.index[t]]
            packed += plan.padded
        return
    for block in range(blocks):
        for t in range(target.first_tap, target.first_tap + target.taps):
            for c in range(part(plan.channels, block, blocks),
                           part(plan.channels, block + 1, blocks)):
                packed[0] = weight[c * plan.weight_step + plan.index[t]]
                packed += 1


cdef void correlate_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Images* b = <const Images*>task
    if b.wide:
        correlate_images(b, part, start, stop, <double*>b.y)
    else:
        correlate_images(b, part, start, stop, <float*>b.y)


cdef void correlate_images(const Images* b, int part_, Py_ssize_t start, Py_ssize_t stop,
                           floating* y) noexcept nogil:
    """Fill some of the splits of all images and groups."""
    cdef const Plan* plan = b.plan
    cdef const Planes* planes = &plan.planes
    cdef Py_ssize_t channels = plan.padded if plan.by_channels else plan.channels
    cdef floating* padded = <floating*>b.padded + part_ * b.padded_size
    cdef floating* result = <floating*>b.result + part_ * b.result_memory
    cdef const floating* source = padded
    cdef const floating* weight
    cdef const floating* first
    cdef floating* out
    cdef Py_ssize_t job, split, item, group, c, i, filled = -1
    cdef const Target* t
    memset(padded, 0, b.padded_size * sizeof(floating))
    for item in range(start, stop):
        job, split = item // b.splits, item % b.splits
        group = job % b.groups
        out = y + job * b.y_size
        if planes.in_place:
            source = <const floating*>b.x + job * b.x_size
        elif job != filled:
            fill_planes(planes, <const floating*>b.x + job * b.x_size, padded)
            filled = job
        first = <const floating*>b.start + group * channels
        if b.untouched:
            for c in range(plan.channels):
                for i in range(plan.area):
                    out[c * plan.area + i] = first[c]
        for i in range(plan.target_count):
            t = &plan.targets[i]
            if t.taps == 0:
                continue
            weight = (<const floating*>b.packed + group * b.weights + t.first_tap * channels)
            if plan.by_channels:
                correlate_channels(plan, t, source, weight, first, split, b.splits, out, result)
            else:
                correlate_pixels(plan, t, source, weight, first, split, b.splits, out, result)


cdef void correlate_channels(const Plan* plan, const Target* t, const floating* planes,
                             const floating* weight, const floating* bias, Py_ssize_t split,
                             Py_ssize_t splits, floating* y, floating* result) noexcept nogil:
    """Fill some of the target's rows in all channels of one image, vectors along the channels."""
    cdef Py_ssize_t row = part(t.rows, split, splits), last = part(t.rows, split + 1, splits)
    cdef Py_ssize_t rows, pixels, c
    cdef floating* flat = result + t.result_size
    cdef Product k
    k.vectors, k.taps = plan.padded // whole_vectors(1, sizeof(floating)), t.taps
    k.x, k.offset = planes, plan.offset + t.first_tap
    k.w, k.w_step, k.start, k.adds = weight, plan.padded, bias, False
    k.y, k.y_step = result, plan.padded
    while row < last:
        rows = min(t.rows_at_once, last - row)
        pixels = k.rows = rows * t.columns
        k.place = t.source + row * t.columns
        multiply(&k, planes)
        if t.column_step == 1 and t.row_step == t.columns:
            to_planes(result, plan.padded, pixels, 0, pixels,
                      y + t.first + row * t.row_step, plan.area, plan.channels)
        else:
            to_planes(result, plan.padded, pixels, 0, pixels, flat, pixels, plan.channels)
            for c in range(plan.channels):
                scatter(t, flat + c * pixels, rows, y + c * plan.area + t.first + row * t.row_step)
        row += rows


cdef void correlate_pixels(const Plan* plan, const Target* t, const floating* planes,
                           const floating* weight, const floating* bias, Py_ssize_t split,
                           Py_ssize_t splits, floating* y, floating* result) noexcept nogil:
    """Fill the target's pixels in some channels of one image, vectors along the pixels."""
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
        for block in range(part(blocks, split, splits), part(blocks, split + 1, splits)):
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


# Weight gradient ---------------------------------------------------------------------------------

cdef struct Sums:               # how the gradient of one size of image is formed, and its memory
    Py_ssize_t rows, columns, area              # of gy
    Py_ssize_t taps, channels                   # of a group
    Py_ssize_t groups, padded                   # channels in whole vectors
    bint wide, by_channels                      # float64; vectors lie along the output channels
    double cost                                 # vector multiply-adds of an image
    bint by_rows                                # along the pixels: rows are whole vectors
    Py_ssize_t run_rows, run_columns, flat      # of gy as it is read, pixels of a copied plane
    Py_ssize_t at_once, first, count            # images in hand
    const Planes* planes
    Py_ssize_t padded_size, x_size
    const void* x
    const void* gy
    void* padded_x
    void* copied_gy
    void* sums                                  # by channels: (groups, taps, padded) of the type
    double* total                               # (out_channels, taps), or as `sums`
    const Py_ssize_t* offset                    # of each tap in the planes
    const Py_ssize_t* place                     # by channels: of each pixel of gy in the planes


cdef Sums sums_of(const Geometry* k, const Planes* planes, Py_ssize_t item) noexcept nogil:
    """Choose along what vectors lie. gy is read in place if its rows are whole vectors, else
    copied so that zeros meet the pixels that the planes have between two rows."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // item
    cdef Sums s
    cdef double by_channels
    memset(&s, 0, sizeof(Sums))
    s.rows = planes.rows - (k.kernel_h - 1) * k.dilation_h // k.stride_h
    s.columns = planes.pitch - (k.kernel_w - 1) * k.dilation_w // k.stride_w
    s.area, s.groups = s.rows * s.columns, k.groups
    s.taps = planes.channels * k.kernel_h * k.kernel_w
    s.channels, s.wide = k.out_channels // k.groups, item == sizeof(double)
    s.padded = whole_vectors(s.channels, item)
    s.run_rows, s.run_columns = s.rows, s.columns
    if planes.pitch == s.columns:               # rows without a gap
        s.run_rows, s.run_columns = 1, s.area
    s.flat = ((s.run_rows - 1) * planes.pitch + s.run_columns + lanes - 1) // lanes * lanes
    s.by_rows = s.run_columns % lanes == 0
    s.cost = <double>s.taps * s.channels * (s.area if s.by_rows else s.flat) / lanes * k.groups
    by_channels = <double>s.area * (s.taps + TURN) * (s.padded // lanes) * k.groups
    s.by_channels = by_channels < s.cost
    if s.by_channels:
        s.cost = by_channels
    return s


cdef int add_gradient(const Geometry* k, Scratch scratch, Sums* s, Planes* planes, Py_ssize_t n,
                      const floating* x, const floating* gy, floating* dw) except -1 nogil:
    """Fill dw, as many images at a time as the cache holds."""
    cdef Py_ssize_t item = sizeof(floating), jobs, copied, sums, i
    cdef double weight = s.cost * VECTOR_BYTES / item / 16
    planes.in_place = (s.by_rows or s.by_channels) and is_unpadded(planes)
    if planes.in_place:
        planes.size = planes.height * planes.width
    s.planes, s.padded_size = planes, plane_count(planes) * planes.size
    s.x_size = planes.channels * planes.height * planes.width
    copied = s.area * s.padded if s.by_channels else 0 if s.by_rows else s.channels * s.flat
    s.at_once = 1 + CACHE // ((s.padded_size + copied) * item)
    s.at_once = min(n, min(s.at_once, 1 + RUN // s.area) if s.by_channels else s.at_once)
    jobs = s.at_once * k.groups
    sums = k.groups * s.taps * (s.padded if s.by_channels else s.channels)
    s.padded_x = scratch.take(PLANES, jobs * s.padded_size * item)
    s.copied_gy = scratch.take(RESULT, jobs * copied * item)
    s.total = <double*>scratch.take(TOTALS, sums * sizeof(double))
    s.sums = scratch.take(SUMS, sums * item if s.by_channels else 1)
    s.offset = <Py_ssize_t*>scratch.take(TAPS, s.taps * sizeof(Py_ssize_t))
    input_taps(k, planes, <Py_ssize_t*>s.offset)
    if s.by_channels:
        s.place = <Py_ssize_t*>scratch.take(POSITIONS, s.area * sizeof(Py_ssize_t))
        for i in range(s.area):
            (<Py_ssize_t*>s.place)[i] = (i // s.columns * k.stride_h * planes.pitch
                                         + i % s.columns * k.stride_w)
    memset(s.padded_x, 0, jobs * s.padded_size * item)
    memset(s.copied_gy, 0, jobs * copied * item)
    memset(s.total, 0, sums * sizeof(double))
    s.x, s.gy = x, gy
    while s.first < n:
        s.count = min(s.at_once, n - s.first)
        in_parts(prepare_part, s, s.count * k.groups, (s.padded_size + copied) / 4.0)
        if s.by_channels:
            in_parts(add_channels_part, s, s.taps, weight * s.count / s.taps)
        else:
            in_parts(add_pixels_part, s, channel_blocks(s.channels),
                     weight * s.count / channel_blocks(s.channels))
        s.first += s.count
    write_gradient(s, dw)
    return 0


cdef void write_gradient(const Sums* s, floating* dw) noexcept nogil:
    cdef Py_ssize_t weights = s.taps * s.channels, sums = s.taps * s.padded, i, group
    cdef floating* narrow = <floating*>s.sums
    if not s.by_channels:
        for i in range(s.groups * weights):
            dw[i] = <floating>s.total[i]
        return
    for i in range(s.groups * sums):
        narrow[i] = <floating>s.total[i]
    for group in range(s.groups):
        to_planes(narrow + group * sums, s.padded, s.taps, 0, s.taps, dw + group * weights, s.taps,
                  s.channels)


cdef void prepare_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Sums* s = <const Sums*>task
    if s.wide:
        prepare(s, start, stop, <const double*>s.x)
    else:
        prepare(s, start, stop, <const float*>s.x)


cdef void prepare(const Sums* s, Py_ssize_t start, Py_ssize_t stop,
                  const floating* x) noexcept nogil:
    """Lay out some of the images in hand, and what comes back of them."""
    cdef Py_ssize_t job, c
    cdef const floating* gy
    cdef floating* copy
    for job in range(start, stop):
        if not s.planes.in_place:
            fill_planes(s.planes, x + (s.first * s.groups + job) * s.x_size,
                        <floating*>s.padded_x + job * s.padded_size)
        gy = <const floating*>s.gy + (s.first * s.groups + job) * s.channels * s.area
        if s.by_channels:
            to_pixels(gy, s.area, s.channels, s.area,
                      <floating*>s.copied_gy + job * s.area * s.padded, s.padded, s.area, 0)
        elif not s.by_rows:
            copy = <floating*>s.copied_gy + job * s.channels * s.flat
            for c in range(s.channels):
                copy_rows(gy + c * s.area, s.run_columns, copy + c * s.flat, s.planes.pitch,
                          s.run_rows, s.run_columns)


cdef inline const floating* image_of(const Sums* s, Py_ssize_t i, Py_ssize_t group,
                                     const floating* x) noexcept nogil:
    """Return the planes of an image in hand."""
    if s.planes.in_place:
        return x + ((s.first + i) * s.groups + group) * s.x_size
    return <const floating*>s.padded_x + (i * s.groups + group) * s.padded_size


cdef void add_channels_part(void* task, int part, Py_ssize_t start,
                            Py_ssize_t stop) noexcept nogil:
    cdef const Sums* s = <const Sums*>task
    if s.wide:
        add_channels(s, start, stop, <const double*>s.x)
    else:
        add_channels(s, start, stop, <const float*>s.x)


cdef void add_channels(const Sums* s, Py_ssize_t start, Py_ssize_t stop,
                       const floating* x) noexcept nogil:
    """Add the products of the images in hand to some of the taps' totals, over all channels."""
    cdef Py_ssize_t group, i, size = (stop - start) * s.padded
    cdef floating* sums
    cdef double* total
    cdef Product k
    k.rows, k.vectors = stop - start, s.padded // whole_vectors(1, sizeof(floating))
    k.taps, k.place, k.offset = s.area, s.offset + start, s.place
    k.start, k.w_step, k.y_step = NULL, s.padded, s.padded
    for group in range(s.groups):
        sums = <floating*>s.sums + (group * s.taps + start) * s.padded
        total = s.total + (group * s.taps + start) * s.padded
        k.y = sums
        for i in range(s.count):
            k.adds = i > 0
            k.x = image_of(s, i, group, x)
            k.w = <const floating*>s.copied_gy + (i * s.groups + group) * s.area * s.padded
            multiply(&k, x)
        for i in range(size):
            total[i] += sums[i]


cdef void add_pixels_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Sums* s = <const Sums*>task
    if s.wide:
        add_pixels(s, start, stop, <const double*>s.x)
    else:
        add_pixels(s, start, stop, <const float*>s.x)


cdef void add_pixels(const Sums* s, Py_ssize_t start, Py_ssize_t stop,
                     const floating* x) noexcept nogil:
    """Add the products of the images in hand to the totals of some blocks of channels."""
    cdef Py_ssize_t group
    cdef Dots dots
    dots.offset, dots.stride, dots.channels, dots.vectors = s.offset, s.taps, 0, 0
    dots.images = s.count
    dots.x_image = s.groups * (s.x_size if s.planes.in_place else s.padded_size)
    if s.by_rows:
        dots.rows, dots.length = s.run_rows, s.run_columns
        dots.x_row, dots.gy_row = s.planes.pitch, s.run_columns
        dots.gy_plane, dots.gy_image = s.area, s.groups * s.channels * s.area
    else:
        dots.rows, dots.x_row, dots.gy_row, dots.length = 1, 0, 0, s.flat
        dots.gy_plane, dots.gy_image = s.flat, s.groups * s.channels * s.flat
    for group in range(s.groups):
        if s.by_rows:
            dots.gy = (<const floating*>s.gy
                       + (s.first * s.groups + group) * s.channels * s.area)
        else:
            dots.gy = <const floating*>s.copied_gy + group * s.channels * s.flat
        dots.total = s.total + group * s.channels * s.taps
        add_dots(dots, image_of(s, 0, group, x), <const floating*>dots.gy, s.channels, s.taps,
                 start, stop)


cdef void add_dots(Dots whole, const floating* x, const floating* gy, Py_ssize_t channels,
                   Py_ssize_t taps, Py_ssize_t first_block, Py_ssize_t last_block) noexcept nogil:
    """Add the dot products of some blocks of channels with all taps, by parts that the cache holds
    and that are short enough to be summed in float."""
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
            for block in range(first_block, last_block):
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


# Gradient of the bias ----------------------------------------------------------------------------

cdef int sum_images(ndarray images, ndarray sums) except -1:
    """Fill sums with the sum of each channel over the batch."""
    cdef Py_ssize_t n = PyArray_DIM(images, 0), channels = PyArray_DIM(images, 1)
    cdef Py_ssize_t area = PyArray_DIM(images, 2) * PyArray_DIM(images, 3)
    if PyArray_TYPE(images) == NPY_DOUBLE:
        sum_planes(<const double*>data(images), n, channels, area, <double*>data(sums))
    else:
        sum_planes(<const float*>data(images), n, channels, area, <float*>data(sums))
    return 0


cdef struct Biases:
    Py_ssize_t images, channels, area
    bint wide
    const void* gy
    void* db


cdef void sum_planes(const floating* gy, Py_ssize_t n, Py_ssize_t channels, Py_ssize_t area,
                     floating* db) noexcept nogil:
    """db = the sum of each channel."""
    cdef Biases b = Biases(n, channels, area, sizeof(floating) == 8, gy, db)
    in_parts(sum_part, &b, channels, n * area)


cdef void sum_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Biases* b = <const Biases*>task
    if b.wide:
        sum_channels(b, start, stop, <double*>b.db)
    else:
        sum_channels(b, start, stop, <float*>b.db)


cdef void sum_channels(const Biases* b, Py_ssize_t start, Py_ssize_t stop,
                       floating* db) noexcept nogil:
    cdef const floating* gy = <const floating*>b.gy
    cdef Py_ssize_t c, i
    cdef double total
    for c in range(start, stop):
        total = 0
        for i in range(b.images):
            total += sum_(gy + (i * b.channels + c) * b.area, b.area)
        db[c] = <floating>total
