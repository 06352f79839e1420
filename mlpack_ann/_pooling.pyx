"""The loops of the pooling layers over images, plane by plane, which threads share.

Limited by the loops over a row (_pooling.h) for the forward passes, by memory for the others, which
write much and compute little. Outputs above 12 MB are computed by blocks in the first cache and
written past the others: rows by 8 kB, planes whole up to 64 kB.
"""
from cython cimport floating
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_ITEMSIZE, PyArray_NBYTES,
                    PyArray_NDIM, PyArray_TYPE, import_array, ndarray)

from mlpack_ann._lp_pooling cimport lp_row, lp_scale, lp_spread_row, lp_weights
from mlpack_ann._parallel cimport GRAIN, MAX_THREADS, in_parts, parts_of
from mlpack_ann._rows_out cimport (ANN_STREAM_BYTES, RowsOut, ann_stream, ann_stream_end, end_rows,
                                   is_streamed, next_row, start_rows)

import_array()

cdef enum:
    PLANE = 8192                            # doubles of an image computed before it is written
    MOVE_WEIGHT = 2                         # of an element that an index names, for in_parts


cdef struct Planes:
    # What a part of the work needs to know: images of the batch and channels, and their results.
    Py_ssize_t height, width                # of an image
    Py_ssize_t outputs                      # of it
    Windows windows
    bint wide, wide_index, streamed         # float64; int64; written past the caches
    bint apart                              # no two windows share a pixel
    int norm                                # p of p-norms; 0: means
    const char* source
    const char* x                           # backward of norms only: Forward's input and output
    const char* y
    char* target
    char* at
    char* scratch                           # rows of the image, for each part
    Py_ssize_t part_size                    # bytes of scratch for a part


cdef Planes planes_of(ndarray images, ndarray results, const Windows* windows) noexcept:
    cdef Planes t
    t.height, t.width = PyArray_DIM(images, 2), PyArray_DIM(images, 3)
    t.outputs = PyArray_DIM(results, 2) * PyArray_DIM(results, 3)
    t.wide = PyArray_TYPE(images) == NPY_DOUBLE
    t.norm = 0
    if windows is not NULL:
        t.windows = windows[0]
    return t


cdef inline Py_ssize_t count(ndarray images) noexcept:
    """How many images there are."""
    return PyArray_DIM(images, 0) * PyArray_DIM(images, 1)


cdef inline double weight(const Planes* t) noexcept nogil:
    """Of an image whose pixels are passed over, with an index for each output."""
    return t.height * t.width + t.outputs * MOVE_WEIGHT


# ---------------------------------------------------------------- windows


cdef Py_ssize_t scratch_bytes(ndarray images) except -1:
    """How much scratch memory what reduces or spreads windows needs, at most."""
    return parts_of(count(images), GRAIN * MAX_THREADS) * row_bytes(images)


cdef inline Py_ssize_t row_bytes(ndarray images) noexcept:
    """Scratch for a part: two rows of the image, and a line apart from those of another part."""
    return 2 * PyArray_DIM(images, 3) * PyArray_ITEMSIZE(images) + 64


cdef void max_planes(const Planes* t, int part, Py_ssize_t start, Py_ssize_t stop,
                     const floating* x) noexcept nogil:
    cdef const Windows* w = &t.windows
    cdef floating* best = <floating*>(t.scratch + part * t.part_size)
    cdef char* place = <char*>(best + t.width)
    cdef RowsOut values, indices
    cdef Py_ssize_t plane, i, top, corner, size = w.width * sizeof(floating)
    cdef floating* y
    cdef char* at
    cdef Row row
    start_rows(&values, t.target + start * w.height * size, t.streamed)
    start_rows(&indices, t.at + start * w.height * size, t.streamed)
    for plane in range(start, stop):
        for i in range(w.height):
            top = i * w.stride_height
            corner = top * t.width
            y, at = <floating*>next_row(&values, size), next_row(&indices, size)
            row = whole_windows(w, top, t.height, t.width)
            max_row(&row, x + plane * t.height * t.width + corner, corner, y, at, best, place)
            if w.whole < w.width:
                row = clipped_window(&row)
                corner += t.width - row.reach
                max_row(&row, x + plane * t.height * t.width + corner, corner, y + w.whole,
                        at + w.whole * sizeof(floating), best, place)
    end_rows(&values)
    end_rows(&indices)


cdef void max_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Planes* t = <const Planes*>task
    if t.wide:
        max_planes(t, part, start, stop, <const double*>t.source)
    else:
        max_planes(t, part, start, stop, <const float*>t.source)


cdef void max_pool(ndarray x, ndarray y, ndarray indices, const Windows* windows,
                   char* scratch) noexcept:
    cdef Planes t = planes_of(x, y, windows)
    t.source, t.target = <const char*>PyArray_DATA(x), <char*>PyArray_DATA(y)
    t.at, t.scratch, t.part_size = <char*>PyArray_DATA(indices), scratch, row_bytes(x)
    t.streamed = is_streamed(PyArray_NBYTES(y), windows.width * PyArray_ITEMSIZE(y))
    in_parts(max_work, &t, count(x),
             <double>t.outputs * windows.kernel_height * windows.kernel_width)


cdef inline double mean_weight(const Planes* t) noexcept nogil:
    """Of an image: its rows are added up, then columns."""
    cdef double added = t.windows.kernel_height + t.windows.kernel_width
    return t.height * t.width + t.outputs * added / (2 if t.norm <= 2 else 0.5)


cdef void norm_row(const Planes* t, const Row* row, const floating* x, floating* y,
                   floating* sums) noexcept nogil:
    lp_row(row, t.norm, x, y, sums, sums + t.width)     # apart, or means would be slower


cdef inline void reduce_row(const Planes* t, const Row* row, const floating* x, floating* y,
                            floating* sums) noexcept nogil:
    if t.norm == 0:
        mean_row(row, x, y, sums)
    else:
        norm_row(t, row, x, y, sums)


cdef void mean_planes(const Planes* t, int part, Py_ssize_t start, Py_ssize_t stop,
                      const floating* x) noexcept nogil:
    cdef const Windows* w = &t.windows
    cdef floating* sums = <floating*>(t.scratch + part * t.part_size)
    cdef RowsOut values
    cdef Py_ssize_t plane, i, top, size = w.width * sizeof(floating)
    cdef const floating* corner
    cdef floating* y
    cdef Row row
    start_rows(&values, t.target + start * w.height * size, t.streamed)
    for plane in range(start, stop):
        for i in range(w.height):
            top = i * w.stride_height
            corner = x + (plane * t.height + top) * t.width
            y = <floating*>next_row(&values, size)
            row = whole_windows(w, top, t.height, t.width)
            reduce_row(t, &row, corner, y, sums)
            if w.whole < w.width:
                row = clipped_window(&row)
                reduce_row(t, &row, corner + t.width - row.reach, y + w.whole, sums)
    end_rows(&values)


cdef void mean_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Planes* t = <const Planes*>task
    if t.wide:
        mean_planes(t, part, start, stop, <const double*>t.source)
    else:
        mean_planes(t, part, start, stop, <const float*>t.source)


cdef void mean_pool(ndarray x, ndarray y, const Windows* windows, char* scratch) noexcept:
    lp_pool(x, y, 0, windows, scratch)


cdef void lp_pool(ndarray x, ndarray y, int norm, const Windows* windows, char* scratch) noexcept:
    cdef Planes t = planes_of(x, y, windows)
    t.norm = norm
    t.source, t.target = <const char*>PyArray_DATA(x), <char*>PyArray_DATA(y)
    t.scratch, t.part_size = scratch, row_bytes(x)
    t.streamed = is_streamed(PyArray_NBYTES(y), windows.width * PyArray_ITEMSIZE(y))
    in_parts(mean_work, &t, count(x), mean_weight(&t))


cdef inline floating* own_plane(const Planes* t, Py_ssize_t plane, floating* block) noexcept nogil:
    """Where to compute an image: in the first cache, or where it belongs."""
    return block if t.streamed else <floating*>t.target + plane * t.height * t.width


cdef inline void finish_plane(const Planes* t, Py_ssize_t plane, floating* block) noexcept nogil:
    cdef Py_ssize_t size = t.height * t.width
    if t.streamed:
        ann_stream(<floating*>t.target + plane * size, block, size * sizeof(floating))


cdef inline void mean_plane_back(const Planes* t, const floating* gy, floating* g,
                                 floating* shares) noexcept nogil:
    """Add to an image g what its windows' gy give."""
    cdef const Windows* w = &t.windows
    cdef Py_ssize_t i, top
    cdef const floating* from_row
    cdef Row row
    for i in range(w.height):
        top = i * w.stride_height
        from_row = gy + i * w.width
        row = whole_windows(w, top, t.height, t.width)
        spread_row(&row, from_row, g + top * t.width, shares)
        if w.whole < w.width:
            row = clipped_window(&row)
            spread_row(&row, from_row + w.whole, g + (top + 1) * t.width - row.reach, shares)


cdef void lp_row_back(const Planes* t, const Row* row, const floating* x, const floating* y,
                      const floating* gy, floating* g, floating* shares,
                      bint directly) noexcept nogil:
    """The same of a row of p-norms; x and g are at the first window's corner."""
    if directly:
        lp_spread_row(row, t.norm, x, y, gy, g)
    else:
        lp_weights(row, t.norm, y, gy, shares + t.width)
        spread_row(row, shares + t.width, g, shares)


cdef void lp_plane_back(const Planes* t, Py_ssize_t plane, const floating* gy, floating* g,
                        floating* shares, bint directly) noexcept nogil:
    cdef const Windows* w = &t.windows
    cdef const floating* x = <const floating*>t.x + plane * t.height * t.width
    cdef const floating* y = <const floating*>t.y + plane * t.outputs
    cdef Py_ssize_t i, at, corner
    cdef Row row
    for i in range(w.height):
        at, corner = i * w.width, i * w.stride_height * t.width
        row = whole_windows(w, i * w.stride_height, t.height, t.width)
        lp_row_back(t, &row, x + corner, y + at, gy + at, g + corner, shares, directly)
        if w.whole < w.width:
            row = clipped_window(&row)
            at += w.whole
            corner += t.width - row.reach
            lp_row_back(t, &row, x + corner, y + at, gy + at, g + corner, shares, directly)
    # The sums of gy / y may be infinite although their products with x are not.
    if t.norm == 2 and not directly and not lp_scale(x, g, t.height * t.width):
        memset(g, 0, t.height * t.width * sizeof(floating))
        lp_plane_back(t, plane, gy, g, shares, True)


cdef void spread_planes(const Planes* t, int part, Py_ssize_t start, Py_ssize_t stop,
                        const floating* gy) noexcept nogil:
    cdef double block[PLANE]
    cdef floating* shares = <floating*>(t.scratch + part * t.part_size)
    cdef Py_ssize_t plane
    cdef floating* g
    for plane in range(start, stop):
        g = own_plane(t, plane, <floating*>&block[0])
        memset(g, 0, t.height * t.width * sizeof(floating))
        if t.norm == 0:
            mean_plane_back(t, gy + plane * t.outputs, g, shares)
        else:
            lp_plane_back(t, plane, gy + plane * t.outputs, g, shares, t.norm > 2)
        finish_plane(t, plane, <floating*>&block[0])
    ann_stream_end()


cdef void spread_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Planes* t = <const Planes*>task
    if t.wide:
        spread_planes(t, part, start, stop, <const double*>t.source)
    else:
        spread_planes(t, part, start, stop, <const float*>t.source)


cdef void mean_spread(ndarray gy, ndarray g, const Windows* windows, char* scratch) noexcept:
    lp_spread(gy, gy, gy, g, 0, windows, scratch)


cdef void lp_spread(ndarray x, ndarray y, ndarray gy, ndarray g, int norm, const Windows* windows,
                    char* scratch) noexcept:
    cdef Planes t = planes_of(g, gy, windows)
    t.norm, t.x, t.y = norm, <const char*>PyArray_DATA(x), <const char*>PyArray_DATA(y)
    t.source, t.target = <const char*>PyArray_DATA(gy), <char*>PyArray_DATA(g)
    t.scratch, t.part_size = scratch, row_bytes(g)
    t.streamed = planes_are_streamed(g)
    in_parts(spread_work, &t, count(g), mean_weight(&t))


cdef bint planes_are_streamed(ndarray images) noexcept:
    cdef Py_ssize_t size = PyArray_DIM(images, 2) * PyArray_DIM(images, 3)
    return (PyArray_NBYTES(images) >= ANN_STREAM_BYTES
            and size * PyArray_ITEMSIZE(images) <= PLANE * <Py_ssize_t>sizeof(double))


# ---------------------------------------------------------------- indices into images


cdef inline void scatter_planes(const Planes* t, Py_ssize_t start, Py_ssize_t stop,
                                const floating* values, const index* at) noexcept nogil:
    cdef double block[PLANE]
    cdef Py_ssize_t plane, j
    cdef floating* image
    cdef const floating* value
    cdef const index* place
    for plane in range(start, stop):
        image = own_plane(t, plane, <floating*>&block[0])
        value, place = values + plane * t.outputs, at + plane * t.outputs
        memset(image, 0, t.height * t.width * sizeof(floating))
        if t.apart:
            for j in range(t.outputs):
                image[place[j]] = value[j]
        else:
            for j in range(t.outputs):
                image[place[j]] += value[j]
        finish_plane(t, plane, <floating*>&block[0])
    ann_stream_end()


cdef void scatter_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Planes* t = <const Planes*>task
    if t.wide:
        if t.wide_index:
            scatter_planes(t, start, stop, <const double*>t.source, <const int64_t*>t.at)
        else:
            scatter_planes(t, start, stop, <const double*>t.source, <const int32_t*>t.at)
    elif t.wide_index:
        scatter_planes(t, start, stop, <const float*>t.source, <const int64_t*>t.at)
    else:
        scatter_planes(t, start, stop, <const float*>t.source, <const int32_t*>t.at)


cdef int scatter(ndarray values, ndarray at, ndarray images, bint apart) except -1:
    cdef Planes t = planes_of(images, values, NULL)
    t.source, t.target = <const char*>PyArray_DATA(values), <char*>PyArray_DATA(images)
    t.at, t.wide_index = <char*>PyArray_DATA(at), PyArray_ITEMSIZE(at) == sizeof(int64_t)
    t.streamed, t.apart = planes_are_streamed(images), apart
    in_parts(scatter_work, &t, count(images), weight(&t))
    return 0


cdef inline void gather_planes(const Planes* t, Py_ssize_t start, Py_ssize_t stop,
                               const floating* images, const index* at) noexcept nogil:
    cdef Py_ssize_t plane, j
    cdef const floating* image
    cdef const index* place
    cdef floating* value
    for plane in range(start, stop):
        image, place = images + plane * t.height * t.width, at + plane * t.outputs
        value = <floating*>t.target + plane * t.outputs
        for j in range(t.outputs):
            value[j] = image[place[j]]


cdef void gather_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Planes* t = <const Planes*>task
    if t.wide:
        if t.wide_index:
            gather_planes(t, start, stop, <const double*>t.source, <const int64_t*>t.at)
        else:
            gather_planes(t, start, stop, <const double*>t.source, <const int32_t*>t.at)
    elif t.wide_index:
        gather_planes(t, start, stop, <const float*>t.source, <const int64_t*>t.at)
    else:
        gather_planes(t, start, stop, <const float*>t.source, <const int32_t*>t.at)


cdef int gather(ndarray images, ndarray at, ndarray values) except -1:
    cdef Planes t = planes_of(images, values, NULL)
    t.source, t.target = <const char*>PyArray_DATA(images), <char*>PyArray_DATA(values)
    t.at, t.wide_index = <char*>PyArray_DATA(at), PyArray_ITEMSIZE(at) == sizeof(int64_t)
    in_parts(gather_work, &t, count(images), weight(&t))
    return 0
