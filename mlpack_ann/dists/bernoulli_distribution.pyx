"""Bernoulli distributions. Source: mlpack ann/dists/bernoulli_distribution.hpp."""
import numpy as np

from cython cimport floating

from mlpack_ann import _random
from mlpack_ann._validation import flag, number
from mlpack_ann.loss_functions.reconstruction_loss import ReconstructionLoss

from mlpack_ann._arrays cimport (NPY_DOUBLE, PyArray_DIM, PyArray_TYPE, flat, import_array,
                                 ndarray)
from mlpack_ann._draws cimport draw_uniform
from mlpack_ann._elementwise_loss cimport LossMaps
from mlpack_ann._loss_maps cimport run, run_wide
from mlpack_ann._math cimport sigmoid_
from mlpack_ann._validation cimport Shape, as_output, check_apart, read_shape
from mlpack_ann.dists.distribution cimport Distribution
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss

import_array()


cdef void sigmoid_map(const floating[::1] x, floating[::1] y) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        y[i] = sigmoid_(x[i])


cdef class BernoulliDistribution(Distribution):
    """Independent Bernoulli distributions, one per element of `param`.

    The log-probability of an observation ``t`` in [0, 1] of one element is
    ``t * log(p + eps) + (1 - t) * log(1 - p + eps)``, with ``p = sigmoid(param)`` or ``p = param``.

    Parameters
    ----------
    param : array_like of shape (batch, ...), float32 or float64
        Logits, or probabilities between 0 and 1; copied.
    apply_logistic : bool, default=True
        Whether `param` holds logits.
    eps : float, default=1e-10
        Added to probabilities in logarithms and denominators; at least 0.
    rng : numpy.random.Generator, optional
        Where samples come from; see `mlpack_ann.RandomSeed`.

    Notes
    -----
    mlpack divides the log-probability by the number of points, but not its derivative.
    """
    cdef LossMaps _maps                     # of minus the log-probability
    cdef bint _apply_logistic
    cdef double _eps, _log1p_eps

    def __init__(self, param, apply_logistic=True, eps=1e-10, rng=None):
        self._apply_logistic = flag(apply_logistic, self, "apply_logistic")
        self._eps = number(eps, self, "eps", minimum=0)
        super().__init__(rng)
        loss = ReconstructionLoss(apply_logistic=self._apply_logistic, eps=self._eps)
        self._maps, self._log1p_eps = (<ElementwiseLoss>loss)._maps, (<ElementwiseLoss>loss)._b
        self._param = self._taken(param, "param")

    def LogProbability(self, observation):
        """Compute the log-probability of the observation, averaged over the points.

        Parameters
        ----------
        observation : array_like of the shape and dtype of `param`

        Returns
        -------
        float
            Summed over the elements of a point, in double precision.
        """
        cdef ndarray x = self._param, t = self._observed(observation)
        cdef double total = run_wide(&self._maps, x, t, self._eps, self._log1p_eps)
        return -total / PyArray_DIM(t, 0)

    def Probability(self, observation):
        """Return the exponential of ``LogProbability(observation)``."""
        return float(np.exp(self.LogProbability(observation)))

    def LogProbBackward(self, observation, output=None):
        """Compute the derivative of ``LogProbability(observation)`` by `param`.

        Parameters
        ----------
        observation : array_like of the shape and dtype of `param`
        output : ndarray of the same shape, optional
            Filled and returned; a new array if omitted.

        Returns
        -------
        ndarray
        """
        cdef Shape shape
        cdef ndarray x = self._param, t = self._observed(observation)
        read_shape(t, &shape)
        cdef ndarray g = as_output(output, &shape, PyArray_TYPE(t), self, "output")
        if output is not None:
            check_apart(g, t, observation, self, "output", "observation")
        cdef double scale = -1. / PyArray_DIM(t, 0)
        run(&self._maps, x, t, None, g, scale, False, self._eps, self._log1p_eps)
        return g if output is None else output

    def Sample(self):
        """Draw an observation: 1 with the element's probability, else 0.

        Returns
        -------
        ndarray of the shape and dtype of `param`
        """
        self._check_built()
        cdef ndarray result = np.empty_like(self._param)
        draw_uniform(_random.generator(self._rng), result, 0, 1)
        return np.less(result, self.probability, out=result)

    @property
    def probability(self):
        """ndarray of the elements' probabilities."""
        self._check_built()
        cdef ndarray result = self._param.copy()
        if self._apply_logistic:
            if PyArray_TYPE(result) == NPY_DOUBLE:
                sigmoid_map[double](flat(self._param), flat(result))
            else:
                sigmoid_map[float](flat(self._param), flat(result))
        return result

    @property
    def param(self):
        """ndarray given to the constructor, a copy."""
        self._check_built()
        return self._param.copy()

    @property
    def apply_logistic(self):
        return self._apply_logistic

    @property
    def eps(self):
        return self._eps
