"""Sigmoid linear unit. Source: mlpack ann/activation_functions/silu_function.hpp."""
from mlpack_ann.activation_functions.swish_function import SwishFunction

from mlpack_ann.activation_functions.activation cimport Activation


cdef class SILUFunction(Activation):
    """``f(x) = x * s(x)``, s the logistic function; ``f'(x) = s(x) + x * s'(x)``. Any shape.

    The other name of :class:`SwishFunction`.

    References
    ----------
    Elfwing, Uchibe and Doya (2018), Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning.
    """
    def __init__(self):
        self._maps = (<Activation>SwishFunction())._maps
