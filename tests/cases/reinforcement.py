"""Rows of the layers that learn from rewards."""
import numpy as np

from mlpack_ann import layer

from tests.case import LayerCase, LossCase, any_shape
from tests.cases.containers import (SIGMOID, TANH, HolderCase, in_torch, linear, one_by_one,
                                    sizes)
from tests.cases.losses import BAD_LABELS, BAD_REDUCTION, bad_number, labelled, numbers, reward


def draw_stdev(rng):
    return {"stdev": rng.uniform(0.1, 3)}, any_shape(rng)


def not_training(m, rng, shape):
    """Only then is Backward a derivative, and Forward the same again."""
    m.training = False


# ---------------------------------------------------------------- glimpses

def draw_glimpse(rng, scale=2):
    width, height = numbers(rng, 2, 9, 2).tolist()
    arguments = {"in_size": numbers(rng, 1, 3), "size": numbers(rng, 1, 4),
                 "depth": numbers(rng, 1, 3), "scale": scale, "input_width": width,
                 "input_height": height}
    return arguments, (numbers(rng, 1, 4), arguments["in_size"] * width * height + 2)


def draw_interpolated(rng):
    return draw_glimpse(rng, int(rng.choice([1, 3, 4])))


def looking(rng, shape):
    """Locations within and beyond the image; where a patch jumps is at no such number."""
    x = rng.uniform(-2, 2, shape)
    x[:, -2:] = rng.choice([-1.7, -0.871234, -0.312345, 0.123456, 0.612347, 0.97123, 3],
                           (len(x), 2))
    return x


def glimpse(m, x):
    """Patches of a padded image, mean pooled, or interpolated with NumPy along both axes."""
    points = []
    for point in x:
        image = point[:-2].reshape(m.in_size, m.input_height, m.input_width)
        for number in range(m.depth):
            side = m.size * m.scale ** number
            margin = (side - 1) // 2
            padded = np.pad(image, [(0, 0), (margin, margin), (margin, margin)])
            top, left = (int(min(max((at + 1) / 2, 0), 1) * (length - side)) for at, length in
                         zip(point[:-3:-1], padded.shape[1:]))
            patch = padded[:, top:top + side, left:left + side]
            if m.scale == 2:
                blocks = patch.reshape(m.in_size, m.size, side // m.size, m.size, -1)
                patch = blocks.mean((2, 4))
            else:
                for axis in (1, 2):
                    patch = np.apply_along_axis(lambda line: np.interp(
                        np.linspace(0, side - 1, m.size), np.arange(side), line), axis, patch)
            points.append(patch.swapaxes(1, 2).ravel())
    return np.reshape(points, (len(x), -1))


def torch_glimpse(m, x, parameters):
    import torch
    points = []
    for point in x:
        image = point[None, :-2].view(1, m.in_size, m.input_height, m.input_width)
        across, down = point[-2:].tolist()
        for number in range(m.depth):
            side = m.size * m.scale ** number
            margin = (side - 1) // 2
            padded = torch.nn.functional.pad(image, [margin] * 4)
            top, left = (int(min(max((at + 1) / 2, 0), 1) * (length - side)) for at, length in
                         zip((down, across), padded.shape[2:]))
            patch = padded[:, :, top:top + side, left:left + side]
            if m.scale == 2:
                patch = torch.nn.functional.avg_pool2d(patch, side // m.size)
            elif number:
                patch = torch.nn.functional.interpolate(patch, (m.size, m.size), mode="bilinear",
                                                        align_corners=True)
            points.append(patch.transpose(2, 3).flatten())
    return torch.cat(points).view(len(x), -1)


GLIMPSE = {"in_size": 1, "size": 3, "depth": 1, "input_width": 4, "input_height": 2}


# ---------------------------------------------------------------- recurrent attention

def draw_attention(rng):
    n, features, out, actions, hidden = sizes(rng, 5)
    chosen = [(linear(out, features + actions), linear(actions, out)),
              (linear(out), (layer.Sequential, {"layers": [linear(actions), TANH]})),
              ((layer.MultiLayer, {"layers": [linear(hidden), SIGMOID, linear(out)]}),
               (layer.LinearNoBias, {"out_size": actions}))]
    rnn, action = chosen[numbers(rng, 0, 2)]
    shape = [(n, features), (n, features, 1), (n, 1, 1, features)][numbers(rng, 0, 2)]
    return {"out_size": out, "rnn": rnn, "action": action, "rho": numbers(rng, 1, 4)}, shape


def recurrent_attention(m, x):
    flat, h = x.reshape(len(x), -1), np.zeros((len(x), m.out_size))
    for _ in range(m.rho):
        h = one_by_one([m.rnn], np.concatenate([flat, one_by_one([m.action], h)], 1))
    return h


def torch_recurrent_attention(m, x, parameters):
    import torch
    flat, h = x.flatten(1), torch.zeros(len(x), m.out_size, dtype=x.dtype)
    rnn, action = parameters.split([m.rnn.parameters.size, m.action.parameters.size])
    for _ in range(m.rho):
        h = in_torch(m.rnn, torch.cat([flat, in_torch(m.action, h, action)], 1), rnn)
    return h


WRITTEN = {"out_size": 3, "rnn": linear(3), "action": linear(2), "rho": 2}
MADE = {"out_size": 3, "rnn": layer.Linear(6, 3), "action": layer.Linear(3, 2), "rho": 2}

LAYERS = [
    LayerCase(layer.Glimpse, draw_glimpse, glimpse, inputs=looking, torch=torch_glimpse,
              invalid=[({**GLIMPSE, name: bad}, error) for name in GLIMPSE
                       for bad, error in ((0, ValueError), (1.5, TypeError), (2**31, ValueError))]
              + [({"in_size": 1, "size": 3}, TypeError),
                 ({**GLIMPSE, "scale": 0}, ValueError), ({**GLIMPSE, "size": 2**25}, ValueError),
                 ({**GLIMPSE, "depth": 2**30}, ValueError),
                 ({**GLIMPSE, "size": 2, "input_height": 1}, ValueError),
                 ({**GLIMPSE, "in_size": 2**20, "input_width": 2**20, "input_height": 2**20},
                  ValueError)],
              bad_shapes=[(GLIMPSE, (2, 8)), (GLIMPSE, (2, 1, 2, 5)), (GLIMPSE, (10,))]),
    LayerCase(layer.Glimpse, draw_interpolated, glimpse, name="-interpolated", inputs=looking,
              torch=torch_glimpse),
    HolderCase(layer.RecurrentAttention, draw_attention, recurrent_attention,
               torch=torch_recurrent_attention,
               invalid=[({**MADE, "out_size": 0}, ValueError), ({**MADE, "rho": 0}, ValueError),
                        ({**MADE, "rho": 1.5}, TypeError), ({**MADE, "rnn": 3}, TypeError),
                        ({**MADE, "action": MADE["rnn"]}, ValueError), ({"rho": 1}, TypeError)],
               bad_shapes=[({**WRITTEN, "rnn": linear(3, 6)}, (2, 3)),
                           ({**WRITTEN, "rnn": linear(4)}, (2, 3)), (WRITTEN, (3,)),
                           ({**WRITTEN, "action": linear(2, 4)}, (2, 3))]),
    LayerCase(layer.ReinforceNormal, draw_stdev, lambda m, x: x, prepare=not_training,
              torch=lambda m, x, parameters: x.clone(),
               invalid=bad_number("stdev") + [({"stdev": 0}, ValueError),
                                             ({"stdev": -1}, ValueError),
                                             ({"rng": 7}, TypeError)]),
]


# ---------------------------------------------------------------- the loss, without a baseline

def options(rng):
    return {"scale": rng.uniform(-1, 3), "size_average": numbers(rng, 0, 1) == 1, "baseline": False}


LOSSES = [
    LossCase(layer.VRClassReward, labelled(options), reward, name="-layer",
             edges=[({"scale": 3}, [[0, -1], [0, -1], [0.5, 9]], [0, 1], -0.5)],
             invalid=bad_number("scale") + BAD_REDUCTION + [
                 ({"size_average": 2}, TypeError), ({"baseline": 2}, TypeError),
                 ({"layers": 3}, TypeError), ({"layers": [3]}, TypeError)],
             bad_input=[({"baseline": False}, *bad[1:]) for bad in BAD_LABELS]
             + [({}, np.zeros((1, 2)), [0], ValueError), ({}, np.zeros((0, 2)), [], ValueError),
                ({}, np.zeros((2, 3)), [0, 1], ValueError)]),
]
