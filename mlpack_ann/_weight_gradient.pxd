"""The derivative of a convolution by its weights and biases; see _weight_gradient.pyx."""
from cython cimport floating

from mlpack_ann._planes cimport Geometry, Planes
from mlpack_ann._scratch cimport Scratch

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


cdef Sums sums_of(const Geometry* k, const Planes* planes, Py_ssize_t item) noexcept nogil
cdef int add_gradient(const Geometry* k, Scratch scratch, Sums* s, Planes* planes, Py_ssize_t n,
                      const floating* x, const floating* gy, floating* dw) except -1 nogil
cdef void sum_planes(const floating* gy, Py_ssize_t n, Py_ssize_t channels, Py_ssize_t area,
                     floating* db) noexcept nogil
