"""Rows of the activation functions."""
import math

import numpy as np

from mlpack_ann import activation_functions as functions

from tests.case import ActivationCase

INF = math.inf
erf = np.vectorize(math.erf, otypes=[float])


def torch_function(name, **options):
    """The function of `torch.nn.functional` of this name."""
    def call(x):
        import torch
        return getattr(torch.nn.functional, name)(x, **options)
    return call


def logistic(x):
    return 1 / (1 + np.exp(-x))


def elish(x):
    return logistic(x) * np.where(x < 0, np.expm1(x), x)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def gelu_exact(x):
    return 0.5 * x * (1 + erf(x / np.sqrt(2)))


def softsign(x):
    return x / (1 + abs(x))


def swish(x):
    return x * logistic(x)


# Beyond the range of exp each of these is 0 on the left and x on the right.
GATE_EDGES = [(-INF, 0, 0), (-1e30, 0, 0), (-1e4, 0, 0), (1e4, 1e4, 1), (1e30, 1e30, 1),
              (INF, INF, 1)]
# x times a gate that is nearly exp(x).
TAIL_EDGES = [(-20, -20 * math.exp(-20), -19 * math.exp(-20))]
SOFTSIGN_EDGES = [(0, 0, 1), (-INF, -1, 0), (INF, 1, 0), (1e30, 1, 0),
                  (-1e4, -1e4 / 10001, 10001**-2)]

ACTIVATIONS = [
    ActivationCase(functions.BipolarSigmoidFunction, lambda x: (1 - np.exp(-x)) / (1 + np.exp(-x)),
                   edges=[(0, 0, 0.5), (1e-20, 5e-21, 0.5), (-INF, -1, 0), (-1e4, -1, 0),
                          (1e4, 1, 0), (INF, 1, 0)]),
    ActivationCase(functions.ElishFunction, elish,
                   edges=[(0, 0, 0.5), (-INF, 0, 0), (-1e4, 0, 0), (1e4, 1e4, 1), (INF, INF, 1),
                          (-20, -math.exp(-20), -math.exp(-20))]),
    ActivationCase(functions.ElliotFunction, softsign, edges=SOFTSIGN_EDGES,
                   torch=torch_function("softsign")),
    ActivationCase(functions.GaussianFunction, lambda x: np.exp(-x**2),
                   edges=[(0, 1, 0), (-INF, 0, 0), (INF, 0, 0), (1e30, 0, 0), (1e-10, 1, -2e-10)]),
    ActivationCase(functions.GELUExactFunction, gelu_exact, edges=[(0, 0, 0.5), *GATE_EDGES],
                   torch=torch_function("gelu")),
    ActivationCase(functions.GELUFunction, gelu,
                   edges=[(0, 0, 0.5), (1e-20, 5e-21, 0.5), *GATE_EDGES],
                   torch=torch_function("gelu", approximate="tanh")),
    ActivationCase(functions.HardSigmoidFunction, lambda x: np.clip(0.2 * x + 0.5, 0, 1),
                   kinks=(-2.5, 2.5),
                   edges=[(0, 0.5, 0.2), (-2.5, 0, 0), (2.5, 1, 0), (-INF, 0, 0), (INF, 1, 0)]),
    ActivationCase(functions.HardSwishFunction, lambda x: x * np.clip(x + 3, 0, 6) / 6,
                   kinks=(-3, 3), edges=[(0, 0, 0.5), (-3, 0, 0), (3, 3, 1), *GATE_EDGES],
                   torch=torch_function("hardswish")),
    ActivationCase(functions.HyperSinhFunction, kinks=(0,),
                   reference=lambda x: np.where(x > 0, np.sinh(x) / 3, x**3 / 4),
                   edges=[(0, 0, 0), (1e-20, 1e-20 / 3, 1 / 3), (-100, -250000, 7500),
                          (20, math.sinh(20) / 3, math.cosh(20) / 3), (1e4, INF, INF),
                          (-INF, -INF, INF), (INF, INF, INF)]),
    ActivationCase(functions.IdentityFunction, lambda x: x,
                   edges=[(0, 0, 1), (-INF, -INF, 1), (INF, INF, 1)]),
    ActivationCase(functions.InvQuadFunction, lambda x: 1 / (1 + x**2),
                   edges=[(0, 1, 0), (-INF, 0, 0), (INF, 0, 0), (1e10, 1e-20, -2e-30)]),
    ActivationCase(functions.LiSHTFunction, lambda x: x * np.tanh(x),
                   edges=[(0, 0, 0), (1e-10, 1e-20, 2e-10), (-1e4, 1e4, -1), (-INF, INF, -1),
                          (INF, INF, 1)]),
    ActivationCase(functions.LogisticFunction, logistic, torch=torch_function("sigmoid"),
                   edges=[(0, 0.5, 0.25), (-20, math.exp(-20), math.exp(-20)), (-INF, 0, 0),
                          (-1e4, 0, 0), (1e4, 1, 0), (INF, 1, 0)]),
    ActivationCase(functions.MishFunction, lambda x: x * np.tanh(np.log1p(np.exp(x))),
                   torch=torch_function("mish"),
                   edges=[(0, 0, 0.6), *GATE_EDGES, *TAIL_EDGES]),
    ActivationCase(functions.MultiQuadFunction, lambda x: np.sqrt(1 + x**2),
                   edges=[(0, 1, 0), (-INF, INF, -1), (INF, INF, 1), (1e30, 1e30, 1),
                          (-1e10, 1e10, -1)]),
    ActivationCase(functions.Poisson1Function, lambda x: (x - 1) * np.exp(-x),
                   edges=[(0, -1, 2), (1, 0, math.exp(-1)), (-1e4, -INF, INF), (-INF, -INF, INF),
                          (1e4, 0, 0), (INF, 0, 0)]),
    ActivationCase(functions.QuadraticFunction, np.square,
                   edges=[(0, 0, 0), (1e10, 1e20, 2e10), (-INF, INF, -INF), (INF, INF, INF)]),
    ActivationCase(functions.RectifierFunction, lambda x: np.maximum(x, 0), kinks=(0,),
                   edges=[(0, 0, 0), (-INF, 0, 0), (INF, INF, 1)], torch=torch_function("relu")),
    ActivationCase(functions.SILUFunction, swish, torch=torch_function("silu"),
                   edges=[(0, 0, 0.5), *GATE_EDGES, *TAIL_EDGES]),
    ActivationCase(functions.SoftplusFunction, lambda x: np.log1p(np.exp(x)),
                   torch=torch_function("softplus", threshold=100),
                   edges=[(0, math.log(2), 0.5), (-20, math.exp(-20), math.exp(-20)), *GATE_EDGES]),
    ActivationCase(functions.SoftsignFunction, softsign, edges=SOFTSIGN_EDGES,
                   torch=torch_function("softsign")),
    ActivationCase(functions.SplineFunction, lambda x: x**2 * np.log1p(x), low=-0.9,
                   edges=[(0, 0, 0), (1e-5, 1e-15, 3e-10), (-1, -INF, INF), (-2, np.nan, np.nan),
                          (1e10, 1e20 * math.log(1e10), 1e10 * (2 * math.log(1e10) + 1)),
                          (INF, INF, INF)]),
    ActivationCase(functions.SwishFunction, swish, torch=torch_function("silu"),
                   edges=[(0, 0, 0.5), *GATE_EDGES, *TAIL_EDGES]),
    ActivationCase(functions.TanhExpFunction, lambda x: x * np.tanh(np.exp(x)),
                   edges=[(0, 0, math.tanh(1)), *GATE_EDGES, *TAIL_EDGES]),
    ActivationCase(functions.TanhFunction, np.tanh, torch=torch_function("tanh"),
                   edges=[(0, 0, 1), (1e-20, 1e-20, 1), (-INF, -1, 0), (INF, 1, 0), (1e4, 1, 0)]),
]
