"""Copies between arrays that are laid out differently, and their adjoints: nested loops over runs.

Element (i, j, ...) of the loops is at ``i * x[0] + j * x[1] + ...`` of the one array, and at the
same sum with `y` of the other. A step of 0 repeats an element of x, or sums into one of y. Both
arrays are C-contiguous, and of one dtype.
"""
from numpy cimport ndarray

from mlpack_ann._validation cimport MAX_NDIM

cdef enum:
    LOOPS = 2 * MAX_NDIM + 1

cdef struct Blocks:
    int loops
    Py_ssize_t size[LOOPS]
    Py_ssize_t x[LOOPS]                 # steps, in elements
    Py_ssize_t y[LOOPS]


cdef inline Blocks no_blocks() noexcept nogil:
    cdef Blocks b
    b.loops = 0
    return b


cdef inline void add_loop(Blocks* b, Py_ssize_t size, Py_ssize_t x, Py_ssize_t y) noexcept nogil:
    """Add a loop within those there are; one that goes on where it stops becomes one with it."""
    cdef int last = b.loops - 1
    if size == 1:
        return
    if last >= 0 and b.x[last] == size * x and b.y[last] == size * y:
        b.size[last], b.x[last], b.y[last] = b.size[last] * size, x, y
        return
    b.size[last + 1], b.x[last + 1], b.y[last + 1] = size, x, y
    b.loops += 1


cdef inline void add_pair(Blocks* b, Py_ssize_t size, Py_ssize_t inner, Py_ssize_t outer,
                          bint back) noexcept nogil:
    """Add a loop with these steps in a layer's input and output; `back` for its derivative."""
    if back:
        add_loop(b, size, outer, inner)
    else:
        add_loop(b, size, inner, outer)


# y[...] = x[...], from the elements x0 and y0 on. The outermost loop, whose items the threads share,
# has to write to memory of its own for each.
cdef void copy_blocks(Blocks* b, ndarray x, Py_ssize_t x0, ndarray y, Py_ssize_t y0) noexcept

# The same where y's steps fall, to 1, and all of the rest of y becomes 0.
cdef void place_blocks(Blocks* b, ndarray x, ndarray y, Py_ssize_t y0) noexcept

# y[...] = the sum of the x[...] that belong there. All of y is written; its steps fall from each
# loop to the next that has any, as they do where y is contiguous.
cdef void sum_blocks(Blocks* b, ndarray x, ndarray y) noexcept
