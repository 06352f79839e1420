"""Optimal initial value setting. Source: mlpack ann/init_rules/oivs_init.hpp."""
import numpy as np

from numpy cimport ndarray

from mlpack_ann._draws cimport draw_roots
from mlpack_ann._validation import integer, number, shown
from mlpack_ann.activation_functions.logistic_function import LogisticFunction
from mlpack_ann.init_rules.init_rule cimport InitRule, Sizes

cdef class OivsInitialization(InitRule):
    """``b / (k * rows) * sqrt(a + 1)``, with a uniform between ``+-gamma``.

    b is the width of the region where the activation function is active, between the values
    `epsilon` and ``1 - epsilon``: ``b = abs(Inv(1 - epsilon) - Inv(epsilon))``.

    Parameters
    ----------
    epsilon : float, default=0.1
        Between 0 and 1.
    k : int, default=5
        How many times as wide the region of the inputs is.
    gamma : float, default=0.9
        Between 0 and 1.
    activation_function : object with Inv(y), optional
        Such as `mlpack_ann.activation_functions.TanhFunction()`; mlpack's template parameter. A
        :class:`LogisticFunction` if omitted.
    rng : numpy.random.Generator, optional
        Where the numbers come from; see `mlpack_ann.RandomSeed`.

    References
    ----------
    Shimodaira (1994), A weight value initialization method for improving learning performance of
    the backpropagation algorithm in neural networks.
    """
    cdef readonly double epsilon, gamma
    cdef readonly int k
    cdef readonly object activation_function
    cdef double _b

    def __init__(self, epsilon=0.1, k=5, gamma=0.9, activation_function=None, *, rng=None):
        epsilon = number(epsilon, self, "epsilon", above=0, below=1)
        k, gamma = integer(k, self, "k"), number(gamma, self, "gamma", minimum=0, maximum=1)
        function = LogisticFunction() if activation_function is None else activation_function
        if isinstance(function, type) or not callable(getattr(function, "Inv", None)):
            raise TypeError(f"{type(self).__name__}: activation_function is {shown(function)}, "
                            "expected an object with Inv(y)")
        high, low = np.asarray(function.Inv(np.array([1 - epsilon, epsilon])), np.float64)
        b = abs(high - low)
        if not b < np.inf:
            raise ValueError(f"{type(self).__name__}: Inv gives {low} for epsilon, {epsilon}, and "
                             f"{high} for 1 - epsilon, expected finite numbers")
        self.epsilon, self.k, self.gamma, self._b = epsilon, k, gamma, b
        self.activation_function = activation_function
        super().__init__(rng=rng)

    cdef int _fill(self, ndarray w, const Sizes* sizes, object generator) except -1:
        cdef double scale = self._b / (<double>self.k * sizes.rows)
        # The factor is taken into the root.
        return draw_roots(generator, w, scale**2 * (1 - self.gamma), scale**2 * (1 + self.gamma))
