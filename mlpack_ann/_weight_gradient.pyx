"""The derivative of a convolution by its weights and biases: sums over the pixels of all images.

Vectors lie along the pixels (_weight_gradient.h), or along the output channels where those fill
vectors better (_product.h). Some images at a time: threads share first
the images, to lay them out, then the taps or the channels, so that each sum is one thread's.
"""
from cython cimport floating
from libc.string cimport memset

from mlpack_ann._parallel cimport in_parts
from mlpack_ann._planes cimport (TURN, Geometry, Planes, block_vectors, channel_blocks,
                                 copy_rows, fill_planes, input_taps, is_unpadded, part, plane_count)
from mlpack_ann._product cimport (VECTOR_BYTES, Product, multiply, to_pixels, to_planes,
                                  whole_vectors)
from mlpack_ann._reduce cimport sum_
from mlpack_ann._scratch cimport Scratch

cdef extern from *:
    """
    #define T float
    #define NAME(f) f##_float
    #include "_weight_gradient.h"
    #undef T
    #undef NAME
    #define T double
    #define NAME(f) f##_double
    #include "_weight_gradient.h"
    #undef T
    #undef NAME
    """
    ctypedef struct Dots:
        Py_ssize_t channels, vectors
        const void* x
        const void* gy
        const Py_ssize_t* offset
        Py_ssize_t gy_plane, x_image, gy_image, x_row, gy_row
        Py_ssize_t images, rows, length
        double* total
        Py_ssize_t stride
    void dot_block_of_float(const Dots*) noexcept nogil
    void dot_block_of_double(const Dots*) noexcept nogil

cdef enum:                      # what a piece of scratch memory is for
    PLANES, RESULT, TAPS, POSITIONS, TOTALS, SUMS

cdef enum:
    AT_ONCE = 1536 * 1024       # bytes laid out between two joins of the threads
    RUN = 4096                  # pixels of a channel in one sum of the type itself; whole vectors


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
    """Fill dw, some images at a time."""
    cdef Py_ssize_t item = sizeof(floating), blocks = k.groups * channel_blocks(s.channels)
    cdef Py_ssize_t jobs, copied, sums, i
    cdef double weight = s.cost * VECTOR_BYTES / item / 16
    planes.in_place = (s.by_rows or s.by_channels) and is_unpadded(planes)
    if planes.in_place:
        planes.size = planes.height * planes.width
    s.planes, s.padded_size = planes, plane_count(planes) * planes.size
    s.x_size = planes.channels * planes.height * planes.width
    copied = s.area * s.padded if s.by_channels else 0 if s.by_rows else s.channels * s.flat
    s.at_once = 1 + AT_ONCE // (k.groups * (s.padded_size + copied) * item)
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
            in_parts(add_pixels_part, s, blocks, weight * s.count / blocks)
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
    """Add the products of the images in hand to the totals of some blocks of channels, each group's
    after the one's before it."""
    cdef Py_ssize_t blocks = channel_blocks(s.channels), group
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
    for group in range(start // blocks, (stop - 1) // blocks + 1):
        if s.by_rows:
            dots.gy = (<const floating*>s.gy
                       + (s.first * s.groups + group) * s.channels * s.area)
        else:
            dots.gy = <const floating*>s.copied_gy + group * s.channels * s.flat
        dots.total = s.total + group * s.channels * s.taps
        add_dots(dots, image_of(s, 0, group, x), <const floating*>dots.gy, s.channels, s.taps,
                 max(start - group * blocks, <Py_ssize_t>0), min(stop - group * blocks, blocks))


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


# Bias --------------------------------------------------------------------------------------------

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


# Fused functions are exported only if they are used here.
cdef void* used[4]
used[:] = [<void*>add_gradient[float], <void*>add_gradient[double], <void*>sum_planes[float],
           <void*>sum_planes[double]]
