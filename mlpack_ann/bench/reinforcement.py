"""Layers that learn from rewards, and where to look."""
from mlpack_ann import layer
from mlpack_ann.bench import losses
from mlpack_ann.bench.case import LayerCase, LossCase, torch
from mlpack_ann.bench.containers import formula
from mlpack_ann.bench.layers import label

OUT, ACTIONS, STEPS = 256, 16, 8


def rewarded(cls, arguments, shape, dtype):
    made = cls(**arguments)
    made.reward = 0.5
    return made


def estimate(x, y, weight):
    return (x - y) * weight


class LossOfLayers(LossCase):
    """A loss that is among mlpack's layers."""
    package = layer


def without_baseline(case):
    """Return the loss's case for its namesake among the layers, which does the same."""
    sizes = {f"{name}-layer": ({**arguments, "baseline": False}, shape)
             for name, (arguments, shape) in case.sizes.items()}
    return LossOfLayers(**{**vars(case), "sizes": sizes})


class GlimpseCase(LayerCase):
    """A case whose locations are within the image."""

    def arrays(self, size, dtype):
        a = super().arrays(size, dtype)
        a.x = a.x.copy()
        a.x[:, -2:] = a.x[:, -2:].clip(-1, 1)
        a.y = a.layer.Forward(a.x)
        return a


def glimpse(x, width, size, depth):
    """Of one channel; patches by indices, then pooled."""
    image, location = x[:, None, :-2].view(len(x), 1, -1, width), (x[:, -2:] + 1) / 2
    points, patches = torch.arange(len(x))[:, None, None], []
    for number in range(depth):
        side = size * 2 ** number
        margin = (side - 1) // 2
        padded = torch.nn.functional.pad(image, [margin] * 4)
        room = padded.shape[3] - side
        start = (location * room).long()[:, :, None] + torch.arange(side)
        patch = padded[points, 0, start[:, 1, :, None], start[:, 0, None, :]]
        patches.append(torch.nn.functional.avg_pool2d(patch[:, None], 2 ** number))
    return torch.cat(patches, 1).transpose(2, 3).flatten(1)


def glimpse_forward(a):
    m = a.layer
    return glimpse, a.x, m.input_width, m.size, m.depth


class Steps(LayerCase):
    """A case of Linear layers whose weights are used in every step."""

    def operations(self, a):
        return STEPS * super().operations(a)

    def arrays(self, size, dtype):
        a = super().arrays(size, dtype)
        a.p /= 2 * OUT ** 0.5               # so that many steps are not chaotic
        a.y = a.layer.Forward(a.x)
        return a


def make_attention(cls, arguments, shape, dtype):
    rnn = layer.MultiLayer([layer.Linear(shape[1] + ACTIONS, OUT, dtype=dtype), layer.TanH()])
    return cls(OUT, rnn, layer.Linear(OUT, ACTIONS, dtype=dtype), STEPS)


def attend(x, p):
    inner = x.shape[1] + ACTIONS
    w, b, action, bias = p.split([inner * OUT, OUT, OUT * ACTIONS, ACTIONS])
    w, action, h = w.view(inner, OUT), action.view(OUT, ACTIONS), x.new_zeros(len(x), OUT)
    for _ in range(STEPS):
        seen = torch.cat([x, torch.addmm(bias, h, action)], 1)
        h = torch.tanh(torch.addmm(b, seen, w))
    return h


CASES = [
    LayerCase("ReinforceNormal",
              {label(shape): ({"stdev": 0.5}, shape) for shape in ((100, 10), (1000, 100),
                                                                   (1000, 1000))},
              {"Backward": lambda a: (estimate, a.x, a.y, 2.0)}, make=rewarded,
              reads={"Forward": ("x",), "Backward": ("x", "y")}),
    GlimpseCase("Glimpse", {
        f"{size}of{width}-b{batch}": (
            {"in_size": 1, "size": size, "input_width": width, "input_height": width},
            (batch, width * width + 2))
        for size, width, batch in ((8, 28, 32), (12, 60, 256))},
        {"Forward": glimpse_forward}, reads={"Backward": ("x", "gy")}),
    Steps("RecurrentAttention", {f"{OUT}-t{STEPS}-b{batch}": ({}, (batch, OUT))
                                 for batch in (1, 32, 256)}, formula(attend), make=make_attention),
]
LOSSES = [without_baseline(case) for case in losses.CASES if case.name == "VRClassReward"]
