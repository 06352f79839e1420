"""What the common suite needs to know of a class: one row per class and way of using it."""
from dataclasses import dataclass, field
from typing import Callable


@dataclass
class LayerCase:
    """A layer, how to draw arguments and inputs for it, and what it should compute."""
    cls: type
    draw: Callable                      # (rng) -> (constructor arguments, input shape)
    reference: Callable                 # (layer, x) -> y, Forward in NumPy
    name: str = ""                      # tells apart several rows of one class
    low: float = -2.0                   # range the inputs are drawn from
    high: float = 2.0
    kinks: Callable = None              # (layer) -> inputs where there is no derivative
    inputs: Callable = None             # (rng, shape) -> x, instead of uniform draws
    prepare: Callable = None            # (layer, rng, input shape): set attributes of a new layer
    torch: Callable = None              # (layer, x, parameters) -> y on torch tensors, or None
    keeps_forward: bool = False         # Backward goes by what Forward left behind
    ignores_input: bool = False         # the output is the same for any input of a shape
    indices: bool = False               # inputs are whole numbers, without a derivative
    invalid: list = field(default_factory=list)     # (arguments, exception) the constructor refuses
    bad_shapes: list = field(default_factory=list)  # (arguments, input shape) Forward refuses
    rtol32: float = 2e-5                # float32 against float64, relative to the largest value

    @property
    def id(self):
        return self.cls.__name__ + self.name

    def make(self, arguments, rng, dtype, shape=None):
        """Return a layer with random parameters, prepared for an input if its shape is given."""
        if "dtype" in self.cls.__signature__.parameters:
            arguments = {"dtype": dtype, **arguments}
        layer = self.cls(**arguments)
        if self.prepare and shape:
            self.prepare(layer, rng, shape)
        if layer.parameters is not None:
            layer.parameters = rng.uniform(-1, 1, layer.parameters.size).astype(layer.dtype)
        return layer

    def input(self, layer, shape, rng):
        """Return an input, away from kinks."""
        if self.inputs:
            return self.inputs(rng, shape)
        x = rng.uniform(self.low, self.high, shape)
        for kink in self.kinks(layer) if self.kinks else ():
            x[abs(x - kink) < 1e-3] += 4e-3
        return x


@dataclass
class LossCase:
    """A loss, how to draw arguments, predictions and targets for it, and what it should compute."""
    cls: type
    draw: Callable                      # (rng) -> (constructor arguments, prediction, target)
    reference: Callable                 # (loss, p, t) -> the terms, in NumPy
    name: str = ""
    count: Callable = None              # (p) -> what "mean" divides by; default: the terms
    torch: Callable = None              # (loss, p, t) -> the terms or their sum, on torch tensors
    edges: list = field(default_factory=list)       # (arguments, p, t, expected sum)
    invalid: list = field(default_factory=list)     # (arguments, exception) the constructor refuses
    bad_input: list = field(default_factory=list)   # (arguments, p, t, exception) Forward refuses
    rtol32: float = 2e-5

    @property
    def id(self):
        return self.cls.__name__ + self.name


@dataclass
class ActivationCase:
    """An activation function and what it should compute."""
    cls: type
    reference: Callable                 # (x) -> f(x) in NumPy
    low: float = -4.0
    high: float = 4.0
    kinks: tuple = ()
    edges: list = field(default_factory=list)       # (x, f(x), f'(x)): zeros, infinities, huge
    torch: Callable = None
    rtol32: float = 2e-5

    @property
    def id(self):
        return self.cls.__name__


def numbers(rng, low, high, size=None):
    """Integers of both ends."""
    return rng.integers(low, high + 1, size) if size else int(rng.integers(low, high + 1))


def any_shape(rng):
    """A shape of two to four axes, of one point at times."""
    return tuple(numbers(rng, 1, 5, numbers(rng, 2, 4)).tolist())
