"""Rows of the layers that hold layers.

Layers are written (class, arguments), so that each row can make its own, of either dtype.
"""
import copy
from dataclasses import dataclass

import numpy as np

from mlpack_ann import layer, loss_functions

from tests.case import LayerCase, LossCase, numbers


def build(written, dtype):
    """Return the layer that is written (class, arguments)."""
    cls, arguments = written
    arguments = built(arguments, dtype)
    if "dtype" in cls.__signature__.parameters:
        arguments["dtype"] = dtype
    return cls(**arguments)


def built(arguments, dtype):
    """Return the arguments with layers instead of what is written."""
    return {name: [build(w, dtype) for w in value] if name == "layers" else
            build(value, dtype) if is_written(value) else value
            for name, value in arguments.items()}


def is_written(value):
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], type)


@dataclass
class HolderCase(LayerCase):
    """A row whose arguments may have layers in them."""
    keeps_forward: bool = True

    def make(self, arguments, rng, dtype, shape=None):
        made = super().make(built(arguments, dtype), rng, dtype, shape)
        if made.parameters is None:         # some have sizes, and random weights
            made.rng = np.random.default_rng(0)
            made.Reset()
            made.rng = None
        return made


def linear(size, inner=None):
    return layer.Linear, {"in_size": inner, "out_size": size}


SIGMOID, TANH = (layer.Sigmoid, {}), (layer.TanH, {})


def sizes(rng, count):
    """Points, which may be one, and other sizes."""
    return [numbers(rng, 1, 5), *numbers(rng, 2, 5, count - 1).tolist()]


def draw_chain(rng):
    """Some with sizes that are inferred, some without weights, some empty."""
    n, a, b, c = sizes(rng, 4)
    chains = [[linear(b, a), SIGMOID, linear(c, b)], [linear(b), TANH, linear(c)],
              [TANH, SIGMOID], [linear(b)], [],
              [linear(b), (layer.MultiLayer, {"layers": [TANH, linear(c)]}), SIGMOID]]
    return {"layers": chains[numbers(rng, 0, len(chains) - 1)]}, (n, a)


def draw_inferred(rng):
    n, a, b, c = sizes(rng, 4)
    return {"layers": [linear(b), TANH, linear(c)]}, (n, a)


def draw_images(rng):
    n, channels, height, width, maps, size = sizes(rng, 6)
    convolution = layer.Convolution, {"out_size": maps, "kernel_width": 2, "kernel_height": 2}
    pooling = layer.MeanPooling, {"kernel_width": 2, "kernel_height": 1}
    return {"layers": [convolution, TANH, pooling, linear(size)]}, (n, channels, height + 1,
                                                                    width + 2)


def draw_flat_images(rng):
    n, maps = sizes(rng, 2)
    convolution = layer.Convolution, {"out_size": maps, "kernel_width": 2, "kernel_height": 2}
    return {"layers": [convolution, TANH]}, (numbers(rng, 1, 20), 24)


def two_three_four(m, rng, shape):
    m.input_dimensions = 2, 3, 4


def draw_residual(rng):
    n, a, b = sizes(rng, 3)
    blocks = [[linear(b, a), SIGMOID, linear(a, b)], [TANH], [linear(a), TANH], []]
    return {"layers": blocks[numbers(rng, 0, 3)]}, (n, a)


def draw_residual_flag(rng):
    arguments, shape = draw_residual(rng)
    return {**arguments, "residual": True}, shape


def draw_sum(rng):
    n, a, b, c = sizes(rng, 4)
    chosen = [[linear(b, a), linear(b, a)], [linear(b), (layer.LinearNoBias, {"out_size": b})],
              [SIGMOID, TANH, (layer.Identity, {})], [TANH],
              [linear(b), linear(b), (layer.Sequential, {"layers": [linear(c), TANH, linear(b)]})]]
    return {"layers": chosen[numbers(rng, 0, len(chosen) - 1)]}, (n, a)


def draw_joined(rng):
    n, a, b, c = sizes(rng, 4)
    chosen = [[linear(b, a), linear(c, a)], [linear(b), TANH, linear(c)], [SIGMOID],
              [(layer.AddMerge, {"layers": [linear(c), linear(c)]}), linear(b)]]
    return {"layers": chosen[numbers(rng, 0, len(chosen) - 1)]}, (n, a)


def draw_joined_maps(rng):
    n, channels, height, width, maps = sizes(rng, 5)
    axis = numbers(rng, 0, 2)
    convolution = layer.Convolution, {"out_size": maps, "kernel_width": 1, "kernel_height": 1}
    return {"axis": axis, "layers": [convolution if axis == 0 else SIGMOID, TANH]}, (
        n, channels, height, width)


def draw_joined_rows(rng):
    """Flat outputs that stand for matrices."""
    n, a, rows, b, c = sizes(rng, 5)
    return {"axis": 1, "input_size": (rows, 7), "layers": [linear(rows * b), linear(rows * c)]}, (
        n, a)


def draw_highway(rng):
    n, a, b = sizes(rng, 3)
    chosen = [[linear(b, a), SIGMOID, linear(a, b)], [linear(a)], [TANH], [],
              [(layer.Residual, {"layers": [linear(a), TANH]})]]
    arguments = {"layers": chosen[numbers(rng, 0, len(chosen) - 1)]}
    if rng.integers(2):
        arguments["in_size"] = a
    return arguments, (n, a)


def draw_normed(rng):
    n, a, b, c = sizes(rng, 4)
    chosen = [linear(b, a), linear(b), (layer.LinearNoBias, {"out_size": b}),
              (layer.Sequential, {"layers": [linear(b), TANH, linear(c)]}),
              (layer.WeightNorm, {"layer": linear(b)})]
    return {"layer": chosen[numbers(rng, 0, len(chosen) - 1)]}, (n, a)


def draw_normed_convolution(rng):
    n, a, b, height, width = sizes(rng, 5)
    return {"layer": (layer.Convolution, {"out_size": b, "kernel_width": 2, "kernel_height": 2})}, (
        n, a, height, width + 1)


def draw_recurrent(rng):
    """Layers that keep nothing from Forward, and some that do."""
    n, steps, a, b, c = sizes(rng, 5)
    chosen = [
        {"start": (layer.Add, {"out_size": b}), "input": linear(b, a), "feedback": linear(b, b),
         "transfer": SIGMOID},
        {"start": (layer.Identity, {}), "input": linear(b), "transfer": TANH,
         "feedback": (layer.Sequential, {"layers": [linear(c), TANH, linear(b)]})},
        {"start": linear(b), "input": (layer.MultiLayer, {"layers": [linear(b), TANH]}),
         "feedback": (layer.LinearNoBias, {"out_size": b}),
         "transfer": (layer.Residual, {"layers": [linear(b), SIGMOID]})},
        {"start": TANH, "input": linear(b), "feedback": linear(b), "transfer": linear(c)}]
    arguments = chosen[numbers(rng, 0, len(chosen) - 1)]
    if rng.integers(2):
        arguments = {**arguments, "rho": numbers(rng, 1, 4)}
    return arguments, (n, steps, a)


# ---------------------------------------------------------------- references: one by one


def one_by_one(layers, x):
    for one in layers:
        one = copy.deepcopy(one)
        x = one.Forward(x if x.ndim < 4 or not isinstance(one, layer.Linear)
                        else x.reshape(len(x), -1))
    return x


def chain(m, x):
    return one_by_one(m.layers, x)


def flat_chain(m, x):
    return one_by_one(m.layers, x.reshape(len(x), *m.input_dimensions)).reshape(len(x), -1)


def residual(m, x):
    return x + chain(m, x)


def outputs(m, x):
    return [one_by_one([one], x) for one in m.layers]


def total(m, x):
    return sum(outputs(m, x))


def product(m, x):
    return np.prod(outputs(m, x), axis=0)


def joined(m, x):
    return np.concatenate(outputs(m, x), 1 + m.axis)


def joined_rows(m, x):
    parts = [y.reshape(len(x), m.input_size[0], -1) for y in outputs(m, x)]
    return np.concatenate(parts, 2).reshape(len(x), -1)


def highway(m, x):
    count = m.in_size ** 2
    weight, bias = m.parameters[:count].reshape(m.in_size, -1), m.parameters[count:][:m.in_size]
    gate = 1 / (1 + np.exp(-(x @ weight + bias)))
    return gate * chain(m, x) + (1 - gate) * x


def normed(m, x):
    inner = copy.deepcopy(m.layer)
    biases = 0 if getattr(inner, "bias", None) is None else inner.bias.size
    bias, v, g = np.split(m.parameters, [biases, m.parameters.size - 1])
    inner.parameters = np.concatenate([g * v / np.sqrt((v * v).sum()), bias])
    return inner.Forward(x)


def recurrent(m, x):
    outputs = []
    for t in range(x.shape[1]):
        a = one_by_one([m.input], x[:, t])
        if t % (m.rho or 100) == 0:
            total = one_by_one([m.start], a)
        else:
            total = a + one_by_one([m.feedback], outputs[-1])
        outputs.append(one_by_one([m.transfer], total))
    return np.stack(outputs, 1)


# ---------------------------------------------------------------- the same in PyTorch


def in_torch(m, x, p):
    """Forward of a layer, or of layers within layers, on tensors; p: its flat weights."""
    import torch

    if isinstance(m, (layer.Linear, layer.LinearNoBias)):
        x = x.reshape(len(x), -1)
        y = x @ p[:m.weight.size].reshape(m.weight.shape)
        return y + p[m.weight.size:] if p.numel() > m.weight.size else y
    if isinstance(m, layer.Convolution):
        weight = p[:-m.out_size].reshape(m.out_size, m.in_size, m.kernel_height, m.kernel_width)
        return torch.nn.functional.conv2d(x, weight, p[-m.out_size:])
    if isinstance(m, layer.MeanPooling):
        return torch.nn.functional.avg_pool2d(x, (m.kernel_height, m.kernel_width), 1)
    if isinstance(m, layer.WeightNorm):
        biases = 0 if getattr(m.layer, "bias", None) is None else m.layer.bias.size
        v, g = p[biases:-1], p[-1]
        return in_torch(m.layer, x, torch.cat([g * v / v.norm(), p[:biases]]))
    if isinstance(m, layer.Recurrent):
        held = m.input, m.start, m.feedback, m.transfer
        inner, start, feedback, transfer = (
            (lambda x, one=one, part=part: in_torch(one, x, part)) for one, part in
            zip(held, torch.split(p, [0 if one.parameters is None else one.parameters.size
                                      for one in held])))
        y = []
        for t in range(x.shape[1]):
            a = inner(x[:, t])
            y.append(transfer(start(a) if t % (m.rho or 100) == 0 else a + feedback(y[-1])))
        return torch.stack(y, 1)
    if isinstance(m, layer.Add):
        return x + p
    if isinstance(m, layer.Highway):
        count = m.in_size * m.in_size
        gate = torch.sigmoid(x @ p[:count].reshape(m.in_size, -1) + p[count:][:m.in_size])
        y, at = x, count + m.in_size
        for one in m.layers:
            size = 0 if one.parameters is None else one.parameters.size
            y, at = in_torch(one, y, p[at:at + size]), at + size
        return gate * y + (1 - gate) * x
    simple = {layer.Sigmoid: torch.sigmoid, layer.TanH: torch.tanh,
              layer.Identity: lambda x: x}.get(type(m))
    if simple:
        return simple(x)
    parts = torch.split(p, [0 if one.parameters is None else one.parameters.size
                            for one in m.layers]) if m.layers else []
    if isinstance(m, layer.MultiLayer):
        y = x
        for one, part in zip(m.layers, parts):
            y = in_torch(one, y, part)
        return y + x if getattr(m, "residual", False) else y
    y = [in_torch(one, x, part) for one, part in zip(m.layers, parts)]
    if isinstance(m, layer.AddMerge):
        return sum(y)
    if isinstance(m, layer.MultiplyMerge):
        return torch.stack(y).prod(0)
    return torch.cat(y, 1 + m.axis)


HELD = layer.Sequential(layers=[layer.TanH()])
REFUSED = [({"layers": 3}, TypeError), ({"layers": [3]}, TypeError),
           ({"layers": [layer.TanH]}, TypeError), ({"layers": [HELD.layers[0]]}, ValueError),
           ({"layers": [HELD, HELD]}, ValueError),
           ({"layers": [layer.Linear(2, 2), layer.Linear(2, 2, dtype="float32")]}, TypeError)]
FLAGS = [({"model": 2}, TypeError), ({"layers": None}, TypeError)]
MERGES = [*FLAGS, ({"run": False}, ValueError), ({"run": "no"}, TypeError)]
TANHS = {name: layer.TanH() for name in ("start", "input", "feedback", "transfer")}
WRITTEN = dict.fromkeys(TANHS, TANH)
TWO_TO_THREE = {"layers": [linear(3, 2)]}
UNEQUAL = [({"layers": [linear(3, 2), linear(4, 2)]}, (2, 2)), (TWO_TO_THREE, (2, 3))]

LAYERS = [
    HolderCase(layer.MultiLayer, draw_chain, chain, torch=in_torch, invalid=REFUSED,
               bad_shapes=[(TWO_TO_THREE, (4, 3)), (TWO_TO_THREE, (2, 2, 2)),
                           ({"layers": [TANH, linear(3, 2), linear(2, 2)]}, (4, 2))]),
    HolderCase(layer.Sequential, draw_inferred, chain, torch=in_torch, invalid=REFUSED + FLAGS),
    HolderCase(layer.Sequential, draw_images, chain, name="-images", torch=in_torch),
    HolderCase(layer.Sequential, draw_flat_images, flat_chain, name="-flat",
               prepare=two_three_four, bad_shapes=[({"layers": [TANH]}, ())]),
    HolderCase(layer.Sequential, draw_residual_flag, residual, name="-residual", torch=in_torch,
               invalid=[({"residual": 3}, TypeError)]),
    HolderCase(layer.Residual, draw_residual, residual, torch=in_torch, invalid=REFUSED + FLAGS,
               bad_shapes=[(TWO_TO_THREE, (4, 2))]),
    HolderCase(layer.AddMerge, draw_sum, total, torch=in_torch, invalid=REFUSED + MERGES,
               bad_shapes=UNEQUAL),
    HolderCase(layer.MultiplyMerge, draw_sum, product, torch=in_torch, invalid=REFUSED + MERGES,
               bad_shapes=UNEQUAL),
    HolderCase(layer.Concat, draw_joined, joined, torch=in_torch,
               invalid=REFUSED + MERGES + [({"axis": -1}, ValueError), ({"axis": 1.5}, TypeError),
                                           ({"input_size": (2,), "axis": 1}, ValueError),
                                           ({"input_size": (0, 2)}, ValueError)],
               bad_shapes=[(TWO_TO_THREE, (2, 3)), ({"axis": 1, "layers": [TANH, TANH]}, (2, 3)),
                           ({"axis": 1, "layers": [linear(3), TANH]}, (2, 3))]),
    HolderCase(layer.Concat, draw_joined_maps, joined, name="-maps", torch=in_torch,
               bad_shapes=[({"axis": 1, "layers": [TANH, (layer.CReLU, {})]}, (2, 3, 4, 4))]),
    HolderCase(layer.Concat, draw_joined_rows, joined_rows, name="-rows",
               bad_shapes=[({"axis": 1, "input_size": (2, 3), "layers": [linear(3)]}, (2, 2))]),
    HolderCase(layer.Highway, draw_highway, highway, torch=in_torch,
               invalid=REFUSED + FLAGS + [({"in_size": 0}, ValueError),
                                          ({"in_size": "2"}, TypeError),
                                          ({"dtype": int}, TypeError)],
               bad_shapes=[({"in_size": 3}, (2, 2)), ({"layers": [linear(3, 2)]}, (4, 2)),
                           ({}, (2, 2, 2)), ({}, (3, 0))]),
    HolderCase(layer.WeightNorm, draw_normed, normed, torch=in_torch, keeps_forward=False,
               invalid=[({}, TypeError), ({"layer": 3}, TypeError),
                        ({"layer": layer.TanH()}, ValueError),
                        ({"layer": HELD.layers[0]}, ValueError)],
               bad_shapes=[({"layer": linear(3, 2)}, (2, 3))]),
    HolderCase(layer.WeightNorm, draw_normed_convolution, normed, name="-images", torch=in_torch,
               keeps_forward=False),
    HolderCase(layer.Recurrent, draw_recurrent, recurrent, torch=in_torch,
               invalid=[({}, TypeError), ({**TANHS, "start": 3}, TypeError),
                        ({**TANHS, "input": HELD.layers[0]}, ValueError),
                        ({**TANHS, "transfer": TANHS["start"]}, ValueError),
                        ({**TANHS, "rho": 0}, ValueError), ({**TANHS, "rho": 1.5}, TypeError)],
               bad_shapes=[({**WRITTEN, "input": linear(3, 2)}, (2, 4, 3)), (WRITTEN, (2, 3, 4, 5)),
                           ({**WRITTEN, "input": linear(3, 2)}, (2, 3)), (WRITTEN, (3,)),
                           ({**WRITTEN, "feedback": linear(3)}, (2, 4, 2))]),
]


# ---------------------------------------------------------------- a loss of blocks


def draw_labelled(rng):
    n, blocks, classes = sizes(rng, 3)
    prediction = rng.normal(size=(n, blocks * classes))
    return {"in_size": blocks}, prediction, rng.integers(classes, size=n)


def draw_squares(rng):
    n, blocks, features = sizes(rng, 3)
    return ({"in_size": blocks, "output_layer": loss_functions.MeanSquaredError()},
            rng.normal(size=(n, blocks * features)), rng.normal(size=(n, features)))


def likelihoods(loss, p, t):
    return -p.reshape(len(p), loss.in_size, -1)[np.arange(len(p)), :, t].sum(1)


def squares(loss, p, t):
    return ((p.reshape(len(p), loss.in_size, -1) - t[:, None]) ** 2).sum(1)


LOSSES = [
    LossCase(layer.ConcatPerformance, draw_labelled, likelihoods, count=len,
             invalid=[({"in_size": 0}, ValueError), ({"output_layer": 3}, TypeError),
                      ({"output_layer": layer.TanH()}, TypeError)],
             bad_input=[({"in_size": 2}, np.zeros((2, 3)), np.zeros(2, int), ValueError),
                        ({"in_size": 2}, np.zeros((2, 4)), np.array([0, 2]), ValueError),
                        ({}, np.zeros((2, 3, 4)), np.zeros(2, int), ValueError)]),
    LossCase(layer.ConcatPerformance, draw_squares, squares, name="-squares"),
]
