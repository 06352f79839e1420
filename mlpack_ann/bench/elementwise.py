"""Activation functions, their layers, and the other layers that go from element to element.

A formula `(m, x) -> y` or slope `(m, x, y) -> dy` is written once for NumPy and PyTorch, `m` being
the library; PyTorch uses it where it has no operation of its own.
"""
from functools import partial
from math import pi, sqrt

from mlpack_ann.activation_functions import TanhFunction
from mlpack_ann.bench.case import ActivationCase, LayerCase, aten, nn, torch

SIZES = {"1e3": ({}, (10, 100)), "1e5": ({}, (1000, 100)), "1e7": ({}, (100000, 100)),
         "16": ({}, (4, 4))}                # what a call costs
BOTH = ("Forward", "Backward")
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def sized(**arguments):
    """Return the sizes, with arguments for the constructor."""
    return {label: (arguments, shape) for label, (_, shape) in SIZES.items()}


def calls(formula, slope, forward, backward):
    """Return PyTorch's and NumPy's calls of a map: operations where given, formulas elsewhere."""
    formulas = {} if formula is None else {"Forward": lambda a: (formula, a.m, a.x)}
    if slope is not None:
        formulas["Backward"] = lambda a: (lambda gy, *xy: gy * slope(*xy), a.gy, a.m, a.x, a.y)
    operations = {"Forward": forward, "Backward": backward}
    return {**formulas, **{step: op for step, op in operations.items() if op}}, formulas


def layers(name, formula=None, slope=None, forward=None, backward=None, gradient=None, given=(),
           reads={}, **arguments):
    """Return the case of an elementwise layer."""
    torch_calls, numpy_calls = calls(formula, slope, forward, backward)
    if gradient is not None:
        torch_calls["Gradient"] = gradient
    return [LayerCase(name, sized(**arguments), torch_calls, numpy_calls, given, reads)]


def activations(function, layer, formula=None, slope=None, forward=None, backward=None, given=(),
                positive=False):
    """Return the case of an activation function and that of its layer, if it has one.

    PyTorch has no call for a derivative alone: there, only a slope is the same work.
    """
    torch_calls, numpy_calls = calls(formula, slope, forward, backward)

    def renamed(steps):
        made = {"Fn": steps["Forward"]} if "Forward" in steps else {}
        if slope is not None:
            made["Deriv"] = lambda a: (slope, a.m, a.x, a.y)
        return made

    cases = [ActivationCase(function, SIZES, renamed(torch_calls), renamed(numpy_calls),
                            ("Fn",) if "Forward" in given else (), positive=positive)]
    return cases + ([LayerCase(layer, SIZES, torch_calls, numpy_calls, given)] if layer else [])


ACTIVATIONS = [case for made in [
    activations("LogisticFunction", "Sigmoid",
                lambda m, x: 1 / (1 + m.exp(-x)), lambda m, x, y: y * (1 - y),
                lambda a: (torch.sigmoid, a.x),
                lambda a: (aten.sigmoid_backward.default, a.gy, a.y), BOTH),
    activations("TanhFunction", "TanH",
                lambda m, x: m.tanh(x), lambda m, x, y: 1 - y * y,
                lambda a: (torch.tanh, a.x),
                lambda a: (aten.tanh_backward.default, a.gy, a.y), BOTH),
    activations("RectifierFunction", "ReLU",
                lambda m, x: m.maximum(x, 0), None,
                lambda a: (torch.relu, a.x),
                lambda a: (aten.threshold_backward.default, a.gy, a.y, 0), BOTH),
    activations("IdentityFunction", "Identity",
                lambda m, x: m.copy(x), lambda m, x, y: m.ones_like(x),
                lambda a: (torch.clone, a.x),
                lambda a: (torch.clone, a.gy)),
    activations("SoftplusFunction", "SoftPlus",
                lambda m, x: m.log1p(m.exp(-m.abs(x))) + m.clip(x, 0, None), None,
                lambda a: (nn.softplus, a.x),
                lambda a: (aten.softplus_backward.default, a.gy, a.x, 1, 20), BOTH),
    activations("HardSigmoidFunction", "HardSigmoid",
                lambda m, x: m.clip(0.2 * x + 0.5, 0, 1)),
    activations("HardSwishFunction", "HardSwish",
                lambda m, x: x * m.clip(x + 3, 0, 6) / 6, None,
                lambda a: (nn.hardswish, a.x),
                lambda a: (aten.hardswish_backward.default, a.gy, a.x), ("Forward",)),
    activations("SwishFunction", "Swish",
                lambda m, x: x / (1 + m.exp(-x)), None,
                lambda a: (nn.silu, a.x),
                lambda a: (aten.silu_backward.default, a.gy, a.x), BOTH),
    activations("SILUFunction", "SILU",
                lambda m, x: x / (1 + m.exp(-x)), None,
                lambda a: (nn.silu, a.x),
                lambda a: (aten.silu_backward.default, a.gy, a.x), BOTH),
    activations("MishFunction", "Mish",
                None, None,
                lambda a: (nn.mish, a.x),
                lambda a: (aten.mish_backward.default, a.gy, a.x), ("Forward",)),
    activations("GELUFunction", "GELU",
                lambda m, x: 0.5 * x * (1 + m.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))), None,
                lambda a: (partial(nn.gelu, approximate="tanh"), a.x),
                lambda a: (partial(aten.gelu_backward.default, approximate="tanh"), a.gy, a.x),
                BOTH),
    activations("GELUExactFunction", "GELUExact",
                None, None,
                lambda a: (nn.gelu, a.x),
                lambda a: (aten.gelu_backward.default, a.gy, a.x), BOTH),
    activations("LiSHTFunction", "LiSHT", lambda m, x: x * m.tanh(x)),
    activations("TanhExpFunction", "TanhExp", lambda m, x: x * m.tanh(m.exp(x))),
    activations("ElliotFunction", "Elliot",
                lambda m, x: x / (1 + m.abs(x)), lambda m, x, y: 1 / m.square(1 + m.abs(x))),
    activations("SoftsignFunction", None,
                lambda m, x: x / (1 + m.abs(x)), lambda m, x, y: 1 / m.square(1 + m.abs(x))),
    activations("ElishFunction", "Elish",
                lambda m, x: m.where(x < 0, m.expm1(x), x) / (1 + m.exp(-x))),
    activations("GaussianFunction", "Gaussian",
                lambda m, x: m.exp(-x * x), lambda m, x, y: -2 * x * y),
    activations("HyperSinhFunction", "HyperSinh",
                lambda m, x: m.where(x > 0, m.sinh(x) / 3, x * x * x / 4),
                lambda m, x, y: m.where(x > 0, m.cosh(x) / 3, 0.75 * x * x)),
    activations("BipolarSigmoidFunction", "BipolarSigmoid",
                lambda m, x: m.tanh(0.5 * x), lambda m, x, y: 0.5 * (1 - y * y)),
    activations("InvQuadFunction", None,
                lambda m, x: 1 / (1 + x * x), lambda m, x, y: -2 * x * y * y),
    activations("MultiQuadFunction", None,
                lambda m, x: m.sqrt(1 + x * x), lambda m, x, y: x / y),
    activations("Poisson1Function", None,
                lambda m, x: (x - 1) * m.exp(-x), lambda m, x, y: (2 - x) * m.exp(-x)),
    activations("QuadraticFunction", None,
                lambda m, x: m.square(x), lambda m, x, y: 2 * x),
    activations("SplineFunction", None,
                lambda m, x: x * x * m.log1p(x),
                lambda m, x, y: x * (2 * m.log1p(x) + x / (1 + x)), positive=True),
] for case in made]

LAYERS = [case for made in [
    [LayerCase("BaseLayer", SIZES, {
        "Forward": lambda a: (torch.tanh, a.x),
        "Backward": lambda a: (aten.tanh_backward.default, a.gy, a.y),
    }, given=BOTH, make=lambda cls, arguments, shape, dtype: cls(TanhFunction()))],
    layers("LeakyReLU",
           lambda m, x: m.where(x > 0, x, 0.03 * x), None,
           lambda a: (nn.leaky_relu, a.x, 0.03),
           lambda a: (aten.leaky_relu_backward.default, a.gy, a.x, 0.03, False), given=BOTH),
    layers("ELU",
           lambda m, x: m.where(x > 0, x, m.expm1(x)), None,
           lambda a: (nn.elu, a.x),
           lambda a: (aten.elu_backward.default, a.gy, 1, 1, 1, False, a.x), given=BOTH, alpha=1.0),
    layers("SELU",
           None, None,
           lambda a: (nn.elu, a.x, SELU_ALPHA, SELU_SCALE),
           lambda a: (aten.elu_backward.default, a.gy, SELU_ALPHA, SELU_SCALE, 1, False, a.x),
           given=BOTH),
    layers("CELU",
           None, None,
           lambda a: (torch.celu, a.x, 0.5),
           lambda a: (aten.elu_backward.default, a.gy, 0.5, 1, 2, False, a.x), given=("Backward",),
           alpha=0.5),
    layers("ReLU6",
           lambda m, x: m.clip(x, 0, 6), None,
           lambda a: (nn.hardtanh, a.x, 0, 6),
           lambda a: (aten.hardtanh_backward.default, a.gy, a.x, 0, 6), given=BOTH),
    layers("HardTanH",
           lambda m, x: m.clip(x, -1, 1), None,
           lambda a: (nn.hardtanh, a.x, -1, 1),
           lambda a: (aten.hardtanh_backward.default, a.gy, a.x, -1, 1), given=BOTH),
    layers("HardShrink",
           None, None,
           lambda a: (torch.hardshrink, a.x, 0.5),
           lambda a: (aten.hardshrink_backward.default, a.gy, a.x, 0.5), given=BOTH, lambda_=0.5),
    layers("SoftShrink",
           None, None,
           lambda a: (nn.softshrink, a.x, 0.5),
           lambda a: (aten.softshrink_backward.default, a.gy, a.x, 0.5), given=BOTH, lambda_=0.5),
    layers("CReLU", lambda m, x: m.concat((m.clip(x, 0, None), m.clip(-x, 0, None)), 1)),
    layers("PReLU",
           None, None,
           lambda a: (torch.prelu, a.x, a.p),
           lambda a: (aten.leaky_relu_backward.default, a.gy, a.x, a.p.item(), False),
           lambda a: (lambda x, gy: torch.dot(gy.view(-1), torch.clamp_max(x, 0).view(-1)),
                      a.x, a.gy)),
    layers("FlexibleReLU",
           None, None,
           lambda a: (lambda x, alpha: torch.clamp_min(x, 0) + alpha, a.x, a.p),
           lambda a: (aten.threshold_backward.default, a.gy, a.x, 0),
           lambda a: (torch.sum, a.gy), reads={"Gradient": ("gy",)}),
] for case in made]

DROPOUT = layers("Dropout", None, None,
                 lambda a: (torch.dropout, a.x, 0.5, True),
                 lambda a: (torch.mul, a.gy, 2 * torch.from_numpy(a.layer.mask != 0)),
                 reads={"Backward": ("gy",)}, ratio=0.5)
