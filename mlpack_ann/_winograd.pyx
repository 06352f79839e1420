"""Convolution with stride 1 by Winograd's minimal filtering: see _winograd.h for the arithmetic.

A filter of r x r pixels is applied to tiles of 6 x 6 pixels that give m x m outputs, m = 7 - r. A
strip is some rows of tiles of one image, as many as the second-level cache holds at all 36 points;
strips are what threads share. For each strip: pixels with their channels side by side, their values
at the points, 36 matrix products with the weights at the points, and the way back.

The weight gradient is the same with other sizes: the sum over tiles of the products of x and gy at
the points gives the r x r taps.

Errors grow with the weights of the points: measured against float64, in float32 at most 1e-5 of the
largest output for 3 x 3 filters and 2e-5 for 5 x 5 ones, about ten times those of a direct sum.
"""
from cython cimport floating
from libc.string cimport memset

from mlpack_ann._parallel cimport in_parts, parts_of
from mlpack_ann._product cimport Product, multiply, to_pixels, to_planes, whole_vectors
from mlpack_ann._scratch cimport Scratch

cdef extern from *:
    """
    #include "_vector.h"
    #define T float
    #define NAME(f) f##_float
    #include "_winograd.h"
    #undef T
    #undef NAME
    #define T double
    #define NAME(f) f##_double
    #include "_winograd.h"
    #undef T
    #undef NAME
    """
    const bint HAS_WINOGRAD
    void to_points_float(int, const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, float*,
                         Py_ssize_t) noexcept nogil
    void to_points_double(int, const double*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t,
                          double*, Py_ssize_t) noexcept nogil
    void from_points_float(int, const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*,
                           float*, Py_ssize_t, Py_ssize_t) noexcept nogil
    void from_points_double(int, const double*, Py_ssize_t, Py_ssize_t, Py_ssize_t, const double*,
                            double*, Py_ssize_t, Py_ssize_t) noexcept nogil

cdef enum:                      # what a piece of scratch memory is for
    INPUT, INPUT_POINTS, OUTPUT, OUTPUT_POINTS, WEIGHTS, START, STEPS

cdef enum:
    SIDE = 6                    # of a tile of the input
    POINTS = 36
    CACHE = 512 * 1024          # bytes of a strip at the points
    AT_ONCE = 4                 # strips of the weight gradient between two joins of the threads


cdef struct Strips:             # a Filtering, cut into strips, and its memory
    const Filtering* f
    bint wide                                   # float64
    Py_ssize_t channels, maps                   # rounded up to whole vectors
    Py_ssize_t out                              # rows and columns of a tile's output
    Py_ssize_t across, down                     # tiles
    Py_ssize_t deep, per_image, tiles           # rows of tiles in a strip, strips, tiles in one
    Py_ssize_t in_pitch, out_pitch              # elements of a row of pixels
    Py_ssize_t in_size, out_size                # elements of a strip's pixels
    Py_ssize_t first                            # strip of those in hand
    const void* x
    const void* weight
    const void* y                               # or gy
    void* start
    void* input
    void* input_points
    void* output
    void* output_points
    void* weights
    Py_ssize_t* steps                           # 0, 1, 2, ..., times channels, times 1


cdef bint can_filter(Py_ssize_t filter) noexcept nogil:
    """Whether there is a transform for filters of this size."""
    return HAS_WINOGRAD and (filter == 3 or filter == 5)


cdef double filtering_cost(const Filtering* f, Py_ssize_t item) noexcept nogil:
    """Vector multiply-adds of one image, transforms and rounding up included."""
    cdef Py_ssize_t out = SIDE + 1 - f.filter
    cdef Py_ssize_t tiles = ((f.rows + out - 1) // out) * ((f.columns + out - 1) // out)
    cdef double lanes = whole_vectors(1, item)
    cdef double channels = whole_vectors(f.channels, item) / lanes
    cdef double maps = whole_vectors(f.maps, item) / lanes
    return tiles * (POINTS * f.channels * maps + 350 * (channels + maps)) + \
        POINTS * 2 * f.channels * maps / f.images


cdef Strips strips_of(const Filtering* f, Py_ssize_t item) noexcept nogil:
    cdef Strips s
    cdef Py_ssize_t at_points
    s.f, s.wide, s.first = f, item == sizeof(double), 0
    s.channels, s.maps = whole_vectors(f.channels, item), whole_vectors(f.maps, item)
    s.out = SIDE + 1 - f.filter
    s.down, s.across = (f.rows + s.out - 1) // s.out, (f.columns + s.out - 1) // s.out
    at_points = s.across * POINTS * (s.channels + s.maps) * item
    s.per_image = max(<Py_ssize_t>1, min(s.down, s.down * at_points // CACHE))
    s.deep = (s.down + s.per_image - 1) // s.per_image
    s.per_image = (s.down + s.deep - 1) // s.deep
    s.tiles = s.deep * s.across
    s.in_pitch = (s.across * s.out + f.filter - 1) * s.channels
    s.out_pitch = s.across * s.out * s.maps
    s.in_size = (s.deep * s.out + f.filter - 1) * s.in_pitch
    s.out_size = s.deep * s.out * s.out_pitch
    return s


cdef double weight_of(const Strips* s) noexcept nogil:
    """A strip's weight for `in_parts`: 16 multiply-adds take as long as an element of a map."""
    return s.tiles * POINTS * s.f.channels * s.maps / 16.0


# Strips --------------------------------------------------------------------------------------

cdef inline void points(int size, const floating* x, Py_ssize_t pitch, Py_ssize_t tile,
                        Py_ssize_t n, Py_ssize_t channels, floating* t,
                        Py_ssize_t plane) noexcept nogil:
    if floating is float:
        to_points_float(size, x, pitch, tile, n, channels, t, plane)
    else:
        to_points_double(size, x, pitch, tile, n, channels, t, plane)


cdef inline void outputs(int size, const floating* t, Py_ssize_t plane, Py_ssize_t n,
                         Py_ssize_t channels, const floating* start, floating* y,
                         Py_ssize_t pitch, Py_ssize_t tile) noexcept nogil:
    if floating is float:
        from_points_float(size, t, plane, n, channels, start, y, pitch, tile)
    else:
        from_points_double(size, t, plane, n, channels, start, y, pitch, tile)


cdef void read_strip(const floating* image, Py_ssize_t channels, Py_ssize_t height,
                     Py_ssize_t width, Py_ssize_t row, Py_ssize_t left, Py_ssize_t rows,
                     floating* pixels, Py_ssize_t padded, Py_ssize_t pitch) noexcept nogil:
    """Write `rows` rows of an image from `row` on, which may be outside, `left` pixels to the
    right; the columns beside it are left as they are."""
    cdef Py_ssize_t first = min(max(<Py_ssize_t>0, -row), rows)
    cdef Py_ssize_t last = max(first, min(rows, height - row))
    memset(pixels, 0, first * pitch * sizeof(floating))
    memset(pixels + last * pitch, 0, (rows - last) * pitch * sizeof(floating))
    if last > first:
        to_pixels(image + (row + first) * width, height * width, channels, (last - first) * width,
                  pixels + first * pitch + left * padded, padded, width, pitch - width * padded)


cdef void input_at_points(const Strips* s, Py_ssize_t strip, floating* pixels, floating* t,
                          const floating* x) noexcept nogil:
    """Write a strip of x at the points to t."""
    cdef const Filtering* f = s.f
    cdef Py_ssize_t image = strip // s.per_image, row = strip % s.per_image * s.deep * s.out, i
    read_strip(x + image * f.channels * f.height * f.width, f.channels, f.height, f.width,
               row - f.top, f.left, s.deep * s.out + f.filter - 1, pixels, s.channels, s.in_pitch)
    for i in range(s.deep):
        points(SIDE, pixels + i * s.out * s.in_pitch, s.in_pitch, s.out * s.channels, s.across,
               s.channels, t + i * s.across * s.channels, s.tiles * s.channels)


cdef void forward_strips(const Strips* s, int part, Py_ssize_t start, Py_ssize_t stop,
                         floating* y) noexcept nogil:
    cdef const Filtering* f = s.f
    cdef floating* pixels = <floating*>s.input + part * s.in_size
    cdef floating* t = <floating*>s.input_points + part * POINTS * s.tiles * s.channels
    cdef floating* result = <floating*>s.output + part * s.out_size
    cdef floating* u = <floating*>s.output_points + part * POINTS * s.tiles * s.maps
    cdef Py_ssize_t strip, image, row, i
    cdef Product k
    memset(pixels, 0, s.in_size * sizeof(floating))
    k.rows, k.vectors = s.tiles, s.maps // whole_vectors(1, sizeof(floating))
    k.taps, k.place, k.offset = f.channels, s.steps, s.steps + s.tiles
    k.start, k.w_step, k.y_step, k.adds = NULL, s.maps, s.maps, False
    for strip in range(start, stop):
        input_at_points(s, strip, pixels, t, <const floating*>s.x)
        for i in range(POINTS):
            k.x, k.y = t + i * s.tiles * s.channels, u + i * s.tiles * s.maps
            k.w = <floating*>s.weights + i * f.channels * s.maps
            multiply(&k, t)
        for i in range(s.deep):
            outputs(<int>s.out, u + i * s.across * s.maps, s.tiles * s.maps, s.across, s.maps,
                    <floating*>s.start, result + i * s.out * s.out_pitch, s.out_pitch,
                    s.out * s.maps)
        image, row = strip // s.per_image, strip % s.per_image * s.deep * s.out
        to_planes(result, s.maps, f.columns, s.out_pitch - f.columns * s.maps,
                  min(s.deep * s.out, f.rows - row) * f.columns,
                  y + (image * f.maps * f.rows + row) * f.columns, f.rows * f.columns, f.maps)


cdef void forward_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Strips* s = <const Strips*>task
    if s.wide:
        forward_strips(s, part, start, stop, <double*>s.y)
    else:
        forward_strips(s, part, start, stop, <float*>s.y)


# Weights -------------------------------------------------------------------------------------

cdef void weights_at_points(const Strips* s, Py_ssize_t start, Py_ssize_t stop, floating* taps,
                            const floating* weight) noexcept nogil:
    """Write the weights of some channels at the points; `taps` is scratch."""
    cdef const Filtering* f = s.f
    cdef Py_ssize_t area = f.filter * f.filter, c, o, i
    cdef Py_ssize_t map_step = area if f.turned else f.channels * area
    cdef Py_ssize_t channel_step = f.maps * area if f.turned else area
    cdef const floating* source
    memset(taps, 0, area * s.maps * sizeof(floating))
    for c in range(start, stop):
        for o in range(f.maps):
            source = weight + c * channel_step + o * map_step
            for i in range(area):
                taps[i * s.maps + o] = source[area - 1 - i if f.turned else i]
        points(<int>f.filter, taps, f.filter * s.maps, 0, 1, s.maps,
               <floating*>s.weights + c * s.maps, f.channels * s.maps)


cdef void weights_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Strips* s = <const Strips*>task
    if s.wide:
        weights_at_points(s, start, stop, <double*>s.output + part * s.out_size,
                          <const double*>s.weight)
    else:
        weights_at_points(s, start, stop, <float*>s.output + part * s.out_size,
                          <const float*>s.weight)


cdef int filter_images(const Filtering* f, Scratch scratch, const floating* x,
                       const floating* weight, const floating* bias, floating* y) except -1 nogil:
    """y = the correlation of x with the filters, plus bias unless that is NULL."""
    cdef Strips s = strips_of(f, sizeof(floating))
    cdef Py_ssize_t strips = f.images * s.per_image, i
    cdef int parts = max(parts_of(strips, weight_of(&s)),
                         parts_of(f.channels, f.maps * POINTS))
    cdef floating* start
    s.out_size = max(s.out_size, f.filter * f.filter * s.maps)      # holds taps, too
    take_memory(&s, scratch, parts, parts, sizeof(floating))
    start = <floating*>scratch.take(START, s.maps * sizeof(floating))
    memset(start, 0, s.maps * sizeof(floating))
    if bias is not NULL:
        for i in range(f.maps):
            start[i] = bias[i]
    s.start, s.x, s.weight, s.y = start, x, weight, y
    for i in range(s.tiles):
        s.steps[i] = i * s.channels
    for i in range(f.channels):
        s.steps[s.tiles + i] = i
    in_parts(weights_part, &s, f.channels, f.maps * POINTS)
    in_parts(forward_part, &s, strips, weight_of(&s))
    return 0


cdef int take_memory(Strips* s, Scratch scratch, Py_ssize_t pixels, Py_ssize_t at_points,
                     size_t item) except -1 nogil:
    """Take memory for so many strips as pixels and at the points."""
    s.input = scratch.take(INPUT, pixels * s.in_size * item)
    s.output = scratch.take(OUTPUT, pixels * s.out_size * item)
    s.input_points = scratch.take(INPUT_POINTS, at_points * POINTS * s.tiles * s.channels * item)
    s.output_points = scratch.take(OUTPUT_POINTS, at_points * POINTS * s.tiles * s.maps * item)
    s.weights = scratch.take(WEIGHTS, POINTS * s.f.channels * s.maps * item)
    s.steps = <Py_ssize_t*>scratch.take(STEPS,
                                        (s.tiles + s.f.channels) * sizeof(Py_ssize_t))
    return 0


# Weight gradient -----------------------------------------------------------------------------

cdef void gradient_strips(const Strips* s, int part, Py_ssize_t start, Py_ssize_t stop,
                          const floating* gy) noexcept nogil:
    """Write some of the strips in hand, of x and of gy, at the points."""
    cdef const Filtering* f = s.f
    cdef floating* pixels = <floating*>s.input + part * s.in_size
    cdef floating* errors = <floating*>s.output + part * s.out_size
    cdef floating* u
    cdef Py_ssize_t i, j, strip, image, row
    memset(pixels, 0, s.in_size * sizeof(floating))
    memset(errors, 0, s.out_size * sizeof(floating))
    for i in range(start, stop):
        strip = s.first + i
        input_at_points(s, strip, pixels,
                        <floating*>s.input_points + i * POINTS * s.tiles * s.channels,
                        <const floating*>s.x)
        u = <floating*>s.output_points + i * POINTS * s.tiles * s.maps
        image, row = strip // s.per_image, strip % s.per_image * s.deep * s.out
        read_strip(gy + image * f.maps * f.rows * f.columns, f.maps, f.rows, f.columns, row, 0,
                   s.deep * s.out, errors, s.maps, s.out_pitch)
        for j in range(s.deep):
            points(<int>s.out, errors + j * s.out * s.out_pitch, s.out_pitch, s.out * s.maps,
                   s.across, s.maps, u + j * s.across * s.maps, s.tiles * s.maps)


cdef void gradient_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Strips* s = <const Strips*>task
    if s.wide:
        gradient_strips(s, part, start, stop, <const double*>s.y)
    else:
        gradient_strips(s, part, start, stop, <const float*>s.y)


cdef struct Sum:                # over the tiles of the strips in hand
    const Strips* s
    Py_ssize_t strips


cdef void add_points(const Strips* s, Py_ssize_t strips, Py_ssize_t start, Py_ssize_t stop,
                     floating* total) noexcept nogil:
    """Add the products of x and gy at some of the points, tile by tile."""
    cdef Py_ssize_t point, i
    cdef Product k
    k.rows, k.vectors = s.f.channels, s.maps // whole_vectors(1, sizeof(floating))
    k.taps, k.place, k.offset = s.tiles, s.steps + s.tiles, s.steps
    k.start, k.w_step, k.y_step = NULL, s.maps, s.maps
    for point in range(start, stop):
        k.y = total + point * s.f.channels * s.maps
        for i in range(strips):
            k.adds = s.first + i > 0
            k.x = <floating*>s.input_points + (i * POINTS + point) * s.tiles * s.channels
            k.w = <floating*>s.output_points + (i * POINTS + point) * s.tiles * s.maps
            multiply(&k, total)


cdef void add_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Sum* sum = <const Sum*>task
    if sum.s.wide:
        add_points(sum.s, sum.strips, start, stop, <double*>sum.s.weights)
    else:
        add_points(sum.s, sum.strips, start, stop, <float*>sum.s.weights)


cdef int filter_gradient(const Filtering* f, Scratch scratch, const floating* x,
                         const floating* gy, floating* dw) except -1 nogil:
    """dw = the derivative by the weights, summed over the images."""
    cdef Strips s = strips_of(f, sizeof(floating))
    cdef Py_ssize_t strips = f.images * s.per_image, area = f.filter * f.filter, c, o, i
    cdef int parts = parts_of(AT_ONCE, weight_of(&s))
    cdef floating* taps
    cdef Sum sum
    s.out_size = max(s.out_size, area * s.maps)
    take_memory(&s, scratch, parts, min(strips, AT_ONCE), sizeof(floating))
    s.x, s.y = x, gy
    for i in range(s.tiles):
        s.steps[i] = i * s.channels
    for i in range(f.channels):
        s.steps[s.tiles + i] = i
    if strips == 0:
        memset(dw, 0, f.maps * f.channels * area * sizeof(floating))
        return 0
    sum.s = &s
    while s.first < strips:
        sum.strips = min(strips - s.first, AT_ONCE)
        in_parts(gradient_part, &s, sum.strips, weight_of(&s))
        in_parts(add_part, &sum, POINTS, sum.strips * weight_of(&s) / POINTS)
        s.first += sum.strips
    taps = <floating*>s.output
    for c in range(f.channels):
        outputs(<int>f.filter, <floating*>s.weights + c * s.maps, f.channels * s.maps, 1, s.maps,
                <const floating*>NULL, taps, f.filter * s.maps, 0)
        for o in range(f.maps):
            for i in range(area):
                dw[(o * f.channels + c) * area + i] = taps[i * s.maps + o]
    return 0


# Fused functions are exported only if they are used here.
cdef void* used[4]
used[:] = [<void*>filter_images[float], <void*>filter_images[double],
           <void*>filter_gradient[float], <void*>filter_gradient[double]]
