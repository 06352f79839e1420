"""Layers that apply an activation function. Source: mlpack ann/layer/base_layer.hpp."""
from mlpack_ann.activation_functions.rectifier_function import RectifierFunction
from mlpack_ann.activation_functions.tanh_function import TanhFunction

from mlpack_ann.activation_functions.activation cimport Activation
from mlpack_ann.layer.elementwise cimport Elementwise


cdef class BaseLayer(Elementwise):
    """Apply an activation function to every element.

    Parameters
    ----------
    function : Activation
        From `mlpack_ann.activation_functions`.

    Notes
    -----
    Input and output: (batch, ...), any shape.
    """
    cdef readonly Activation function

    def __init__(self, function):
        if not isinstance(function, Activation):
            raise TypeError(f"{type(self).__name__}: function is {function!r}, expected an Activation")
        self.function = function
        self._maps = self.function._maps
        super().__init__()


cdef class ReLU(BaseLayer):
    """:class:`BaseLayer` of :class:`RectifierFunction`."""

    def __init__(self):
        super().__init__(RectifierFunction())


cdef class TanH(BaseLayer):
    """:class:`BaseLayer` of :class:`TanhFunction`."""

    def __init__(self):
        super().__init__(TanhFunction())


ReLULayer, TanHLayer = ReLU, TanH           # mid-2020's names
