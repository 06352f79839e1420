"""Normal distributions. Source: mlpack ann/dists/normal_distribution.hpp."""
import numpy as np

from cython cimport floating

from mlpack_ann import _random

from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_SIZE, PyArray_TYPE, import_array,
                    ndarray)

from mlpack_ann._draws cimport draw_normal
from mlpack_ann._limits cimport times_
from mlpack_ann._math cimport exp_, log_
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._validation cimport Shape, as_operand, as_output, check_apart, read_shape
from mlpack_ann.dists.distribution cimport Distribution

import_array()

cdef enum:
    LOG_PROBABILITY, PROBABILITY, LOG_SLOPES, SLOPES

cdef double[4] WEIGHTS = [4, 6, 3, 9]       # of an element, see _parallel


cdef struct Task:
    int step
    bint wide                               # float64
    const void* x
    const void* mean
    const void* sigma
    void* out                               # or the derivative by the mean
    void* dsigma


# With z = (x - mean) / sigma the log-probability is -log(sigma) - log(2 pi) / 2 - z**2 / 2, its
# derivatives are z / sigma and (z**2 - 1) / sigma.

cdef inline floating log_probability(floating x, floating mean, floating sigma) noexcept nogil:
    cdef floating z = (x - mean) / sigma
    return -<floating>0.5 * z * z - (log_(sigma) + <floating>0.91893853320467274178)


cdef void compute(const Task* t, const floating* x, const floating* mean, const floating* sigma,
                  floating* out, floating* dsigma, Py_ssize_t start,
                  Py_ssize_t stop) noexcept nogil:
    cdef floating z, p, precision
    cdef Py_ssize_t i
    if t.step == LOG_PROBABILITY:
        for i in range(start, stop):
            out[i] = log_probability(x[i], mean[i], sigma[i])
    elif t.step == PROBABILITY:
        for i in range(start, stop):
            out[i] = exp_(log_probability(x[i], mean[i], sigma[i]))
    elif t.step == LOG_SLOPES:
        for i in range(start, stop):
            precision = 1 / sigma[i]
            z = (x[i] - mean[i]) * precision
            out[i] = z * precision
            dsigma[i] = (z * z - 1) * precision
    else:
        for i in range(start, stop):
            precision = 1 / sigma[i]
            z = (x[i] - mean[i]) * precision
            p = exp_(log_probability(x[i], mean[i], sigma[i]))
            out[i] = times_(p, z * precision)
            dsigma[i] = times_(p, (z * z - 1) * precision)


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        compute(t, <const double*>t.x, <const double*>t.mean, <const double*>t.sigma,
                <double*>t.out, <double*>t.dsigma, start, stop)
    else:
        compute(t, <const float*>t.x, <const float*>t.mean, <const float*>t.sigma,
                <float*>t.out, <float*>t.dsigma, start, stop)


cdef int run(int step, ndarray x, ndarray mean, ndarray sigma, ndarray out,
             ndarray dsigma) except -1:
    cdef Task t
    t.step, t.wide = step, PyArray_TYPE(x) == NPY_DOUBLE
    t.x, t.mean, t.sigma = PyArray_DATA(x), PyArray_DATA(mean), PyArray_DATA(sigma)
    t.out, t.dsigma = PyArray_DATA(out), PyArray_DATA(dsigma)
    in_parts(work, &t, PyArray_SIZE(x), WEIGHTS[step])
    return 0


cdef class NormalDistribution(Distribution):
    """Independent normal distributions, one per element of `mean` and `sigma`.

    The log-probability of an observation x of one element is
    ``-log(sigma) - log(2 * pi) / 2 - ((x - mean) / sigma)**2 / 2``.

    Parameters
    ----------
    mean : array_like of shape (batch, ...), float32 or float64
        Copied.
    sigma : array_like of the shape and dtype of `mean`
        Standard deviations, finite and above 0; copied.
    rng : numpy.random.Generator, optional
        Where samples come from; see `mlpack_ann.RandomSeed`.

    Notes
    -----
    Probabilities are those of the elements, not summed over them. mlpack's Sample multiplies
    matrices, which works for one element only; here each has its own mean and deviation.
    """
    cdef ndarray _sigma

    def __init__(self, mean, sigma, rng=None):
        cdef Shape shape
        super().__init__(rng)
        cdef ndarray taken = self._taken(mean, "mean")
        read_shape(taken, &shape)
        deviation = as_operand(sigma, &shape, PyArray_TYPE(taken), self, "sigma").copy()
        if not ((deviation > 0) & (deviation < np.inf)).all():
            raise ValueError(f"{type(self).__name__}: sigma is not above 0 and finite in every "
                             "element, expected standard deviations")
        self._param, self._sigma = taken, deviation

    def LogProbability(self, observation, probabilities=None):
        """Compute the logarithms of the elements' probability densities.

        Parameters
        ----------
        observation : array_like of the shape and dtype of `mean`
        probabilities : ndarray of the same shape, optional
            Filled and returned; a new array if omitted.

        Returns
        -------
        ndarray
        """
        return self._run(LOG_PROBABILITY, observation, probabilities)

    def Probability(self, observation, probabilities=None):
        """Compute the elements' probability densities, as LogProbability."""
        return self._run(PROBABILITY, observation, probabilities)

    def LogProbBackward(self, observation, dmu=None, dsigma=None):
        """Compute the derivatives of ``LogProbability(observation)`` by `mean` and `sigma`.

        Parameters
        ----------
        observation : array_like of the shape and dtype of `mean`
        dmu, dsigma : ndarray of the same shape, optional
            Filled and returned; new arrays if omitted.

        Returns
        -------
        dmu, dsigma : ndarray
            ``(x - mean) / sigma**2`` and ``((x - mean)**2 / sigma**2 - 1) / sigma``.
        """
        return self._run_back(LOG_SLOPES, observation, dmu, dsigma)

    def ProbBackward(self, observation, dmu=None, dsigma=None):
        """Compute the derivatives of ``Probability(observation)``, as LogProbBackward."""
        return self._run_back(SLOPES, observation, dmu, dsigma)

    def Sample(self):
        """Draw an observation.

        Returns
        -------
        ndarray of the shape and dtype of `mean`
        """
        self._check_built()
        cdef ndarray result = np.empty_like(self._param)
        draw_normal(_random.generator(self._rng), result, 0, 1)
        np.multiply(result, self._sigma, out=result)
        np.add(result, self._param, out=result)
        return result

    @property
    def mean(self):
        """ndarray given to the constructor, a copy."""
        self._check_built()
        return self._param.copy()

    @property
    def sigma(self):
        """ndarray given to the constructor, a copy."""
        self._check_built()
        return self._sigma.copy()

    @property
    def standard_deviation(self):
        """The same as `sigma`: mlpack's accessor."""
        return self.sigma

    @property
    def dimensionality(self):
        """int: number of elements."""
        self._check_built()
        return self._param.size

    def _run(self, step, observation, output):
        cdef Shape shape
        # Before any argument is read, which may run foreign code.
        cdef ndarray mean = self._param, sigma = self._sigma, x = self._observed(observation)
        read_shape(x, &shape)
        cdef ndarray out = as_output(output, &shape, PyArray_TYPE(x), self, "probabilities")
        if output is not None:
            check_apart(out, x, observation, self, "probabilities", "observation")
        run(step, x, mean, sigma, out, out)
        return out if output is None else output

    def _run_back(self, step, observation, dmu, dsigma):
        cdef Shape shape
        # Before any argument is read, which may run foreign code.
        cdef ndarray mean = self._param, sigma = self._sigma, x = self._observed(observation)
        read_shape(x, &shape)
        cdef ndarray by_mean = as_output(dmu, &shape, PyArray_TYPE(x), self, "dmu")
        cdef ndarray by_sigma = as_output(dsigma, &shape, PyArray_TYPE(x), self, "dsigma")
        if dmu is not None:
            check_apart(by_mean, x, observation, self, "dmu", "observation")
        if dsigma is not None:
            check_apart(by_sigma, x, observation, self, "dsigma", "observation")
            check_apart(by_sigma, by_mean, dmu, self, "dsigma", "dmu")
        run(step, x, mean, sigma, by_mean, by_sigma)
        return by_mean if dmu is None else dmu, by_sigma if dsigma is None else dsigma
