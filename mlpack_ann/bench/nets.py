"""Two nets trained by hand, layer by layer, with all arrays made once and used again.

`torch_nets` has the same nets for PyTorch. Neither imports the other's library, so that the memory
of each can be measured in a process of its own.
"""
from math import prod

import numpy as np

from mlpack_ann.layer import Convolution, Linear, LogSoftMax, MaxPooling, ReLU
from mlpack_ann.loss_functions import NegativeLogLikelihood

CLASSES, RATE = 10, 0.01


def mlp(dtype, batch):
    """Return a net of 784, 256 and 10 units."""
    rng = np.random.default_rng(0)
    layers = [Linear(784, 256, dtype=dtype, rng=rng), ReLU(),
              Linear(256, CLASSES, dtype=dtype, rng=rng), LogSoftMax()]
    return Net(layers, (batch, 784), dtype)


def lenet(dtype, batch, side=28, width=1):
    """Return a net like LeNet-5; `width` multiplies the channels of its convolutions."""
    rng = np.random.default_rng(0)
    few, many, pixels = 6 * width, 16 * width, (side // 2 - 4) // 2
    layers = [
        Convolution(1, few, 5, 5, pad_w=2, pad_h=2, dtype=dtype, rng=rng), ReLU(),
        MaxPooling(2, 2, 2, 2),
        Convolution(few, many, 5, 5, dtype=dtype, rng=rng), ReLU(),
        MaxPooling(2, 2, 2, 2),
        Linear(many * pixels * pixels, 120, dtype=dtype, rng=rng), ReLU(),
        Linear(120, 84, dtype=dtype, rng=rng), ReLU(),
        Linear(84, CLASSES, dtype=dtype, rng=rng), LogSoftMax(),
    ]
    return Net(layers, (batch, 1, side, side), dtype)


class Net:
    """Layers one after the other, a batch to learn, and every array that a step fills."""

    def __init__(self, layers, shape, dtype):
        rng = np.random.default_rng(1)
        self.x = rng.standard_normal(shape, dtype)
        self.labels = rng.integers(0, CLASSES, shape[0])
        self.layers, self.loss = layers, NegativeLogLikelihood("mean")
        shapes = [shape]                    # of the input, and of each output
        for layer in layers:
            if isinstance(layer, Linear):   # of images, too
                shapes[-1] = shape[0], prod(shapes[-1][1:])
            shapes.append(layer.OutputShape(shapes[-1]))
        # Of the derivatives only two are alive at a time, one of which a pass writes.
        most = max(map(prod, shapes[1:]))
        errors = [np.empty(most, dtype), np.empty(most, dtype)]
        self.passes = []                    # layer, input, output, their derivatives, gradient
        x, gx = self.x.reshape(shapes[0]), None
        for i, (layer, inner, outer) in enumerate(zip(layers, shapes, shapes[1:])):
            y = np.empty(layer.OutputShape(inner), dtype)
            gy = errors[i % 2][:y.size].reshape(y.shape)
            gradient = None if layer.parameters is None else np.empty_like(layer.parameters)
            self.passes.append((layer, x, y, gx, gy, gradient))
            x, gx = y.reshape(outer), gy.reshape(outer)
        self.prediction, self.slope = x, gx

    def step(self):
        """Learn the batch once; return the loss before."""
        for layer, x, y, *_ in self.passes:
            layer.Forward(x, y)
        value = self.evaluate()
        for layer, x, y, gx, gy, gradient in reversed(self.passes):
            if gx is not None:              # the input of the net needs no derivative
                layer.Backward(x, y, gy, gx)
            if gradient is not None:
                layer.Gradient(x, gy, gradient)
        for layer, *_, gradient in self.passes:
            if gradient is not None:
                gradient *= RATE
                parameters = layer.parameters
                parameters -= gradient
        return value

    def evaluate(self):
        """Return the loss and leave its derivative in `slope`."""
        if hasattr(self.loss, "EvaluateWithGradient"):
            return self.loss.EvaluateWithGradient(self.prediction, self.labels, self.slope)[0]
        self.loss.Backward(self.prediction, self.labels, self.slope)
        return self.loss.Forward(self.prediction, self.labels)

    def operations(self):
        """Return the multiplications and additions of the products of a step."""
        from mlpack_ann.bench.case import operations
        return sum(operations(layer, x.shape, y.shape)
                   * (1 + (gx is not None) + (gradient is not None))
                   for layer, x, y, gx, _, gradient in self.passes)
