"""Windows that slide over images, the loops over a row of them, and indices into images.

The loops are in _pooling.h, which is why modules compile with this folder among the include
directories. An index that goes with a value of the fused type `floating` is as wide as the value:
`char*` stands for int32_t* or int64_t*.
"""
from cython cimport floating
from libc.stdint cimport int32_t, int64_t
from numpy cimport ndarray

ctypedef fused index:
    int32_t
    int64_t


cdef struct Windows:
    Py_ssize_t kernel_height, kernel_width, stride_height, stride_width
    Py_ssize_t height, width            # how many there are
    Py_ssize_t whole                    # of those in a row, how many are not clipped at its end


cdef extern from "_pooling.h" nogil:
    ctypedef struct Row "ann_windows":
        Py_ssize_t n, rows, columns, stride, width, reach
    void ann_max_row_f32(const Row* row, const float* x, int32_t corner, float* y, int32_t* at,
                         float* best, int32_t* place)
    void ann_max_row_f64(const Row* row, const double* x, int64_t corner, double* y, int64_t* at,
                         double* best, int64_t* place)
    void ann_mean_row_f32(const Row* row, const float* x, float* y, float* scratch)
    void ann_mean_row_f64(const Row* row, const double* x, double* y, double* scratch)
    void ann_spread_row_f32(const Row* row, const float* gy, float* g, float* scratch)
    void ann_spread_row_f64(const Row* row, const double* gy, double* g, double* scratch)


cdef inline Row whole_windows(const Windows* windows, Py_ssize_t top, Py_ssize_t height,
                              Py_ssize_t width) noexcept nogil:
    """The windows of a row that do not reach past its end; the image's edge may clip them below."""
    return Row(windows.whole, min(windows.kernel_height, height - top), windows.kernel_width,
               windows.stride_width, width, width)


cdef inline Row clipped_window(const Row* whole) noexcept nogil:
    """The one window that follows them, clipped at the end of the row."""
    cdef Py_ssize_t rest = whole.width - whole.n * whole.stride
    return Row(1, whole.rows, rest, 1, whole.width, rest)


cdef inline void max_row(const Row* row, const floating* x, Py_ssize_t corner, floating* y,
                         char* at, floating* best, char* place) noexcept nogil:
    """Maxima of a row of windows, and their indices, counted from `corner` at x[0]."""
    if floating is float:
        ann_max_row_f32(row, x, <int32_t>corner, y, <int32_t*>at, best, <int32_t*>place)
    else:
        ann_max_row_f64(row, x, corner, y, <int64_t*>at, best, <int64_t*>place)


cdef inline void mean_row(const Row* row, const floating* x, floating* y,
                          floating* scratch) noexcept nogil:
    """Means of a row of windows."""
    if floating is float:
        ann_mean_row_f32(row, x, y, scratch)
    else:
        ann_mean_row_f64(row, x, y, scratch)


cdef inline void spread_row(const Row* row, const floating* gy, floating* g,
                            floating* scratch) noexcept nogil:
    """Add to g the derivative of `mean_row`."""
    if floating is float:
        ann_spread_row_f32(row, gy, g, scratch)
    else:
        ann_spread_row_f64(row, gy, g, scratch)


cdef Py_ssize_t scratch_bytes(ndarray images) except -1

# Write maxima of the windows in x, and their indices, as wide as the values.
cdef void max_pool(ndarray x, ndarray y, ndarray indices, const Windows* windows,
                   char* scratch) noexcept

# Write the means of the windows in x; the derivative of that.
cdef void mean_pool(ndarray x, ndarray y, const Windows* windows, char* scratch) noexcept
cdef void mean_spread(ndarray gy, ndarray g, const Windows* windows, char* scratch) noexcept

# The same of p-norms, p being `norm` (0: of means).
cdef void lp_pool(ndarray x, ndarray y, int norm, const Windows* windows, char* scratch) noexcept
cdef void lp_spread(ndarray x, ndarray y, ndarray gy, ndarray g, int norm, const Windows* windows,
                    char* scratch) noexcept

# images[n, c].flat[at] = the sum of the values with that index, 0 where there is none. `apart` says
# that no index comes twice. The caller has checked that all indices are inside.
cdef int scatter(ndarray values, ndarray at, ndarray images, bint apart) except -1

# values = images[n, c].flat[at]
cdef int gather(ndarray images, ndarray at, ndarray values) except -1
