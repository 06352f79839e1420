"""The same operations in PyTorch, for ``compare --torch``."""
import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from mlpack_ann.port.adapters import jobs_of
from mlpack_ann.port.job import MissingClass
from mlpack_ann.port.judge import deviation
from mlpack_ann.port.passes import prepare
from mlpack_ann.port.torch_operations import operation

ELEMENTS = 1 << 15      # in the batch that is timed: the case's points, repeated
REPETITIONS = 7


@dataclass
class TorchResult:
    """PyTorch's largest differences from this library, and its time over this library's.

    `backward` is NaN where there is no such pass.
    """

    forward: float
    backward: float
    speed: float
    cases: int

    def __str__(self):
        backward = "" if np.isnan(self.backward) else f", Backward {self.backward:.1e}"
        return (f"Forward {self.forward:.1e}{backward} from ours "
                f"({self.cases} cases); its Forward takes {self.speed:.2g} times as long")

    def as_json(self):
        return {"forward": _finite(self.forward), "backward": _finite(self.backward),
                "speed": self.speed, "cases": self.cases}


def compare(record):
    """Return a `TorchResult`, or None where PyTorch has no such operation or we no such class."""
    pairs = []
    try:
        for case in record.cases:
            for job in jobs_of(case):
                function = operation(job)
                if function is not None:
                    pairs.append((job, prepare(job), function))
        if not pairs:
            return None
        apart = np.array([_differences(*pair) for pair in pairs])
        forward, backward = apart.max(0)
        return TorchResult(float(forward), float(backward), _speed(*pairs[0]), len(pairs))
    except (MissingClass, ValueError, AttributeError):
        return None     # said by the comparison itself


def _differences(job, ours, function):
    """Return how far PyTorch is from ours in Forward and, by its autograd, in Backward."""
    inputs = _inputs(job)
    tensors = [torch.from_numpy(array.copy()) for array in inputs]
    if job.group == "convolution_rules":
        theirs = function(*tensors).numpy()
        return deviation(_call(job, ours)(*inputs), theirs).max(initial=0.0), np.nan
    tensors[0].requires_grad_()
    theirs = function(*tensors)
    if job.group == "loss_functions":
        value, weight = np.asarray(ours.Forward(*inputs)), None
        g = ours.Backward(*inputs)
    else:
        value = ours.Forward(*inputs)
        weight = np.linspace(-1, 1, value.size).reshape(value.shape)
        g = ours.Backward(*inputs, value, weight)
    forward = deviation(value, theirs.detach().numpy()).max(initial=0.0)
    loss = theirs if weight is None else (theirs * torch.from_numpy(weight)).sum()
    if not loss.requires_grad:
        return forward, 0.0
    theirs_g, = torch.autograd.grad(loss, tensors[0])
    return forward, deviation(g, theirs_g.numpy()).max(initial=0.0)


def _inputs(job):
    second = {"loss_functions": ["target"], "convolution_rules": ["filter"]}.get(job.group, [])
    return [np.ascontiguousarray(job.arrays[name]) for name in ["input", *second]]


def _call(job, ours):
    """Return what of ours PyTorch's function is compared with."""
    if job.group == "convolution_rules":
        return partial(ours.Convolution, **job.options)
    return ours.Forward


def _speed(job, ours, function):
    """Return PyTorch's least time for Forward over ours, on the points repeated."""
    inputs = _inputs(job)
    if job.group != "convolution_rules":    # which have no points
        times = -(-ELEMENTS // inputs[0].size)
        inputs = [np.concatenate([array] * times) for array in inputs]
    tensors = [torch.from_numpy(array) for array in inputs]
    calls, least = [(_call(job, ours), inputs), (function, tensors)], [np.inf, np.inf]
    with torch.no_grad():
        for _ in range(REPETITIONS):
            for i, (call, arguments) in enumerate(calls):
                start = time.perf_counter()
                call(*arguments)
                least[i] = min(least[i], time.perf_counter() - start)
    return least[1] / least[0]


def _finite(value):
    return None if np.isnan(value) else "inf" if np.isinf(value) else value
