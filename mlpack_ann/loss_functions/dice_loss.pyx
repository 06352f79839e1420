"""Dice loss. Source: mlpack ann/loss_functions/dice_loss.hpp."""
from cython cimport floating
from libc.math cimport sqrt
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_NBYTES, PyArray_SIZE, PyArray_TYPE,
                    import_array, ndarray, npy_intp)

from mlpack_ann._chunks cimport CHUNKS, LEAST, chunk_of, chunks_of
from mlpack_ann._dots cimport Dots, is_usual, largest, scaled_dots
from mlpack_ann._math cimport maximum_
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._validation import number
from mlpack_ann._validation cimport Shape
from mlpack_ann.loss_functions.loss cimport Loss

import_array()

cdef extern from "_stream.h" nogil:
    const Py_ssize_t ANN_STREAM_BYTES
    void ann_stream(void* to, const void* source, Py_ssize_t size)
    void ann_stream_end()

cdef enum:
    BLOCK = 1024                            # elements computed before they are written past caches

cdef struct Overlap:
    double ratio                            # of overlap and sizes: 1 is a perfect match
    double sizes, scale                     # the sizes are `sizes` * `scale`^2


cdef inline Overlap overlap_of(const Dots* dots, double smooth) noexcept nogil:
    cdef double scale = maximum_(maximum_(dots.p_scale, dots.t_scale), sqrt(smooth))
    cdef double u = dots.p_scale / scale, v = dots.t_scale / scale, s = smooth / scale / scale
    cdef double sizes = dots.pp * u * u + dots.tt * v * v + s
    if sizes == 0:                          # nothing predicted, nothing there
        return Overlap(1, 0, scale)
    return Overlap((2 * dots.pt * u * v + s) / sizes, sizes, scale)


cdef struct Task:
    bint wide, streamed                     # float64; written past the caches
    const void* p
    const void* t
    void* g
    double p_scale, t_scale                 # of the sums
    double of_p, of_t, scale                # the derivative is their combination, scaled
    Py_ssize_t n, chunk
    Dots[CHUNKS] dots


cdef void add_up(void* of, int part, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """The chunks' sums."""
    cdef Task* task = <Task*>of
    cdef Py_ssize_t i, start, n
    for i in range(first, last):
        start = i * task.chunk
        n = min(task.chunk, task.n - start)
        if task.wide:
            task.dots[i] = scaled_dots(<const double*>task.p + start, <const double*>task.t + start,
                                       n, task.p_scale, task.t_scale)
        else:
            task.dots[i] = scaled_dots(<const float*>task.p + start, <const float*>task.t + start,
                                       n, task.p_scale, task.t_scale)


cdef Dots summed(Task* task, double p_scale, double t_scale) noexcept nogil:
    cdef Dots dots = Dots(0, 0, 0, p_scale, t_scale)
    cdef int i, chunks = chunks_of(task.n, task.chunk)
    task.p_scale, task.t_scale = p_scale, t_scale
    in_parts(add_up, task, chunks, task.chunk)
    for i in range(chunks):
        dots.pp += task.dots[i].pp
        dots.pt += task.dots[i].pt
        dots.tt += task.dots[i].tt
    return dots


cdef Dots dots_of_all(Task* task) noexcept nogil:
    """As `dots_of`, by threads."""
    cdef Dots dots = summed(task, 1, 1)
    if is_usual(&dots):
        return dots
    if task.wide:
        return summed(task, largest(<const double*>task.p, task.n),
                      largest(<const double*>task.t, task.n))
    return summed(task, largest(<const float*>task.p, task.n),
                  largest(<const float*>task.t, task.n))


cdef inline void combine(const Task* task, const floating* p, const floating* t, floating* out,
                         Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <floating>((t[i] * task.of_t + p[i] * task.of_p) * task.scale)


cdef void walk(const Task* task, const floating* p, const floating* t, floating* g,
               Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef floating[BLOCK] block
    cdef Py_ssize_t n
    if not task.streamed:
        combine(task, p + start, t + start, g + start, stop - start)
        return
    while start < stop:
        n = min(stop - start, <Py_ssize_t>BLOCK)
        combine(task, p + start, t + start, <floating*>block, n)
        ann_stream(g + start, block, n * sizeof(floating))
        start += n
    ann_stream_end()


cdef void write_slopes(void* of, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* task = <const Task*>of
    if task.wide:
        walk(task, <const double*>task.p, <const double*>task.t, <double*>task.g, start, stop)
    else:
        walk(task, <const float*>task.p, <const float*>task.t, <float*>task.g, start, stop)


cdef class DiceLoss(Loss):
    """One less the overlap of prediction and target, one term for the batch.

    ``1 - (2 * sum(p * t) + smooth) / (sum(p**2) + sum(t**2) + smooth)``.

    Parameters
    ----------
    smooth : float, default=1.0
        Keeps the quotient defined where prediction and target are empty; at least 0.
    reduction : bool or str, default=True
        Makes no difference to a single term, except that "none" gives it as an array.

    Notes
    -----
    Prediction and target (between 0 and 1): (batch, ...), any shape, both the same. The sums are
    over the whole batch. Without `smooth`, empty prediction and target are a perfect match: 0.

    References
    ----------
    Milletari, Navab and Ahmadi (2016), V-Net: Fully convolutional neural networks for volumetric
    medical image segmentation.
    """
    cdef double _smooth

    def __init__(self, smooth=1.0, reduction=True):
        self.smooth = smooth
        super().__init__(reduction)

    @property
    def smooth(self):
        return self._smooth

    @smooth.setter
    def smooth(self, value):
        self._smooth = number(value, self, "smooth", minimum=0)

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        terms.ndim = 1
        terms.dims[0] = min(<npy_intp>1, shape.dims[0])
        return 0

    cdef double _compute(self, ndarray p, ndarray t, ndarray terms, ndarray g, double scale,
                         bint summed) except *:
        cdef Task task
        cdef Dots dots
        cdef Overlap overlap
        task.wide, task.n = PyArray_TYPE(p) == NPY_DOUBLE, PyArray_SIZE(p)
        task.p, task.t, task.chunk = PyArray_DATA(p), PyArray_DATA(t), chunk_of(task.n, LEAST)
        dots = dots_of_all(&task)
        overlap = overlap_of(&dots, self._smooth)
        if g is not None:
            task.of_t, task.of_p = 1 / overlap.scale, -overlap.ratio / overlap.scale
            task.scale = 0
            if overlap.sizes != 0:
                task.scale = -2 * scale / overlap.sizes / overlap.scale
            task.g, task.streamed = PyArray_DATA(g), PyArray_NBYTES(g) >= ANN_STREAM_BYTES
            in_parts(write_slopes, &task, task.n, 1)
        if terms is not None and PyArray_SIZE(terms) == 1:
            terms[0] = 1 - overlap.ratio
        return 1 - overlap.ratio
