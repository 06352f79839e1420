"""Convolution with stride 1 by Winograd's minimal filtering; see _winograd.h and _winograd.pyx."""
from cython cimport floating

from mlpack_ann._scratch cimport Scratch

cdef struct Filtering:          # one convolution, or the derivative by its input
    Py_ssize_t images, channels, maps           # of the input, of the output
    Py_ssize_t height, width, rows, columns     # of the input, of the output
    Py_ssize_t top, left                        # zeros before the input, less than the filter
    Py_ssize_t filter                           # rows and columns of a filter: 3 or 5
    bint turned                 # weights are (channels, maps, ...) and their taps in reverse

cdef bint can_filter(Py_ssize_t filter) noexcept nogil
cdef double filtering_cost(const Filtering* f, Py_ssize_t item) noexcept nogil
cdef int filter_images(const Filtering* f, Scratch scratch, const floating* x,
                       const floating* weight, const floating* bias, floating* y) except -1 nogil
cdef int filter_gradient(const Filtering* f, Scratch scratch, const floating* x,
                         const floating* gy, floating* dw) except -1 nogil
