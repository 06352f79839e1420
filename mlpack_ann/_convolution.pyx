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
    int block_vectors(int channels) noexcept nogil
    ctypedef struct Correlation_float:
        const float* x
        const float* weight
        const float* bias
        float* y
        const Py_ssize_t* source "from"
        const Py_ssize_t* to
        const Py_ssize_t* offset
        Py_ssize_t taps, stride
    ctypedef struct Dots_float:
        const float* x
        const float* g
        const Py_ssize_t* offset
        Py_ssize_t x_image, x_row, g_plane, g_image, g_row, images, rows, length
        double* total
        Py_ssize_t stride
    void correlate_tile_float(int, int, const Correlation_float*) noexcept nogil
    void dot_tile_float(int, int, const Dots_float*) noexcept nogil
    ctypedef struct Correlation_double:
        const double* x
        const double* weight
        const double* bias
        double* y
        const Py_ssize_t* source "from"
        const Py_ssize_t* to
        const Py_ssize_t* offset
        Py_ssize_t taps, stride
    ctypedef struct Dots_double:
        const double* x
        const double* g
        const Py_ssize_t* offset
        Py_ssize_t x_image, x_row, g_plane, g_image, g_row, images, rows, length
        double* total
        Py_ssize_t stride
    void correlate_tile_double(int, int, const Correlation_double*) noexcept nogil
    void dot_tile_double(int, int, const Dots_double*) noexcept nogil
    double sum_plane_float(const float*, Py_ssize_t) noexcept nogil
    double sum_plane_double(const double*, Py_ssize_t) noexcept nogil
    void copy_row_float(float*, const float*, Py_ssize_t) noexcept nogil
    void copy_row_double(double*, const double*, Py_ssize_t) noexcept nogil

cdef enum:                      # what a piece of scratch memory is for
    PLANES, RESULT, WEIGHTS, BIAS, TAPS, TARGETS, POSITIONS, TOTALS

cdef enum:
    CACHE = 384 * 1024          # bytes of planes worked on at a time: less than the L2 cache


cdef struct Planes:             # one group's image, padded and split by residue
    Py_ssize_t channels, height, width                      # of the image
    Py_ssize_t stride_h, stride_w, dilation_h, dilation_w
    Py_ssize_t residues_h, residues_w                       # (j * dilation) % stride, j = 0, 1, ...
    Py_ssize_t top, left                                    # zeros before the image
    Py_ssize_t rows, pitch, size                            # of a plane, row to row, and in all


cdef struct Target:             # the outputs that have their taps in common
    Py_ssize_t rows, columns
    Py_ssize_t first, step_h, step_w        # where they go in an image
    Py_ssize_t taps, first_tap
    bint by_rows                            # a vector never goes on into the next row
    bint direct                             # vectors are stored to the image itself
    Py_ssize_t rows_at_once, pitch, size    # of the result, if it is not
    Py_ssize_t* source                      # each vector's place in the planes
    Py_ssize_t* result                      # and in the result


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

    cdef int forward(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* x,
                     const floating* weight, const floating* bias, floating* y) except -1 nogil:
        """Fill y; bias may be NULL."""
        cdef Planes planes = input_planes(self, h, w, sizeof(floating))
        cdef Py_ssize_t taps = planes.channels * self.kernel_h * self.kernel_w, t
        cdef Py_ssize_t* offset = <Py_ssize_t*>self._take(TAPS, 2 * taps * sizeof(Py_ssize_t))
        cdef Py_ssize_t* index = offset + taps
        input_taps(self, &planes, offset)
        for t in range(taps):
            index[t] = t
        cdef Target* target = <Target*>self._take(TARGETS, sizeof(Target))
        target.rows, target.columns = output_rows(self, h), output_columns(self, w)
        target.first, target.step_h, target.step_w = 0, 1, 1
        target.taps, target.first_tap = taps, 0
        return correlate(self, n, &planes, x, target, 1, offset, index, weight, taps, bias,
                         self.out_channels // self.groups, target.rows, target.columns, y)

    cdef int backward(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* gy,
                      const floating* weight, floating* g) except -1 nogil:
        """Fill g, of images of h x w, given gy."""
        cdef Planes planes = output_planes(self, h, w, sizeof(floating))
        cdef Py_ssize_t taps = planes.channels * self.kernel_h * self.kernel_w, row, column
        cdef Py_ssize_t* offset = <Py_ssize_t*>self._take(TAPS, 2 * taps * sizeof(Py_ssize_t))
        cdef Py_ssize_t* index = offset + taps
        cdef Target* targets = <Target*>self._take(
            TARGETS, min(self.stride_h, h) * min(self.stride_w, w) * sizeof(Target))
        cdef Target* target = targets
        cdef Py_ssize_t first_tap = 0
        for row in range(min(self.stride_h, h)):
            for column in range(min(self.stride_w, w)):
                target.rows = (h - row - 1) // self.stride_h + 1
                target.columns = (w - column - 1) // self.stride_w + 1
                target.first = row * w + column
                target.step_h, target.step_w = self.stride_h, self.stride_w
                target.taps = output_taps(self, &planes, row, column, offset + first_tap,
                                          index + first_tap)
                target.first_tap = first_tap
                first_tap += target.taps
                target += 1
        return correlate(self, n, &planes, gy, targets, target - targets, offset, index, weight,
                         self.kernel_h * self.kernel_w, <const floating*>NULL,
                         self.in_channels // self.groups, h, w, g)

    cdef int gradient(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* x,
                      const floating* gy, floating* dw, floating* db) except -1 nogil:
        """Fill dw and db, summed over the batch; db may be NULL."""
        cdef Planes planes = input_planes(self, h, w, sizeof(floating))
        cdef Py_ssize_t taps = planes.channels * self.kernel_h * self.kernel_w
        cdef Py_ssize_t channels = self.out_channels // self.groups
        cdef Py_ssize_t rows = output_rows(self, h), columns = output_columns(self, w)
        cdef Py_ssize_t lanes = VECTOR_BYTES // sizeof(floating)
        cdef Py_ssize_t image = plane_count(&planes) * planes.size, gy_image = self.out_channels * rows * columns
        cdef Py_ssize_t flat = ((rows - 1) * planes.pitch + columns + lanes - 1) // lanes * lanes
        cdef Py_ssize_t at_once = min(n, 1 + CACHE // ((image + channels * flat) * <Py_ssize_t>sizeof(floating)))
        cdef Py_ssize_t* offset = <Py_ssize_t*>self._take(TAPS, taps * sizeof(Py_ssize_t))
        cdef double* total = <double*>self._take(TOTALS, self.out_channels * (taps + 1) * sizeof(double))
        cdef floating* padded = <floating*>self._take(PLANES, at_once * image * sizeof(floating))
        cdef floating* error = <floating*>self._take(
            RESULT, at_once * channels * flat * sizeof(floating))
        cdef Py_ssize_t first, count, i, group, c
        cdef const floating* source
        cdef double* sums
        input_taps(self, &planes, offset)
        memset(total, 0, self.out_channels * (taps + 1) * sizeof(double))
        memset(padded, 0, at_once * image * sizeof(floating))
        memset(error, 0, at_once * channels * flat * sizeof(floating))
        first = 0
        while first < n:
            count = min(at_once, n - first)
            for group in range(self.groups):
                source = gy + first * gy_image + group * channels * rows * columns
                sums = total + group * channels * taps
                for i in range(count):
                    fill_planes(&planes, x + ((first + i) * self.groups + group)
                                * planes.channels * h * w, padded + i * image)
                if columns % lanes == 0:        # gy needs no copy
                    dots(padded, image, planes.pitch, offset, taps, source, rows * columns,
                         gy_image, columns, channels, count, rows, columns, sums)
                    continue
                for i in range(count):
                    for c in range(channels):
                        copy_rows(source + i * gy_image + c * rows * columns, columns,
                                  error + (i * channels + c) * flat, planes.pitch, rows, columns)
                dots(padded, image, 0, offset, taps, <const floating*>error, flat,
                     channels * flat, 0, channels, count, 1, flat, sums)
            first += at_once
        for i in range(self.out_channels * taps):
            dw[i] = <floating>total[i]
        if db is not NULL:
            sums = total + self.out_channels * taps
            for i in range(n * self.out_channels):
                sums[i % self.out_channels] += sum_plane(gy + i * rows * columns, rows * columns)
            for c in range(self.out_channels):
                db[c] = <floating>sums[c]
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


# Sizes and taps ------------------------------------------------------------------------------

cdef inline Py_ssize_t output_rows(Convolver k, Py_ssize_t h) noexcept nogil:
    return (h + k.top + k.bottom - (k.kernel_h - 1) * k.dilation_h - 1) // k.stride_h + 1


cdef inline Py_ssize_t output_columns(Convolver k, Py_ssize_t w) noexcept nogil:
    return (w + k.left + k.right - (k.kernel_w - 1) * k.dilation_w - 1) // k.stride_w + 1


cdef inline Py_ssize_t plane_count(const Planes* p) noexcept nogil:
    return p.channels * p.residues_h * p.residues_w


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
    p.size = plane_size(p.rows * p.pitch, item)
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
    p.size = plane_size(p.rows * p.pitch, item)
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


cdef Py_ssize_t output_taps(Convolver k, const Planes* p, Py_ssize_t row, Py_ssize_t column,
                            Py_ssize_t* offset, Py_ssize_t* index) noexcept nogil:
    """Write the offset in gy's planes and the place in the weights of each tap that reaches
    g[row::stride_h, column::stride_w]; return their number."""
    cdef Py_ssize_t o, a, b, distance_h, distance_w, t = 0
    for o in range(p.channels):
        for a in range(k.kernel_h):
            distance_h = row + k.top - a * k.dilation_h
            if distance_h % k.stride_h != 0:
                continue
            for b in range(k.kernel_w):
                distance_w = column + k.left - b * k.dilation_w
                if distance_w % k.stride_w == 0:
                    offset[t] = (o * p.size + (distance_h // k.stride_h + p.top) * p.pitch
                                 + distance_w // k.stride_w + p.left)
                    index[t] = (((o * k.in_channels // k.groups) * k.kernel_h + a) * k.kernel_w
                                + b)
                    t += 1
    return t


# Forward and backward ------------------------------------------------------------------------

cdef int correlate(Convolver k, Py_ssize_t n, const Planes* planes, const floating* x,
                   Target* targets, Py_ssize_t count, const Py_ssize_t* offset,
                   const Py_ssize_t* index, const floating* weight, Py_ssize_t weight_stride,
                   const floating* bias, Py_ssize_t channels, Py_ssize_t h, Py_ssize_t w,
                   floating* y) except -1 nogil:
    """Fill y (n, groups * channels, h, w) from x's planes.

    The weights of a channel begin `weight_stride` after the previous channel's, tap t's is
    the one at index[t], and it is multiplied with the pixel at offset[t].
    """
    cdef Py_ssize_t x_size = planes.channels * planes.height * planes.width, group, job, i
    cdef Py_ssize_t taps = targets[count - 1].first_tap + targets[count - 1].taps
    cdef Py_ssize_t result = lay_out_results(k, planes, targets, count, w, sizeof(floating))
    cdef floating* packed = <floating*>k._take(
        WEIGHTS, k.groups * channels * taps * sizeof(floating))
    cdef floating* start = <floating*>k._take(BIAS, k.groups * channels * sizeof(floating))
    cdef floating* padded = <floating*>k._take(
        PLANES, plane_count(planes) * planes.size * sizeof(floating))
    cdef floating* buffer = <floating*>k._take(RESULT, result * MAX_CHANNELS * sizeof(floating))
    for i in range(k.groups * channels):
        start[i] = 0 if bias is NULL else bias[i]
    for group in range(k.groups):
        for i in range(count):
            pack_weights(weight + group * (k.out_channels // k.groups) * (k.in_channels // k.groups) * k.kernel_h * k.kernel_w, weight_stride,
                         &targets[i], index, channels, packed + (group * taps + targets[i].first_tap) * channels)
    memset(padded, 0, plane_count(planes) * planes.size * sizeof(floating))
    for job in range(n * k.groups):
        group = job % k.groups
        fill_planes(planes, x + job * x_size, padded)
        for i in range(count):
            correlate_target(&targets[i], padded, planes.pitch, offset,
                             packed + (group * taps + targets[i].first_tap) * channels, start + group * channels,
                             channels, y + job * channels * h * w, h * w, w, buffer)
    return 0


cdef Py_ssize_t lay_out_results(Convolver k, const Planes* planes, Target* targets,
                                Py_ssize_t count, Py_ssize_t w, Py_ssize_t item) except -1 nogil:
    """Place the vectors of each target; return the largest result of a channel, in numbers."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // item, per_row, flat, blocks, total = 0, largest = 0
    cdef Py_ssize_t i, v, row, column
    cdef Target* t
    for i in range(count):
        t = &targets[i]
        per_row = (t.columns + lanes - 1) // lanes
        blocks = 1 + plane_count(planes) * t.rows * planes.pitch * item // CACHE
        t.rows_at_once = (t.rows + blocks - 1) // blocks
        flat = (t.rows_at_once - 1) * planes.pitch + t.columns
        # Whole rows save the copy of the result: they may be 5 % more vectors.
        t.direct = (t.step_w == 1 and t.columns >= lanes
                    and 20 * t.rows_at_once * per_row <= 21 * ((flat + lanes - 1) // lanes))
        t.by_rows = t.direct or t.rows_at_once * per_row * lanes <= flat
        t.pitch = per_row * lanes if t.by_rows else planes.pitch
        t.size = plane_size(t.rows_at_once * t.pitch, item)
        largest = max(largest, t.size)
        total += vectors_of(t, t.rows_at_once, lanes)
    cdef Py_ssize_t* place = <Py_ssize_t*>k._take(POSITIONS, 2 * total * sizeof(Py_ssize_t))
    for i in range(count):
        t = &targets[i]
        t.source = place
        t.result = place + vectors_of(t, t.rows_at_once, lanes)
        place = t.result + vectors_of(t, t.rows_at_once, lanes)
        per_row = (t.columns + lanes - 1) // lanes
        for v in range(vectors_of(t, t.rows_at_once, lanes)):
            if not t.by_rows:
                t.source[v] = t.result[v] = v * lanes
                continue
            row, column = v // per_row, v % per_row * lanes
            if t.direct:            # the last of a row overlaps the one before
                column = min(column, t.columns - lanes)
            t.source[v] = row * planes.pitch + column
            t.result[v] = row * (t.step_h * w if t.direct else t.pitch) + column
    return largest


cdef inline Py_ssize_t vectors_of(const Target* t, Py_ssize_t rows, Py_ssize_t lanes) noexcept nogil:
    """Count the vectors of the first `rows` rows."""
    if t.by_rows:
        return rows * ((t.columns + lanes - 1) // lanes)
    return ((rows - 1) * t.pitch + t.columns + lanes - 1) // lanes


cdef inline Py_ssize_t part(Py_ssize_t n, Py_ssize_t i, Py_ssize_t parts) noexcept nogil:
    """Return where the i-th of so many nearly equal parts of n begins."""
    return n * i // parts


cdef inline Py_ssize_t channel_blocks(Py_ssize_t channels) noexcept nogil:
    return (channels + MAX_CHANNELS - 1) // MAX_CHANNELS


cdef void pack_weights(const floating* weight, Py_ssize_t stride, const Target* target,
                       const Py_ssize_t* index, Py_ssize_t channels,
                       floating* packed) noexcept nogil:
    """Write the weights in the order the blocks of channels read them."""
    cdef Py_ssize_t blocks = channel_blocks(channels), block, t, c
    for block in range(blocks):
        for t in range(target.first_tap, target.first_tap + target.taps):
            for c in range(part(channels, block, blocks), part(channels, block + 1, blocks)):
                packed[0] = weight[c * stride + index[t]]
                packed += 1


cdef void fill_planes(const Planes* p, const floating* image, floating* planes) noexcept nogil:
    """Write the image's pixels to its planes, which hold zeros elsewhere."""
    cdef Py_ssize_t c, i, j, row, column, y, x, r, q, first, last
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
                        copy_row(plane + r * p.pitch + first, source + first, last - first)
                    else:
                        for q in range(first, last):
                            plane[r * p.pitch + q] = source[q * p.stride_w]
                plane += p.size


cdef void correlate_target(const Target* t, const floating* planes, Py_ssize_t pitch,
                           const Py_ssize_t* offset, const floating* weight,
                           const floating* bias, Py_ssize_t channels, floating* y,
                           Py_ssize_t y_size, Py_ssize_t width, floating* buffer) noexcept nogil:
    """Fill the target's pixels in all channels of one image."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // sizeof(floating), blocks = channel_blocks(channels)
    cdef Py_ssize_t row, rows, vectors, block, c, tiles, tile, first_c, last_c, first_v, last_v
    cdef floating* result
    cdef floating* to
    row = 0
    while row < t.rows:
        rows = min(t.rows_at_once, t.rows - row)
        vectors = vectors_of(t, rows, lanes)
        to = y + t.first + row * t.step_h * width
        for block in range(blocks):
            first_c, last_c = part(channels, block, blocks), part(channels, block + 1, blocks)
            tiles = (vectors - 1) // block_vectors(<int>(last_c - first_c)) + 1
            result = to + first_c * y_size if t.direct else buffer
            for tile in range(tiles):
                first_v, last_v = part(vectors, tile, tiles), part(vectors, tile + 1, tiles)
                correlate_tile(last_c - first_c, last_v - first_v, planes + row * pitch,
                               t.source + first_v, weight + first_c * t.taps,
                               offset + t.first_tap, t.taps, bias + first_c, result,
                               t.result + first_v, y_size if t.direct else t.size)
            if not t.direct:
                for c in range(first_c, last_c):
                    scatter(t, buffer + (c - first_c) * t.size, rows, to + c * y_size, width)
        row += t.rows_at_once


cdef void scatter(const Target* t, const floating* result, Py_ssize_t rows, floating* to,
                  Py_ssize_t width) noexcept nogil:
    """Copy rows of a result to where they belong in the image."""
    cdef Py_ssize_t r, column
    if t.step_w == 1:
        copy_rows(result, t.pitch, to, t.step_h * width, rows, t.columns)
        return
    for r in range(rows):
        for column in range(t.columns):
            to[r * t.step_h * width + column * t.step_w] = result[r * t.pitch + column]


cdef inline void copy_rows(const floating* source, Py_ssize_t source_pitch, floating* to,
                           Py_ssize_t pitch, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t r
    for r in range(rows):
        copy_row(to + r * pitch, source + r * source_pitch, columns)


# Weight gradient -----------------------------------------------------------------------------

cdef void dots(const floating* planes, Py_ssize_t image, Py_ssize_t pitch,
               const Py_ssize_t* offset, Py_ssize_t taps, const floating* gy, Py_ssize_t gy_plane,
               Py_ssize_t gy_image, Py_ssize_t gy_pitch, Py_ssize_t channels, Py_ssize_t images,
               Py_ssize_t rows, Py_ssize_t length, double* total) noexcept nogil:
    """Add to total[c, t] the dot product of channel c of gy with the planes at tap t."""
    cdef Py_ssize_t blocks = (channels + 3) // 4, block, tiles, tile, first_c, last_c, first, last
    for block in range(blocks):
        first_c, last_c = part(channels, block, blocks), part(channels, block + 1, blocks)
        tiles = (taps - 1) // block_vectors(<int>(last_c - first_c)) + 1
        for tile in range(tiles):
            first, last = part(taps, tile, tiles), part(taps, tile + 1, tiles)
            dot_tile(last_c - first_c, last - first, planes, offset + first, image, pitch,
                     gy + first_c * gy_plane, gy_plane, gy_image, gy_pitch, images, rows, length,
                     total + first_c * taps + first, taps)


# The C functions, by type --------------------------------------------------------------------

cdef inline void correlate_tile(
        Py_ssize_t channels, Py_ssize_t vectors, const floating* x, const Py_ssize_t* source,
        const floating* weight, const Py_ssize_t* offset, Py_ssize_t taps, const floating* bias,
        floating* y, const Py_ssize_t* result, Py_ssize_t stride) noexcept nogil:
    if floating is float:
        correlate_tile_float(<int>channels, <int>vectors, [Correlation_float(
            x, weight, bias, y, source, result, offset, taps, stride)])
    else:
        correlate_tile_double(<int>channels, <int>vectors, [Correlation_double(
            x, weight, bias, y, source, result, offset, taps, stride)])


cdef inline void dot_tile(
        Py_ssize_t channels, Py_ssize_t vectors, const floating* x, const Py_ssize_t* offset,
        Py_ssize_t x_image, Py_ssize_t x_row, const floating* gy, Py_ssize_t gy_plane,
        Py_ssize_t gy_image, Py_ssize_t gy_row, Py_ssize_t images, Py_ssize_t rows,
        Py_ssize_t length, double* total, Py_ssize_t stride) noexcept nogil:
    if floating is float:
        dot_tile_float(<int>channels, <int>vectors, [Dots_float(
            x, gy, offset, x_image, x_row, gy_plane, gy_image, gy_row, images, rows, length,
            total, stride)])
    else:
        dot_tile_double(<int>channels, <int>vectors, [Dots_double(
            x, gy, offset, x_image, x_row, gy_plane, gy_image, gy_row, images, rows, length,
            total, stride)])


cdef inline double sum_plane(const floating* x, Py_ssize_t size) noexcept nogil:
    if floating is float:
        return sum_plane_float(x, size)
    else:
        return sum_plane_double(x, size)


cdef inline void copy_row(floating* to, const floating* source, Py_ssize_t size) noexcept nogil:
    if floating is float:
        copy_row_float(to, source, size)
    else:
        copy_row_double(to, source, size)
