"""Layers that learn from rewards."""
from mlpack_ann import layer
from mlpack_ann.bench import losses
from mlpack_ann.bench.case import LayerCase
from mlpack_ann.bench.layers import label


def rewarded(cls, arguments, shape, dtype):
    made = cls(**arguments)
    made.reward = 0.5
    return made


def estimate(x, y, weight):
    return (x - y) * weight


def likelihood_apart():
    """The loss among the layers, without a baseline and layers to reward."""
    alone, = (case for case in losses.CASES if case.name == "VRClassReward")
    return LossOfLayers(**{**vars(alone), "sizes": {
        name: ({**arguments, "baseline": False}, shape)
        for name, (arguments, shape) in alone.sizes.items()}})


class LossOfLayers(losses.LossCase):
    """A loss that is among mlpack's layers."""
    package = layer


CASES = [
    LayerCase("ReinforceNormal",
              {label(shape): ({"stdev": 0.5}, shape) for shape in ((100, 10), (1000, 100),
                                                                   (1000, 1000))},
              {"Backward": lambda a: (estimate, a.x, a.y, 2.0)}, make=rewarded,
              reads={"Forward": ("x",), "Backward": ("x", "y")}),
    likelihood_apart(),
]
