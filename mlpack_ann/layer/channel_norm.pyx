"""What batch and instance normalisation share: statistics per channel, and running ones."""
import numpy as np

from cython cimport floating

from mlpack_ann._validation import flag, integer, number, shown

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_DATA, PyArray_DIM, import_array, ndarray
from mlpack_ann._norm cimport Norms, Split
from mlpack_ann._norm_planes cimport backward_planes, forward_planes, gradient_planes
from mlpack_ann._norm_rows cimport (backward_rows, forward_rows, gradient_rows, items_of,
                                    prepare_rows, prepare_rows_back)
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._validation cimport Shape, as_operand, read_shape
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
    elif t.step == FORWARD:
        forward_planes(t, start, stop, x, out, gamma, <const floating*>t.beta)
    elif t.columns:
        backward_rows(t, start, stop, x, gy, out)
    else:
        backward_planes(t, start, stop, x, gy, out, gamma)


cdef inline void run(Norms* t, floating of_type) noexcept nogil:
    # With averages over a group, and gy and x without them where these are running statistics:
    # g = gamma / sqrt(variance + eps)
    #     * (gy - average(gy) - (x - mean) * average(gy * (x - mean)) / (variance + eps))
    cdef Py_ssize_t elements = t.n.outer * t.n.groups * t.n.inner
    cdef Py_ssize_t items = t.n.groups
    cdef const floating* gamma = <const floating*>t.gamma
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


cdef class ChannelNorm(Norm):
    """Normalise by a mean and a variance of the batch, and keep running averages of these.

    A class writes `_split`, which tells what has statistics of its own.
    """
    _state = ("running_mean", "running_variance", "count")

    def __init__(self, size, eps, average, momentum, dtype):
        self.average = flag(average, self, "average")
        self.momentum = number(momentum, self, "momentum", minimum=0, maximum=1)
        super().__init__(size, eps, dtype)

    @property
    def running_mean(self):
        """(size,) float64, 0 at first: mean of the training batches so far. A copy, and what is
        assigned is copied; None before the size is known."""
        return None if self._running_mean is None else self._running_mean.copy()

    @running_mean.setter
    def running_mean(self, value):
        self._running_mean = self._statistic(value, "running_mean")

    @property
    def running_variance(self):
        """(size,) float64, 1 at first: unbiased variance of the training batches so far. A copy,
        and what is assigned is copied; None before the size is known."""
        return None if self._running_variance is None else self._running_variance.copy()

    @running_variance.setter
    def running_variance(self, value):
        variance = self._statistic(value, "running_variance")
        if variance is not None and np.any(variance < 0):
            raise ValueError(f"{type(self).__name__}: running_variance is {shown(value)}, "
                             "expected no value below 0")
        self._running_variance = variance

    @property
    def training_mean(self):
        """mlpack's name of `running_mean`."""
        return self.running_mean

    @training_mean.setter
    def training_mean(self, value):
        self.running_mean = value

    @property
    def training_variance(self):
        """mlpack's name of `running_variance`."""
        return self.running_variance

    @training_variance.setter
    def training_variance(self, value):
        self.running_variance = value

    @property
    def count(self):
        """int: how many training batches the running statistics are of."""
        return self._count

    @count.setter
    def count(self, value):
        self._count = integer(value, self, "count", 0)

    # ---------------------------------------------------------------- hooks

    cdef int _initialise(self) except -1:
        Norm._initialise(self)
        self._running_mean, self._running_variance = np.zeros(self._size), np.ones(self._size)
        self._count = 0
        return 0

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
        self._measured = self._training
        if not self._measured:
            self._recall(n)
        if x.size > 0:
            self._run(FORWARD, x, None, y)
            if self._measured:
                self._update(n)
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
        t.step, t.n, t.measured = step, self._n, self._measured
        t.columns = t.n.inner == 1 and t.n.groups == t.channels
        t.mean = <double*>PyArray_DATA(self._mean)
        t.variance = <double*>PyArray_DATA(self._variance)
        t.scratch = <double*>PyArray_DATA(self._scratch)
        if t.wide:
            run[double](&t, 0)
        else:
            run[float](&t, 0)
        return 0

    cdef Py_ssize_t _split(self, const Shape* inner, Split* n) except -1:
        """Fill in how an input falls into groups and return its channels' number, or refuse it."""
        return self._not_written("Forward")

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

    cdef int _recall(self, Split n) except -1:
        """Take the running statistics for those of the batch."""
        cdef double[::1] mean = self._mean, variance = self._variance
        cdef const double[::1] running_mean = self._running_mean
        cdef const double[::1] running_variance = self._running_variance
        cdef Py_ssize_t k
        for k in range(n.groups):
            mean[k] = running_mean[k % self._size]
            variance[k] = running_variance[k % self._size]
        return 0

    cdef int _update(self, Split n) except -1:
        """Move the running statistics towards those of the batch, averaged over its groups."""
        cdef const double[::1] mean = self._mean, variance = self._variance
        cdef double[::1] running_mean = self._running_mean
        cdef double[::1] running_variance = self._running_variance
        cdef Py_ssize_t count = n.outer * n.inner, sets = n.groups // self._size, c, i
        # From biased to unbiased, where there is more than one value to tell a variance from.
        cdef double unbias = <double>count / (count - 1) if count > 1 else 0
        cdef double m, v, factor
        self._count += 1
        factor = 1.0 / self._count if self.average else self.momentum
        for c in range(self._size):
            m = v = 0
            for i in range(sets):
                m += mean[i * self._size + c]
                v += variance[i * self._size + c]
            running_mean[c] += factor * (m / sets - running_mean[c])
            running_variance[c] += factor * (unbias * v / sets - running_variance[c])
        return 0

    cdef ndarray _statistic(self, object value, str name):
        """Return a copy of what is assigned, once checked."""
        cdef Shape shape
        if self._running_mean is None:
            if value is None:               # as pickled before the size is known
                return None
            raise ValueError(f"{type(self).__name__}: {name} cannot be assigned before the size is "
                             "known, by the first Forward")
        read_shape(self._running_mean, &shape)
        return as_operand(value, &shape, NPY_DOUBLE, self, name).copy()
