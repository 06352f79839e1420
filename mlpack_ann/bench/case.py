"""What a case of the table is, and how it becomes calls that do the same work.

A case names a class, its sizes, and what another library calls for each pass: a function of the
case's arrays (for PyTorch, tensors sharing their memory) that returns the call's function and
arguments. It runs once, while the row is set up, so that only the call itself is timed.

The work of a pass is what any library has to do at least: the bytes of the arrays that it reads
and writes, each once, and the multiplications and additions of products and convolutions.
"""
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache, partial
from math import prod
from types import FunctionType, SimpleNamespace
from typing import Callable

import numpy as np

import mlpack_ann
from mlpack_ann import activation_functions, layer, loss_functions
from mlpack_ann.bench import nets
from mlpack_ann.layer import TransposedConvolution
from mlpack_ann.layer.container import Holder

try:
    import torch
    from mlpack_ann.bench import torch_nets
except ImportError:
    torch = None
aten = torch and torch.ops.aten             # every operation, backward ones too
nn = torch and torch._C._nn                 # what torch.nn.functional calls, without its checks


@dataclass(frozen=True)
class Case:
    """A class, its sizes, and other libraries' calls by pass.

    A Backward that `torch` leaves out although its Forward is there is `torch.autograd.grad` on a
    graph that is kept. `given` names the passes for which PyTorch can write to a given array
    without computing elsewhere and copying: these are timed with outputs given, too. `reads` names
    the arrays that a pass has to read, where they are not the usual ones of `READS`.
    """
    name: str
    sizes: dict                             # label -> (constructor arguments, input shape)
    torch: dict = field(default_factory=dict)
    numpy: dict = field(default_factory=dict)
    given: tuple = ()
    reads: dict = field(default_factory=dict)
    READS, WRITES = {}, {}                  # pass -> arrays, or what has their size

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
        return made, self.work(a, step)

    def work(self, a, step):
        """Return the least (bytes, operations) of a pass."""
        names = *self.reads.get(step, self.READS[step]), *self.WRITES[step]
        arrays = [getattr(a, name) for name in names]
        return sum(array.nbytes for array in arrays if array is not None), self.operations(a)

    def operations(self, a):
        return 0

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
    READS = {"Forward": ("x", "p"), "Backward": ("x", "gy", "p"), "Gradient": ("x", "gy")}
    WRITES = {"Forward": ("y",), "Backward": ("x",), "Gradient": ("p",)}

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

    def operations(self, a):
        return operations(a.layer, a.x.shape, a.y.shape)


@dataclass(frozen=True)
class ActivationCase(Case):
    """An activation function."""
    positive: bool = False                  # defined for positive numbers only
    package = activation_functions
    steps = ("Fn", "Deriv")
    READS, WRITES = {"Fn": ("x",), "Deriv": ("x",)}, {"Fn": ("y",), "Deriv": ("y",)}

    def arrays(self, size, dtype):
        arguments, shape = self.sizes[size]
        a = SimpleNamespace(function=getattr(activation_functions, self.name)(**arguments),
                            x=normal(shape, dtype))
        if self.positive:
            a.x = np.abs(a.x)
        a.y = a.function.Fn(a.x)
        return a

    def ours(self, a, step):
        return (a.function.Fn, a.x) if step == "Fn" else (a.function.Deriv, a.x, a.y)


@dataclass(frozen=True)
class LossCase(Case):
    """A loss, summed; `draw` makes prediction and target from a generator and a shape.

    Value and derivative together are PyTorch's two operations, one called after the other, or the
    value with autograd where it has no second one.
    """
    draw: Callable = None
    package = loss_functions
    READS = dict.fromkeys(("Forward", "Backward", "EvaluateWithGradient"), ("x", "t"))
    WRITES = {"Forward": (), "Backward": ("x",), "EvaluateWithGradient": ("x",)}

    @property
    def steps(self):
        has_both = hasattr(getattr(self.package, self.name), "EvaluateWithGradient")
        return ("Forward", "Backward") + ("EvaluateWithGradient",) * has_both

    def arrays(self, size, dtype):
        arguments, shape = self.sizes[size]
        p, t = (v.astype(dtype) if v.dtype.kind == "f" else v for v in drawn(self.draw, shape))
        return SimpleNamespace(loss=getattr(self.package, self.name)(**arguments),
                               x=p, t=t, one=np.ones((), dtype))

    def ours(self, a, step):
        return getattr(a.loss, step), a.x, a.t

    def calls(self, size, dtype, step, given, libraries):
        if step != "EvaluateWithGradient":
            return super().calls(size, dtype, step, given, libraries)
        a = self.arrays(size, dtype)
        made = {"mlpack_ann": partial(*self.ours(a, step))}
        if "torch" in libraries:
            made["torch"] = self.value_and_slope(tensors(a))
        if "numpy" in libraries:
            a.m = np
            made["numpy"] = both(*(partial(*self.numpy[name](a)) for name in self.steps[:2]))
        return {name: call for name, call in made.items() if name in libraries}, self.work(a, step)

    def value_and_slope(self, a):
        value = partial(*self.torch["Forward"](a))
        if "Backward" in self.torch:
            return both(value, partial(*self.torch["Backward"](a)))
        a.x.requires_grad_()
        with torch.enable_grad():
            return partial(value_and_autograd, partial(*self.torch["Forward"](a)), a.x)

    def libraries(self, step, given):
        if step != "EvaluateWithGradient":
            return super().libraries(step, given)
        return ["mlpack_ann", *(["torch"] if torch and "Forward" in self.torch else []),
                *(["numpy"] if {"Forward", "Backward"} <= self.numpy.keys() else [])]


@dataclass(frozen=True)
class TrainingCase(Case):
    """A whole training step, with everything kept that can be; sizes: label -> (net, its sizes)."""
    package = None
    steps = ("Step",)

    def calls(self, size, dtype, step, given, libraries):
        name, sizes = self.sizes[size]
        net = getattr(nets, name)(dtype, **sizes)
        made = {}
        if "torch" in libraries:            # first: it starts with what the other has now
            made["torch"] = partial(eager_step, *torch_nets.like(net, name, **sizes))
        if "mlpack_ann" in libraries:
            made = {"mlpack_ann": partial(net.step), **made}
        return made, (0, net.operations())

    def libraries(self, step, given):
        return ["mlpack_ann"] + ["torch"] * bool(torch)


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

    def prepared(self, libraries=None):
        """Return functions without arguments by library, and the (bytes, operations) of the row."""
        return self.case.calls(self.size, self.dtype, self.step, self.given,
                               libraries or self.libraries)

    def calls(self, libraries=None):
        """Return functions without arguments by library, each returning its result."""
        return self.prepared(libraries)[0]


# ---------------------------------------------------------------- tools


NORMAL = {}                                 # (dtype, seed) -> the numbers drawn so far
DRAWN = 1_000_003                           # numbers drawn; longer arrays repeat them


def normal(shape, dtype, seed=0):
    """Return normal numbers, the same memory each time: drawing takes longer than timing."""
    count = prod(shape)
    if len(NORMAL.get((dtype, seed), ())) < count:
        first = np.random.default_rng(seed).standard_normal(DRAWN, dtype)
        NORMAL[dtype, seed] = np.resize(first, max(count, DRAWN))
    return NORMAL[dtype, seed][:count].reshape(shape)


@lru_cache(maxsize=2)
def drawn(draw, shape):
    return draw(np.random.default_rng(0), shape)


def operations(layer, inner, outer):
    """Return the multiplications and additions of one pass of a layer, if it is a product."""
    if hasattr(layer, "kernel_width") and layer.parameters is not None:
        n, _, height, width = inner if isinstance(layer, TransposedConvolution) else outer
        return 2 * n * height * width * layer.weight.size
    if isinstance(layer, Holder):           # of Linear layers: a weight is used once a point
        return 2 * prod(inner[:-1]) * layer.parameters.size
    if hasattr(layer, "in_size") and layer.parameters is not None:
        return 2 * prod(inner) // layer.in_size * layer.weight.size
    return 0


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


def both(value, slope):
    """Return a call of two functions, one after the other."""
    def call(value, slope):
        return value(), slope()
    call.kind = max(how(value), how(slope), key=KINDS.index)
    return partial(call, value, slope)


def value_and_autograd(value, x):
    with torch.enable_grad():
        y = value()
    return y, torch.autograd.grad(y, x)[0]


def eager_step(*arguments):
    with torch.enable_grad():
        return torch_nets.step(*arguments)


KINDS = "operation", "formula", "autograd", "step"
value_and_autograd.kind, eager_step.kind = "autograd", "step"


def how(call):
    """Return the kind of a call, one of `KINDS`: of several operations, a "formula"."""
    if torch and call.func is torch.autograd.grad:
        return "autograd"
    return getattr(call.func, "kind",
                   "formula" if isinstance(call.func, FunctionType) else "operation")


def use_threads(number):
    """Set the number of threads of all libraries."""
    mlpack_ann.set_num_threads(number)      # and of NumPy's products
    if torch:
        torch.set_num_threads(number)


@contextmanager
def quiet(threads=1):
    """All libraries on so many threads, PyTorch without autograd but in its backward passes."""
    before = mlpack_ann.get_num_threads(), torch and torch.get_num_threads()
    use_threads(threads)
    try:
        with torch.no_grad() if torch else nullcontext():
            yield
    finally:
        mlpack_ann.set_num_threads(before[0])
        if torch:
            torch.set_num_threads(before[1])
