"""What the norms share whose statistics are of groups of planes, or of columns, of an array."""
import numpy as np

from cython cimport floating

from mlpack_ann._arrays cimport PyArray_DATA, PyArray_DIM, import_array, ndarray
from mlpack_ann._norm cimport Norms, Split
from mlpack_ann._norm_groups cimport backward_groups, forward_groups
from mlpack_ann._norm_planes cimport backward_planes, forward_planes, gradient_planes
from mlpack_ann._norm_rows cimport (backward_rows, forward_rows, gradient_rows, items_of,
                                    prepare_rows, prepare_rows_back)
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.layer.norm cimport Norm

import_array()


cdef enum:
    FORWARD, BACKWARD, GRADIENT

cdef enum:
    SCRATCH = 7                             # numbers for each channel (_norm_rows.pxd)


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Norms* t = <const Norms*>task
    if t.wide:
        share[double](t, start, stop, 0)
    else:
        share[float](t, start, stop, 0)


cdef inline void share(const Norms* t, Py_ssize_t start, Py_ssize_t stop,
                       floating of_type) noexcept nogil:
    """A thread's share: of the rows, of the groups or, for their gradients, of the channels."""
    cdef const floating* x = <const floating*>t.x
    cdef const floating* gy = <const floating*>t.gy
    cdef const floating* gamma = <const floating*>t.gamma
    cdef floating* out = <floating*>t.out
    if t.step == GRADIENT:
        gradient_planes(t, start, stop, x, gy, out)
    elif t.step == FORWARD and t.columns:
        forward_rows(t, start, stop, x, out)
    elif t.step == FORWARD and t.members > 1:
        forward_groups(t, start, stop, x, out, gamma, <const floating*>t.beta)
    elif t.step == FORWARD:
        forward_planes(t, start, stop, x, out, gamma, <const floating*>t.beta)
    elif t.columns:
        backward_rows(t, start, stop, x, gy, out)
    elif t.members > 1:
        backward_groups(t, start, stop, x, gy, out, gamma)
    else:
        backward_planes(t, start, stop, x, gy, out, gamma)


cdef inline void run(Norms* t, int step, floating of_type) noexcept nogil:
    # With averages over a group (0 where these are running statistics, and as much less as those
    # of the batch count where they are mixed with others):
    # g = gamma / sqrt(variance + eps)
    #     * (gy - average(gy) - (x - mean) * average(gy * (x - mean)) / (variance + eps))
    cdef Py_ssize_t elements = t.n.outer * t.n.groups * t.n.inner
    cdef Py_ssize_t items = t.n.groups
    cdef const floating* gamma = <const floating*>t.gamma
    t.step = step
    if t.columns and t.step == GRADIENT:
        gradient_rows(t, <floating*>t.out)
        return
    if t.columns and t.step == FORWARD:
        prepare_rows(t, <const floating*>t.x, gamma, <const floating*>t.beta)
    elif t.columns:
        prepare_rows_back(t, gamma)
    if t.columns:
        items = items_of(t)
    elif t.step == GRADIENT:
        items = t.channels
    in_parts(work, t, items, 2.0 * elements / items)


cdef class MeasuredNorm(Norm):
    """Normalise by the mean and the variance of each group of elements.

    A class writes `_split`, which tells what has statistics of its own.
    """
    # ---------------------------------------------------------------- hooks

    cdef int _infer(self, const Shape* inner) except -1:
        cdef Split n
        return self._allocate(2 * self._split(inner, &n))

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Split n
        self._split(inner, &n)
        return Norm._output_shape(self, inner, outer)

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Split n = self._split_of(x)
        self._reserve(n.groups)
        self._n = n
        self._measured = self._measures(n)
        if x.size > 0:
            self._run(FORWARD, x, None, y)
            self._note(n)
        return self._remember(x)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        self._require_forward(x)
        return self._run(BACKWARD, x, gy, g) if x.size > 0 else 0

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        self._require_forward(x)
        if x.size > 0:
            return self._run(GRADIENT, x, error, gradient)
        gradient[:] = 0
        return 0

    cdef int _run(self, int step, ndarray x, ndarray gy, ndarray out) except -1:
        cdef Norms t
        self._fill(&t, x, gy, out)
        if t.wide:
            run[double](&t, step, 0)
        else:
            run[float](&t, step, 0)
        return 0

    cdef int _fill(self, Norms* t, ndarray x, ndarray gy, ndarray out) except -1:
        Norm._fill(self, t, x, gy, out)
        t.n, t.measured, t.members, t.own = self._n, self._measured, 1, 1
        t.columns = t.n.inner == 1 and t.n.groups == t.channels
        t.mean = <double*>PyArray_DATA(self._mean)
        t.variance = <double*>PyArray_DATA(self._variance)
        t.scratch = <double*>PyArray_DATA(self._scratch)
        return 0

    cdef Py_ssize_t _split(self, const Shape* inner, Split* n) except -1:
        """Fill in how an input falls into groups and return its channels' number, or refuse it."""
        return self._not_written("Forward")

    cdef int _measures(self, Split n) except -1:
        """Return whether statistics are to be measured, or provide them. Default: always."""
        return True

    cdef int _note(self, Split n) except -1:
        """Take note of the statistics of a batch that has elements."""
        return 0

    # ---------------------------------------------------------------- statistics

    cdef Split _split_of(self, ndarray x) except *:
        cdef Shape shape
        cdef Split n
        read_shape(x, &shape)
        self._split(&shape, &n)
        return n

    cdef int _reserve(self, Py_ssize_t groups) except -1:
        """Make room for the statistics of each group."""
        if (self._mean is None or PyArray_DIM(self._mean, 0) != groups
                or PyArray_DIM(self._scratch, 0) != SCRATCH * self._size):
            mean, variance = np.empty(groups), np.empty(groups)
            scratch = np.empty(SCRATCH * self._size)
            self._seen = None               # what the latest Forward left is gone
            self._mean, self._variance, self._scratch = mean, variance, scratch
        return 0
