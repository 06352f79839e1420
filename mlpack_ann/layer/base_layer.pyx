"""Layers that apply an activation function. Source: mlpack ann/layer/base_layer.hpp."""
from mlpack_ann import activation_functions as functions
from mlpack_ann._validation import shown

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
        self._built = False
        if not isinstance(function, Activation):
            raise TypeError(f"{type(self).__name__}: function is {shown(function)}, "
                            "expected an Activation")
        self.function = function
        self._maps = self.function._maps
        super().__init__()


cdef class NamedLayer(BaseLayer):
    """A :class:`BaseLayer` whose class names the activation function, as `_function`."""
    def __init__(self):
        super().__init__(self._function())


cdef class BipolarSigmoid(NamedLayer):
    """``(1 - exp(-x)) / (1 + exp(-x))``: :class:`BaseLayer` of :class:`BipolarSigmoidFunction`."""
    _function = functions.BipolarSigmoidFunction


cdef class Elish(NamedLayer):
    """``s(x) * (x if x >= 0 else exp(x) - 1)``: :class:`BaseLayer` of :class:`ElishFunction`."""
    _function = functions.ElishFunction


cdef class Elliot(NamedLayer):
    """``x / (1 + |x|)``: :class:`BaseLayer` of :class:`ElliotFunction`."""
    _function = functions.ElliotFunction


cdef class Gaussian(NamedLayer):
    """``exp(-x**2)``: :class:`BaseLayer` of :class:`GaussianFunction`."""
    _function = functions.GaussianFunction


cdef class GELU(NamedLayer):
    """``x * (1 + erf(x / sqrt(2))) / 2``, nearly: :class:`BaseLayer` of :class:`GELUFunction`."""
    _function = functions.GELUFunction


cdef class GELUExact(NamedLayer):
    """``x * (1 + erf(x / sqrt(2))) / 2``: :class:`BaseLayer` of :class:`GELUExactFunction`."""
    _function = functions.GELUExactFunction


cdef class HardSigmoid(NamedLayer):
    """``min(1, max(0, 0.2 * x + 0.5))``: :class:`BaseLayer` of :class:`HardSigmoidFunction`."""
    _function = functions.HardSigmoidFunction


cdef class HardSwish(NamedLayer):
    """``x * min(max(x + 3, 0), 6) / 6``: :class:`BaseLayer` of :class:`HardSwishFunction`."""
    _function = functions.HardSwishFunction


cdef class HyperSinh(NamedLayer):
    """``sinh(x) / 3 if x > 0 else x**3 / 4``: :class:`BaseLayer` of :class:`HyperSinhFunction`."""
    _function = functions.HyperSinhFunction


cdef class Identity(NamedLayer):
    """``x``: :class:`BaseLayer` of :class:`IdentityFunction`."""
    _function = functions.IdentityFunction


cdef class LiSHT(NamedLayer):
    """``x * tanh(x)``: :class:`BaseLayer` of :class:`LiSHTFunction`."""
    _function = functions.LiSHTFunction


cdef class Mish(NamedLayer):
    """``x * tanh(log(1 + exp(x)))``: :class:`BaseLayer` of :class:`MishFunction`."""
    _function = functions.MishFunction


cdef class ReLU(NamedLayer):
    """``max(x, 0)``: :class:`BaseLayer` of :class:`RectifierFunction`."""
    _function = functions.RectifierFunction


cdef class Sigmoid(NamedLayer):
    """``1 / (1 + exp(-x))``: :class:`BaseLayer` of :class:`LogisticFunction`."""
    _function = functions.LogisticFunction


cdef class SILU(NamedLayer):
    """``x / (1 + exp(-x))``: :class:`BaseLayer` of :class:`SILUFunction`."""
    _function = functions.SILUFunction


cdef class SoftPlus(NamedLayer):
    """``log(1 + exp(x))``: :class:`BaseLayer` of :class:`SoftplusFunction`."""
    _function = functions.SoftplusFunction


cdef class Swish(NamedLayer):
    """``x / (1 + exp(-x))``: :class:`BaseLayer` of :class:`SwishFunction`."""
    _function = functions.SwishFunction


cdef class TanH(NamedLayer):
    """``tanh(x)``: :class:`BaseLayer` of :class:`TanhFunction`."""
    _function = functions.TanhFunction


cdef class TanhExp(NamedLayer):
    """``x * tanh(exp(x))``: :class:`BaseLayer` of :class:`TanhExpFunction`."""
    _function = functions.TanhExpFunction


# Mid-2020's names.
ElishFunctionLayer = Elish
ElliotFunctionLayer = Elliot
GaussianFunctionLayer = Gaussian
GELUFunctionLayer = GELU
HardSigmoidLayer = HardSigmoid
IdentityLayer = Identity
LiSHTFunctionLayer = LiSHT
MishFunctionLayer = Mish
ReLULayer = ReLU
SigmoidLayer = Sigmoid
SoftPlusLayer = SoftPlus
SwishFunctionLayer = Swish
TanHLayer = TanH
