"""Rows of the layers that learn from rewards."""
import numpy as np

from mlpack_ann import layer

from tests.case import LayerCase, LossCase, any_shape
from tests.cases.losses import BAD_LABELS, BAD_REDUCTION, bad_number, labelled, numbers, reward


def draw_stdev(rng):
    return {"stdev": rng.uniform(0.1, 3)}, any_shape(rng)


def not_training(m, rng, shape):
    """Only then is Backward a derivative, and Forward the same again."""
    m.training = False


LAYERS = [
    LayerCase(layer.ReinforceNormal, draw_stdev, lambda m, x: x, prepare=not_training,
              torch=lambda m, x, parameters: x.clone(),
              invalid=bad_number("stdev") + [({"stdev": 0}, ValueError), ({"stdev": -1}, ValueError),
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
