"""Initialisation rules: arrays that are there are filled.

PyTorch's matrices are (out, in), this library's (in, out); both have as many rows as columns here.
"""
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from mlpack_ann import init_rules, layer
from mlpack_ann.bench.case import Case, torch

SIZES = {f"{n}x{n}": ({}, (n, n)) for n in (32, 300, 1000)}
WHOLE = {f"{n}x{n}": ({}, (n, n)) for n in (32, 300)}      # decomposed
DATA = np.random.default_rng(0).normal(size=(20, 10))
start = torch and torch.nn.init


@dataclass(frozen=True)
class InitCase(Case):
    """A rule."""
    package = init_rules
    steps = ("Initialize",)
    READS, WRITES = {"Initialize": ()}, {"Initialize": ("w",)}

    def arrays(self, size, dtype):
        arguments, shape = self.sizes[size]
        return SimpleNamespace(rule=getattr(init_rules, self.name)(**arguments),
                               w=np.zeros(shape, dtype))

    def ours(self, a, step):
        return a.rule.Initialize, a.w

    def torch_call(self, a, step, result):
        a.w = a.w.clone()                   # both fill theirs
        return super().torch_call(a, step, result)


@dataclass(frozen=True)
class NetworkCase(InitCase):
    """All weights of two layers."""

    def arrays(self, size, dtype):
        a = super().arrays(size, dtype)
        n = a.w.shape[0]
        a.network = layer.Sequential(layers=[layer.Linear(n, n, dtype=dtype) for _ in range(2)])
        a.w = a.network.parameters
        return a

    def ours(self, a, step):
        return a.rule.Initialize, a.network


def uniform_parts(a):
    for part in a.w.chunk(2):
        start.uniform_(part, -1, 1)
    return a.w


def spectral(a):
    start.uniform_(a.w, -0.5, 0.5)
    beta = 0.7 * a.w.shape[1] ** (1 / a.w.shape[0])
    return a.w.mul_(beta / torch.linalg.matrix_norm(a.w, 2))


def roots(a):
    start.uniform_(a.w, -0.9, 0.9)
    return a.w.add_(1).sqrt_().mul_(2 * np.log(9) / (5 * a.w.shape[0]))


def limited(a):
    largest = np.square(DATA).sum(1).max()
    theta = 2 * (3 / (a.w.shape[0] * largest)) ** 0.5
    return start.uniform_(a.w, -theta, theta)


def rule(name, torch_call, sizes=SIZES, cls=InitCase, **arguments):
    sizes = {label: (arguments, shape) for label, (_, shape) in sizes.items()}
    return cls(name, sizes, {"Initialize": torch_call})


CASES = [
    rule("ConstInitialization", lambda a: (start.constant_, a.w, 2.5), init_val=2.5),
    rule("RandomInitialization", lambda a: (start.uniform_, a.w, -1, 1)),
    rule("GaussianInitialization", lambda a: (start.normal_, a.w)),
    rule("XavierInitialization", lambda a: (start.xavier_uniform_, a.w)),
    rule("GlorotInitialization", lambda a: (start.xavier_normal_, a.w)),
    rule("GlorotInitializationType", lambda a: (start.xavier_uniform_, a.w)),
    rule("HeInitialization",
         lambda a: (start.kaiming_normal_, a.w, 0, "fan_in", "relu")),
    rule("LecunNormalInitialization",
         lambda a: (start.kaiming_normal_, a.w, 0, "fan_in", "linear")),
    rule("KathirvalavakumarSubavathiInitialization", lambda a: (limited, a), data=DATA, s=2),
    rule("OivsInitialization", lambda a: (roots, a)),
    rule("NguyenWidrowInitialization", lambda a: (spectral, a), WHOLE),
    rule("OrthogonalInitialization", lambda a: (start.orthogonal_, a.w), WHOLE),
    rule("NetworkInitialization", lambda a: (uniform_parts, a), cls=NetworkCase),
]
