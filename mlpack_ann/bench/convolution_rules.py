"""Rules of convolution, beside PyTorch's conv2d."""
from dataclasses import dataclass
from math import prod
from types import SimpleNamespace

from mlpack_ann import convolution_rules
from mlpack_ann.bench.case import Case, normal, torch


@dataclass(frozen=True)
class RuleCase(Case):
    """A rule; sizes: label -> (constructor arguments, (shape of the images, of the filters))."""
    package = convolution_rules
    steps = ("Convolution",)
    READS, WRITES = {"Convolution": ("x", "w")}, {"Convolution": ("y",)}

    def arrays(self, size, dtype):
        arguments, (images, filters) = self.sizes[size]
        a = SimpleNamespace(rule=getattr(convolution_rules, self.name)(**arguments),
                            x=normal(images, dtype), w=normal(filters, dtype, seed=1))
        if self.name == "SVDConvolution":       # of rank 1, which it is for
            a.w[...] = a.w[..., :1] * a.w[..., :1, :]
        a.y = a.rule.Convolution(a.x, a.w)
        return a

    def ours(self, a, step):
        return a.rule.Convolution, a.x, a.w

    def operations(self, a):
        return 2 * a.y.size * prod(a.w.shape[-2:]) * (len(a.x) if a.w.ndim == 4 else 1)


def conv2d(a):
    """The one image, or the stack as channels; each of its slices, where it has its own filter."""
    full = a.rule.border_mode == "full"
    pads = tuple(n - 1 for n in a.w.shape[-2:]) if full else (0, 0)
    groups = len(a.x) if a.w.ndim == 3 and a.x.ndim == 3 else 1
    images = a.x[None] if a.x.ndim == 3 else a.x[None, None]
    filters = a.w if a.w.ndim == 4 else a.w[:, None] if a.w.ndim == 3 else a.w[None, None]
    return without_batch, images, filters, pads, groups, a.y.ndim


def without_batch(images, filters, pads, groups, axes):
    y = torch.conv2d(images, filters, None, 1, pads, 1, groups)
    return y[0] if axes == 3 else y[0, 0]


without_batch.kind = "operation"                # what is taken out of the batch is a view

PASSES = {"Convolution": conv2d}
SMALL = [((32, 32), (3, 3)), ((224, 224), (5, 5))]
STACKS = [((64, 56, 56), (64, 3, 3)), ((56, 56), (64, 3, 3)), ((16, 32, 32), (16, 16, 3, 3)),
          ((64, 56, 56), (64, 64, 3, 3))]
LARGE = [((224, 224), (15, 15)), ((512, 512), (31, 31))]


def sizes(shapes, mode="valid"):
    def label(shape):
        return "x".join(map(str, shape))
    return {f"{label(images)}-{label(filters)}-{mode}": ({"border_mode": mode}, (images, filters))
            for images, filters in shapes}


CASES = [
    RuleCase("NaiveConvolution", sizes(SMALL + STACKS + LARGE) | sizes(SMALL + STACKS, "full"),
             PASSES),
    RuleCase("Im2ColConvolution", sizes(SMALL + STACKS + LARGE) | sizes(SMALL + STACKS, "full"),
             PASSES),
    RuleCase("FFTConvolution", sizes(LARGE) | sizes(LARGE, "full"), PASSES),
    RuleCase("SVDConvolution", sizes(LARGE) | sizes(LARGE, "full"), PASSES),
]
