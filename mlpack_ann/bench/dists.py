"""Distributions: log-probability, its derivatives, and samples.

PyTorch's are those of `torch.distributions` without its checks of arguments.
"""
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from mlpack_ann import dists
from mlpack_ann.bench.case import Case, normal, torch

SIZES = {"1e3": ({}, (10, 100)), "1e5": ({}, (1000, 100)), "1e6": ({}, (10000, 100))}
STEPS = "LogProbability", "LogProbBackward", "Sample"


@dataclass(frozen=True)
class DistributionCase(Case):
    """A distribution; `draw` makes its parameters and an observation."""
    draw: object = None
    package = dists
    steps = STEPS
    READS = {"LogProbability": ("x", "p", "q"), "LogProbBackward": ("x", "p", "q"),
             "Sample": ("p", "q")}
    WRITES = {"LogProbability": (), "LogProbBackward": ("p", "q"), "Sample": ("x",)}

    def arrays(self, size, dtype):
        _, shape = self.sizes[size]
        a = SimpleNamespace(**self.draw(shape, dtype))
        parameters = [a.p] if a.q is None else [a.p, a.q]
        a.distribution = getattr(dists, self.name)(*parameters)
        return a

    def ours(self, a, step):
        return getattr(a.distribution, step), *([] if step == "Sample" else [a.x])


def of_bits(shape, dtype):
    return {"p": normal(shape, dtype), "q": None, "x": (normal(shape, dtype, 1) > 0).astype(dtype)}


def of_numbers(shape, dtype):
    return {"p": normal(shape, dtype), "q": 1 + np.abs(normal(shape, dtype, 1)),
            "x": normal(shape, dtype, 2)}


def bernoulli(a):
    return torch.distributions.Bernoulli(logits=a.p, validate_args=False)


def gaussian(a):
    return torch.distributions.Normal(a.p, a.q, validate_args=False)


def bernoulli_mean(distribution, x):
    return distribution.log_prob(x).sum() / len(x)


def bernoulli_slope(x, logits):
    return (x - torch.sigmoid(logits)) / len(x)


def gaussian_slopes(x, mean, sigma):
    z = (x - mean) / sigma
    return z / sigma, (z * z - 1) / sigma


CASES = [
    DistributionCase("BernoulliDistribution", SIZES, {
        "LogProbability": lambda a: (bernoulli_mean, bernoulli(a), a.x),
        "LogProbBackward": lambda a: (bernoulli_slope, a.x, a.p),
        "Sample": lambda a: (bernoulli(a).sample,)}, draw=of_bits),
    DistributionCase("NormalDistribution", SIZES, {
        "LogProbability": lambda a: (gaussian(a).log_prob, a.x),
        "LogProbBackward": lambda a: (gaussian_slopes, a.x, a.p, a.q),
        "Sample": lambda a: (gaussian(a).sample,)}, draw=of_numbers),
]
