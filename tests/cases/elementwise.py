"""Rows of the layers that map element by element, and of the softmax family."""
import numpy as np

from mlpack_ann import layer

from tests.case import LayerCase, any_shape, numbers
from tests.cases.activations import ACTIVATIONS as FUNCTION_ROWS

FUNCTIONS = {case.cls: case for case in FUNCTION_ROWS}
FAMILY = [layer.BipolarSigmoid, layer.Elish, layer.Elliot, layer.Gaussian, layer.GELU,
          layer.GELUExact, layer.HardSigmoid, layer.HardSwish, layer.HyperSinh, layer.Identity,
          layer.LiSHT, layer.Mish, layer.ReLU, layer.Sigmoid, layer.SILU, layer.SoftPlus,
          layer.Swish, layer.TanH, layer.TanhExp]


def of_function(cls):
    """The row of a layer that applies an activation function, by that function's row."""
    function = FUNCTIONS[type(cls().function)]
    return LayerCase(
        cls, draw, lambda m, x: function.reference(x), low=function.low, high=function.high,
        kinks=lambda m: function.kinks,
        torch=function.torch and (lambda m, x, parameters: function.torch(x)),
        invalid=[({"function": None}, TypeError)])


def draw(rng):
    return {}, any_shape(rng)


def draw_wide(rng):
    """Points of up to 100 features, so that short and long rows both occur."""
    return {}, (numbers(rng, 1, 4), numbers(rng, 1, 100)) if rng.random() < 0.5 else any_shape(rng)


def drawing(**bounds):
    """Draw each argument uniformly between its bounds."""
    def draw_arguments(rng):
        return {name: rng.uniform(*pair) for name, pair in bounds.items()}, any_shape(rng)
    return draw_arguments


def one_kink(*points):
    return lambda m: points


def elu(m, x):
    alpha, scale = (1.6732632423543772, 1.0507009873554805) if m.alpha is None else (m.alpha, 1)
    return scale * np.where(x > 0, x, alpha * np.expm1(x))


def torch_elu(m, x, parameters):
    import torch
    return torch.nn.functional.selu(x) if m.alpha is None else torch.nn.functional.elu(x, m.alpha)


def torch_celu(m, x, parameters):
    """By elu, because the derivative of PyTorch's own celu rounds 1 / alpha to float32."""
    import torch
    return m.alpha * torch.nn.functional.elu(x / m.alpha)


def torch_softmax(m, x, parameters):
    return x.flatten(1).softmax(1).reshape(x.shape)


def torch_log_softmax(m, x, parameters):
    return x.flatten(1).log_softmax(1).reshape(x.shape)


def torch_call(name, *attributes):
    def call(m, x, parameters):
        import torch
        return getattr(torch.nn.functional, name)(x, *[getattr(m, a) for a in attributes])
    return call


def torch_prelu(m, x, parameters):
    import torch
    return torch.where(x > 0, x, parameters * x)


def log_softmax(m, x):
    points = x.reshape(len(x), -1)
    shifted = points - points.max(1, keepdims=True)
    return (shifted - np.log(np.exp(shifted).sum(1, keepdims=True))).reshape(x.shape)


def crelu(m, x):
    return np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], 1)


NOT_A_NUMBER = [("a", TypeError), (None, TypeError), (np.nan, ValueError), (np.inf, ValueError)]


def refused(name, *more):
    """What a parameter that is a number refuses."""
    return [({name: value}, error) for value, error in (*NOT_A_NUMBER, *more)]


LAYERS = [
    *map(of_function, FAMILY),
    LayerCase(layer.CELU, drawing(alpha=(0.2, 2)), torch=torch_celu,
              reference=lambda m, x: np.where(x >= 0, x, m.alpha * np.expm1(x / m.alpha)),
              invalid=refused("alpha", (0, ValueError))),
    LayerCase(layer.CELU, drawing(alpha=(-2, -0.8)), name="-negative", kinks=one_kink(0),
              reference=lambda m, x: np.where(x >= 0, x, m.alpha * np.expm1(x / m.alpha))),
    LayerCase(layer.CReLU, draw, crelu, kinks=one_kink(0), bad_shapes=[({}, (3,))]),
    LayerCase(layer.ELU, drawing(alpha=(-0.5, 2)), elu, kinks=one_kink(0), torch=torch_elu,
              invalid=refused("alpha")[:1] + refused("alpha")[2:]),
    LayerCase(layer.ELU, draw, elu, name="-SELU", kinks=one_kink(0), torch=torch_elu),
    LayerCase(layer.FlexibleReLU, drawing(alpha=(-1, 1)), kinks=one_kink(0),
              reference=lambda m, x: np.maximum(x, 0) + m.parameters[0],
              torch=lambda m, x, parameters: x.relu() + parameters, invalid=refused("alpha")),
    LayerCase(layer.HardShrink, drawing(lambda_=(0, 1)),
              lambda m, x: np.where(abs(x) > m.lambda_, x, 0),
              kinks=lambda m: (-m.lambda_, m.lambda_), torch=torch_call("hardshrink", "lambda_"),
              invalid=refused("lambda_", (-0.1, ValueError))),
    LayerCase(layer.HardTanH, drawing(max_value=(0, 1.5), min_value=(-1.5, 0)),
              lambda m, x: np.clip(x, m.min_value, m.max_value),
              kinks=lambda m: (m.min_value, m.max_value),
              torch=torch_call("hardtanh", "min_value", "max_value"),
              invalid=[*refused("max_value", (-1, ValueError)),
                       *refused("min_value", (1, ValueError))]),
    LayerCase(layer.LeakyReLU, drawing(alpha=(-1, 2)),
              lambda m, x: np.where(x > 0, x, m.alpha * x), kinks=one_kink(0),
              torch=torch_call("leaky_relu", "alpha"), invalid=refused("alpha")),
    LayerCase(layer.LogSoftMax, draw_wide, log_softmax, torch=torch_log_softmax,
              bad_shapes=[({}, (3,))]),
    LayerCase(layer.LogSoftMax, draw_wide, log_softmax, name="-large", low=-1e3, high=1e3),
    LayerCase(layer.PReLU, drawing(user_alpha=(-1, 2)),
              lambda m, x: np.where(x > 0, x, m.parameters[0] * x), kinks=one_kink(0),
              torch=torch_prelu,
              invalid=[*refused("user_alpha"), ({"dtype": "int32"}, TypeError)]),
    LayerCase(layer.ReLU6, draw, lambda m, x: np.clip(x, 0, 6), low=-2, high=8,
              kinks=one_kink(0, 6), torch=torch_call("relu6")),
    LayerCase(layer.Softmax, draw_wide, lambda m, x: np.exp(log_softmax(m, x)), torch=torch_softmax,
              bad_shapes=[({}, (3,))]),
    LayerCase(layer.SoftShrink, drawing(lambda_=(0, 1)),
              lambda m, x: np.sign(x) * np.maximum(abs(x) - m.lambda_, 0),
              kinks=lambda m: (-m.lambda_, m.lambda_), torch=torch_call("softshrink", "lambda_"),
              invalid=refused("lambda_", (-0.1, ValueError))),
]
