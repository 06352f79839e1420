"""Convolution as a product of matrices.

Source: mlpack ann/convolution_rules/im2col_convolution.hpp.
"""
from cython cimport floating
from libc.string cimport memcpy, memset

from mlpack_ann._arrays cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_TYPE, import_array,
                                 ndarray)
from mlpack_ann._parallel cimport in_parts, parts_of
from mlpack_ann._planes cimport Geometry, copy_row, gather_row
from mlpack_ann._product cimport Product, multiply, whole_vectors
from mlpack_ann._scratch cimport Scratch
from mlpack_ann.convolution_rules.convolution_rule cimport ConvolutionRule

import_array()

cdef enum:                              # what a piece of scratch memory is for
    STEPS, COLUMNS, RESULTS

cdef enum:
    CACHE = 512 * 1024                  # bytes of the matrix of pixels: within the L2 cache
    DEPTH = 1024                        # of its rows at a time
    LEAST = 4                           # vectors in one of its rows,
    MOST = 16                           # or up to so many times as many


cdef struct Task:
    const Geometry* k
    bint wide                           # float64
    Py_ssize_t height, width, columns, area     # of an image, of its outputs
    Py_ssize_t taps, outputs            # of a group
    Py_ssize_t block, blocks            # pixels of an image at a time
    const void* x
    const void* w
    void* y
    const Py_ssize_t* place
    const Py_ssize_t* offset
    void* matrix
    void* results
    Py_ssize_t matrix_size, result_size


cdef class Im2ColConvolution(ConvolutionRule):
    """Correlate images with filters by one product of matrices.

    The pixels that each output needs are gathered as a column, and the filters, as rows, multiply
    these: by parts of an image, so that the gathered pixels stay in the cache.

    Parameters
    ----------
    border_mode : FullConvolution, ValidConvolution, "full" or "valid", default="full"
        Whether the filter reaches beyond the image; kept as "full" or "valid".

    Notes
    -----
    A pixel that is infinite or NaN is met by the outputs whose filter covers it, by no others.

    References
    ----------
    Chellapilla, Puri and Simard (2006), High performance convolutional neural networks for document
    processing.
    """
    cdef Scratch _scratch

    def __cinit__(self):
        self._scratch = Scratch()

    def __init__(self, border_mode="full"):
        super().__init__(border_mode)

    cdef int _convolve(self, const Geometry* k, ndarray x, ndarray w, ndarray y) except -1:
        cdef Task t
        t.k, t.wide = k, PyArray_TYPE(x) == NPY_DOUBLE
        t.height, t.width = PyArray_DIM(x, 2), PyArray_DIM(x, 3)
        t.columns = PyArray_DIM(y, 3)
        t.area = PyArray_DIM(y, 2) * t.columns
        t.x, t.w, t.y = PyArray_DATA(x), PyArray_DATA(w), PyArray_DATA(y)
        if t.wide:
            return run(&t, self._scratch, PyArray_DIM(x, 0), <const double*>NULL)
        return run(&t, self._scratch, PyArray_DIM(x, 0), <const float*>NULL)


cdef int run(Task* t, Scratch scratch, Py_ssize_t batch, const floating* unused) except -1 nogil:
    """Fill all outputs, by blocks of pixels: these are what threads share."""
    cdef Py_ssize_t lanes = whole_vectors(1, sizeof(floating)), depth, jobs, i
    cdef Py_ssize_t* steps
    cdef double weight
    cdef int parts
    t.taps = t.k.in_channels // t.k.groups * t.k.kernel_h * t.k.kernel_w
    t.outputs = t.k.out_channels // t.k.groups
    depth = min(t.taps, <Py_ssize_t>DEPTH)
    t.block = LEAST * lanes * max(1, min(MOST, CACHE // (
        depth * LEAST * lanes * <Py_ssize_t>sizeof(floating))))
    t.block = min(t.block, whole_vectors(t.area, sizeof(floating)))
    t.blocks = (t.area + t.block - 1) // t.block
    jobs = batch * t.k.groups * t.blocks
    # Sixteen multiply-adds take as long as an element of a map; so does gathering an element.
    weight = <double>t.block * t.taps * (1 + t.outputs / 16.0)
    parts = parts_of(jobs, weight)
    t.matrix_size, t.result_size = depth * t.block, t.outputs * t.block
    steps = <Py_ssize_t*>scratch.take(STEPS, (t.outputs + t.taps) * sizeof(Py_ssize_t))
    t.matrix = scratch.take(COLUMNS, parts * t.matrix_size * sizeof(floating))
    t.results = scratch.take(RESULTS, parts * t.result_size * sizeof(floating))
    t.place, t.offset = steps, steps + t.outputs
    for i in range(t.outputs):
        steps[i] = i * t.taps
    for i in range(t.taps):
        steps[t.outputs + i] = i
    in_parts(work, t, jobs, weight)
    return 0


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    cdef Py_ssize_t i
    for i in range(start, stop):
        if t.wide:
            multiply_block(t, part, i // t.blocks, i % t.blocks, <double*>t.y)
        else:
            multiply_block(t, part, i // t.blocks, i % t.blocks, <float*>t.y)


cdef void multiply_block(const Task* t, int part, Py_ssize_t job, Py_ssize_t block,
                         floating* y) noexcept nogil:
    """Fill some pixels of one group's outputs of an image; in place if these are whole vectors."""
    cdef Py_ssize_t first = block * t.block, pixels = min(t.block, t.area - first)
    cdef Py_ssize_t padded = whole_vectors(pixels, sizeof(floating)), tap = 0, i
    cdef Py_ssize_t group = job % t.k.groups
    cdef floating* matrix = <floating*>t.matrix + part * t.matrix_size
    cdef floating* result = <floating*>t.results + part * t.result_size
    cdef const floating* image = <const floating*>t.x + (
        job * (t.k.in_channels // t.k.groups) * t.height * t.width)
    cdef Product p
    y += job * t.outputs * t.area + first
    p.rows, p.vectors = t.outputs, padded // whole_vectors(1, sizeof(floating))
    p.x, p.place, p.start = <const floating*>t.w + group * t.outputs * t.taps, t.place, NULL
    p.w, p.w_step, p.y, p.y_step = matrix, padded, y, t.area
    if padded != pixels:
        p.y, p.y_step = result, padded
    while tap < t.taps:
        p.taps, p.offset, p.adds = min(t.taps - tap, <Py_ssize_t>DEPTH), t.offset + tap, tap > 0
        for i in range(p.taps):
            gather(t, tap + i, first, pixels, image, matrix + i * padded)
            memset(matrix + i * padded + pixels, 0, (padded - pixels) * sizeof(floating))
        multiply(&p, matrix)
        tap += DEPTH
    if padded != pixels:
        for i in range(t.outputs):
            memcpy(y + i * t.area, result + i * padded, pixels * sizeof(floating))


cdef void gather(const Task* t, Py_ssize_t tap, Py_ssize_t first, Py_ssize_t pixels,
                 const floating* image, floating* to) noexcept nogil:
    """Write what one tap of the filter meets at these outputs, zeros outside the image."""
    cdef const Geometry* k = t.k
    cdef Py_ssize_t channel = tap // (k.kernel_h * k.kernel_w), last = first + pixels
    cdef Py_ssize_t row = tap // k.kernel_w % k.kernel_h * k.dilation_h - k.top
    cdef Py_ssize_t column = tap % k.kernel_w * k.dilation_w - k.left
    # Of the outputs of a row, those from `begin` to `end` meet the image.
    cdef Py_ssize_t begin = (k.stride_w - 1 - column) // k.stride_w if column < 0 else 0
    cdef Py_ssize_t end = 0 if column >= t.width else min(
        t.columns, (t.width - column + k.stride_w - 1) // k.stride_w)
    cdef Py_ssize_t line, low, high, start, stop, i
    cdef const floating* source
    while first < last:
        line = first // t.columns
        low = first - line * t.columns
        high = min(t.columns, low + last - first)
        i = line * k.stride_h + row
        start, stop = max(low, begin), min(high, end)
        if i < 0 or i >= t.height or start >= stop:
            memset(to, 0, (high - low) * sizeof(floating))
        else:
            memset(to, 0, (start - low) * sizeof(floating))
            source = image + (channel * t.height + i) * t.width + start * k.stride_w + column
            if k.stride_w == 1:
                copy_row(source, to + start - low, stop - start)
            else:
                gather_row(source, k.stride_w, to + start - low, stop - start)
            memset(to + stop - low, 0, (high - stop) * sizeof(floating))
        to += high - low
        first += high - low
