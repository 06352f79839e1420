"""Elliot function. Source: mlpack ann/activation_functions/elliot_function.hpp."""
from mlpack_ann.activation_functions.softsign_function import SoftsignFunction

from mlpack_ann.activation_functions.activation cimport Activation


cdef class ElliotFunction(Activation):
    """``f(x) = x / (1 + |x|)``; ``f'(x) = 1 / (1 + |x|)**2``. Any shape.

    The other name of :class:`SoftsignFunction`.

    References
    ----------
    Elliott (1993), A better activation function for artificial neural networks.
    """
    def __init__(self):
        self._maps = (<Activation>SoftsignFunction())._maps
