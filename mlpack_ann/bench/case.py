"""What a case of the table is, and how it becomes calls that do the same work.

A case names a class, its sizes, and what another library calls for each pass: a function of the
case's arrays (for PyTorch, tensors sharing their memory) that returns the call's function and
arguments. It runs once, while the row is set up, so that only the call itself is timed.
"""
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType, SimpleNamespace
from typing import Callable

import numpy as np

from mlpack_ann import activation_functions, layer, loss_functions

try:
    import torch
except ImportError:
    torch = None
aten = torch and torch.ops.aten             # every operation, backward ones too
nn = torch and torch._C._nn                 # what torch.nn.functional calls, without its checks


@dataclass(frozen=True)
class Case:
    """A class, its sizes, and other libraries' calls by pass.

    A Backward that `torch` leaves out although its Forward is there is `torch.autograd.grad` on a
    graph that is kept. `given` names the passes for which PyTorch can write to a given array
    without computing elsewhere and copying: these are timed with outputs given, too.
    """
    name: str
    sizes: dict                             # label -> (constructor arguments, input shape)
    torch: dict = field(default_factory=dict)
    numpy: dict = field(default_factory=dict)
    given: tuple = ()

    def calls(self, size, dtype, step, given, libraries):
        """Return the call of each library, by its name."""
        a = self.arrays(size, dtype)
        ours = partial(*self.ours(a, step))
        result = np.empty_like(ours()) if given else None
        made = {}
        if "mlpack_ann" in libraries:
            made["mlpack_ann"] = partial(*self.ours(a, step), result) if given else ours
        if "torch" in libraries:
            made["torch"] = self.torch_call(tensors(a), step, result)
        if "numpy" in libraries:
            a.m = np
            made["numpy"] = partial(*self.numpy[step](a))
        return made

    def torch_call(self, a, step, result):
        if step in self.torch:
            function, *arguments = self.torch[step](a)
            if result is not None:
                function = writing_to(torch.from_numpy(np.empty_like(result)), function)
            return partial(function, *arguments)
        a.x.requires_grad_()
        with torch.enable_grad():
            y = first(partial(*self.torch["Forward"](a))())
        return partial(torch.autograd.grad, y, a.x, getattr(a, "gy", None), retain_graph=True)

    def libraries(self, step, given):
        """Return the names of those that have a call for this pass."""
        return ["mlpack_ann",
                *(["torch"] if torch and (step in self.torch or step == "Backward"
                                          and "Forward" in self.torch) else []),
                *(["numpy"] if step in self.numpy and not given else [])]


@dataclass(frozen=True)
class LayerCase(Case):
    """A layer; `make` builds it from its class, arguments, input shape and dtype.

    One with weights has a Gradient among PyTorch's calls.
    """
    make: Callable = lambda cls, arguments, shape, dtype: cls(**arguments)
    package = layer

    @property
    def steps(self):
        return ("Forward", "Backward", "Gradient") if "Gradient" in self.torch else (
            "Forward", "Backward")

    def arrays(self, size, dtype):
        arguments, shape = self.sizes[size]
        cls = getattr(layer, self.name)
        if "dtype" in cls.__signature__.parameters:
            arguments = {**arguments, "dtype": dtype}
        a = SimpleNamespace(layer=self.make(cls, arguments, shape, dtype), x=normal(shape, dtype))
        if a.layer.parameters is not None:
            a.layer.parameters = normal(a.layer.parameters.shape, dtype)
        a.y = a.layer.Forward(a.x)
        a.gy = normal(a.y.shape, dtype, seed=1)
        a.p = a.layer.parameters
        return a

    def ours(self, a, step):
        arrays = {"Forward": (a.x,), "Backward": (a.x, a.y, a.gy), "Gradient": (a.x, a.gy)}
        return getattr(a.layer, step), *arrays[step]


@dataclass(frozen=True)
class ActivationCase(Case):
    """An activation function."""
    positive: bool = False                  # defined for positive numbers only
    package = activation_functions
    steps = ("Fn", "Deriv")

    def arrays(self, size, dtype):
        arguments, shape = self.sizes[size]
        a = SimpleNamespace(function=getattr(activation_functions, self.name)(**arguments),
                            x=normal(shape, dtype))
        if self.positive:
            np.abs(a.x, out=a.x)
        a.y = a.function.Fn(a.x)
        return a

    def ours(self, a, step):
        return (a.function.Fn, a.x) if step == "Fn" else (a.function.Deriv, a.x, a.y)


@dataclass(frozen=True)
class LossCase(Case):
    """A loss, summed; `draw` makes prediction and target from a generator and a shape."""
    draw: Callable = None
    package = loss_functions
    steps = ("Forward", "Backward")

    def arrays(self, size, dtype):
        arguments, shape = self.sizes[size]
        p, t = (v.astype(dtype) if v.dtype.kind == "f" else v
                for v in self.draw(np.random.default_rng(0), shape))
        return SimpleNamespace(loss=getattr(loss_functions, self.name)(**arguments),
                               x=p, t=t, one=np.ones((), dtype))

    def ours(self, a, step):
        return getattr(a.loss, step), a.x, a.t


@dataclass(frozen=True)
class Row:
    """One line of a benchmark: a case, one pass of it, one size and dtype."""
    case: Case
    step: str
    size: str
    dtype: str
    given: bool = False                     # outputs given, on all sides

    @property
    def name(self):
        return " ".join([self.case.name, self.step, self.size, self.dtype] + ["given"] * self.given)

    @property
    def libraries(self):
        return self.case.libraries(self.step, self.given)

    def calls(self, libraries=None):
        """Return functions without arguments by library, each returning its result."""
        return self.case.calls(self.size, self.dtype, self.step, self.given,
                               libraries or self.libraries)


# ---------------------------------------------------------------- tools


def normal(shape, dtype, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype)


def tensors(a):
    """Return the same names, arrays as tensors on the same memory."""
    views = {name: torch.from_numpy(value) if isinstance(value, np.ndarray) else value
             for name, value in vars(a).items()}
    return SimpleNamespace(**{**views, "m": torch})


def writing_to(result, function):
    """Return the operation of a PyTorch function that fills `result`."""
    if function is torch.relu:              # clamp_min(x, 0) itself, but without `out`
        function = partial(torch.clamp_min, min=0)
    if isinstance(function, partial):
        return partial(writing_to(result, function.func), **function.keywords)
    if not hasattr(function, "overloadpacket"):
        return partial(function, out=result)
    packet = function.overloadpacket
    for overload in (getattr(packet, name) for name in packet.overloads()):
        outputs = [argument.name for argument in overload._schema.arguments if argument.is_out]
        if len(outputs) == 1:
            return partial(overload, **{outputs[0]: result})
    raise LookupError(f"{packet} cannot write to a given array")


def first(result):
    """Return the result proper of a function that gives others with it."""
    return result[0] if isinstance(result, (tuple, list)) else result


@contextmanager
def quiet():
    """PyTorch on one thread and, but for its backward passes, without autograd."""
    if torch is None:
        yield
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            yield
    finally:
        torch.set_num_threads(threads)


def how(call):
    """Return the kind of a call: "operation", "formula" of several, or "autograd"."""
    if torch and call.func is torch.autograd.grad:
        return "autograd"
    return "formula" if isinstance(call.func, FunctionType) else "operation"
