"""Correlation of images with the taps that reach each of their pixels; see _correlation.pyx."""
from cython cimport floating

from mlpack_ann._planes cimport Geometry, Planes
from mlpack_ann._scratch cimport Scratch

cdef enum:                      # what a piece of scratch memory is for
    PLANES, RESULT, WEIGHTS, BIAS, POSITIONS, TAPS, TARGETS


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


cdef Target new_target(Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t first, Py_ssize_t row_step,
                       Py_ssize_t column_step) noexcept nogil
cdef void lay_out(Plan* plan, Py_ssize_t item) noexcept nogil
cdef double direct_cost(const Plan* plan, Py_ssize_t item) noexcept nogil
cdef int place_results(Scratch scratch, Plan* plan, Py_ssize_t item) except -1 nogil
cdef int correlate(const Geometry* k, Scratch scratch, const Plan* plan, Py_ssize_t n,
                   const floating* x, const floating* weight, const floating* bias,
                   floating* y) except -1 nogil
