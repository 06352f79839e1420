"""What batch and instance normalisation share: statistics per channel, and running ones."""
import numpy as np

from cython cimport floating

from mlpack_ann._validation import flag, integer, number, shown

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, flat, import_array, ndarray
from mlpack_ann._norm cimport Split
from mlpack_ann._norm_planes cimport backward_planes, forward_planes, gradient_planes
from mlpack_ann._norm_rows cimport backward_rows, forward_rows, gradient_rows
from mlpack_ann._validation cimport Shape, as_operand, read_shape
from mlpack_ann.layer.norm cimport Norm

import_array()


cdef inline bint are_columns(Split n, Py_ssize_t channels) noexcept nogil:
    return n.inner == 1 and n.groups == channels


cdef void forward(const floating[::1] x, floating[::1] y, const floating[::1] gamma,
                  const floating[::1] beta, Split n, double eps, bint measured, double[::1] mean,
                  double[::1] variance, double[:, ::1] scratch) noexcept nogil:
    if are_columns(n, gamma.shape[0]):
        forward_rows(x, y, gamma, beta, n, eps, measured, mean, variance, scratch)
    else:
        forward_planes(x, y, gamma, beta, n, eps, measured, mean, variance)


cdef void backward(const floating[::1] x, const floating[::1] gy, floating[::1] g,
                   const floating[::1] gamma, Split n, double eps, bint measured,
                   const double[::1] mean, const double[::1] variance,
                   double[:, ::1] scratch) noexcept nogil:
    # With averages over a group, and gy and x without them where these are running statistics:
    # g = gamma / sqrt(variance + eps)
    #     * (gy - average(gy) - (x - mean) * average(gy * (x - mean)) / (variance + eps))
    if are_columns(n, gamma.shape[0]):
        backward_rows(x, gy, g, gamma, n, eps, measured, mean, variance, scratch)
    else:
        backward_planes(x, gy, g, gamma, n, eps, measured, mean, variance)


cdef void gradients(const floating[::1] x, const floating[::1] error, floating[::1] gamma,
                    floating[::1] beta, Split n, double eps, const double[::1] mean,
                    const double[::1] variance, double[:, ::1] scratch) noexcept nogil:
    if are_columns(n, gamma.shape[0]):
        gradient_rows(x, error, gamma, beta, n, eps, mean, variance, scratch)
    else:
        gradient_planes(x, error, gamma, beta, n, eps, mean, variance)


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
            if PyArray_TYPE(x) == NPY_DOUBLE:
                forward[double](flat(x), flat(y), self._gamma, self._beta, n, self.eps,
                                self._measured, self._mean, self._variance, self._scratch)
            else:
                forward[float](flat(x), flat(y), self._gamma, self._beta, n, self.eps,
                               self._measured, self._mean, self._variance, self._scratch)
            if self._measured:
                self._update(n)
        return self._remember(x)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        self._require_forward(x)
        if x.size == 0:
            return 0
        if PyArray_TYPE(x) == NPY_DOUBLE:
            backward[double](flat(x), flat(gy), flat(g), self._gamma, self._n, self.eps,
                             self._measured, self._mean, self._variance, self._scratch)
        else:
            backward[float](flat(x), flat(gy), flat(g), self._gamma, self._n, self.eps,
                            self._measured, self._mean, self._variance, self._scratch)
        return 0

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        self._require_forward(x)
        gamma, beta = gradient[:self._size], gradient[self._size:]
        if x.size == 0:
            gradient[:] = 0
        elif PyArray_TYPE(x) == NPY_DOUBLE:
            gradients[double](flat(x), flat(error), gamma, beta, self._n, self.eps, self._mean,
                              self._variance, self._scratch)
        else:
            gradients[float](flat(x), flat(error), gamma, beta, self._n, self.eps, self._mean,
                             self._variance, self._scratch)
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
        if self._mean is None or self._mean.shape[0] != groups:
            mean, variance, scratch = np.empty(groups), np.empty(groups), np.empty((3, groups))
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
