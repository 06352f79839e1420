"""What batch and instance normalisation share: statistics per channel, and running ones."""
import numpy as np

from mlpack_ann._validation import flag, integer, number, shown

from mlpack_ann._arrays cimport NPY_DOUBLE, import_array, ndarray
from mlpack_ann._norm cimport Split
from mlpack_ann._validation cimport Shape, as_operand, read_shape
from mlpack_ann.layer.measured_norm cimport MeasuredNorm

import_array()


cdef class ChannelNorm(MeasuredNorm):
    """Normalise by a mean and a variance of the batch, and keep running averages of these."""
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
        MeasuredNorm._initialise(self)
        self._running_mean, self._running_variance = np.zeros(self._size), np.ones(self._size)
        self._count = 0
        return 0

    cdef int _measures(self, Split n) except -1:
        return True if self._training else self._recall(n)

    cdef int _note(self, Split n) except -1:
        return self._update(n) if self._measured else 0

    # ---------------------------------------------------------------- statistics

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
