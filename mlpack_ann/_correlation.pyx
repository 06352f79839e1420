"""Correlation of images with the taps that reach each of their pixels.

Vectors lie along the pixels (_correlation.h), or along the output channels where those fill vectors
better (_product.h). Images, or parts of one where there are few, are what threads share.
"""
from cython cimport floating
from libc.string cimport memset

from mlpack_ann._parallel cimport in_parts, parts_of
from mlpack_ann._planes cimport (CACHE, MAX_CHANNELS, TURN, Geometry, Planes, block_vectors,
                                 channel_blocks, copy_rows, fill_planes, is_unpadded, part,
                                 plane_count, plane_size)
from mlpack_ann._product cimport (VECTOR_BYTES, Product, multiply, to_planes, whole_vectors)
from mlpack_ann._scratch cimport Scratch

cdef extern from *:
    """
    #define T float
    #define NAME(f) f##_float
    #include "_correlation.h"
    #undef T
    #undef NAME
    #define T double
    #define NAME(f) f##_double
    #include "_correlation.h"
    #undef T
    #undef NAME
    """
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
    void correlate_block_of_float(const Correlation*) noexcept nogil
    void correlate_block_of_double(const Correlation*) noexcept nogil


# Plans -------------------------------------------------------------------------------------------

cdef Target new_target(Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t first, Py_ssize_t row_step,
                       Py_ssize_t column_step) noexcept nogil:
    """Return a target, its taps still to be told."""
    cdef Target t
    memset(&t, 0, sizeof(Target))
    t.rows, t.columns = rows, columns
    t.first, t.row_step, t.column_step, t.step = first, row_step, column_step, 1
    return t


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


# Images ------------------------------------------------------------------------------------------

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

# Fused functions are exported only if they are used here.
cdef void* used[2]
used[:] = [<void*>correlate[float], <void*>correlate[double]]
