"""Regularisers: what each adds to a gradient."""
from dataclasses import dataclass
from types import SimpleNamespace

from mlpack_ann import regularizer
from mlpack_ann.bench.case import Case, normal, torch

FACTOR = 1e-4


@dataclass(frozen=True)
class RegularizerCase(Case):
    """A regulariser of a square weight."""
    package = regularizer
    steps = ("Evaluate",)
    READS, WRITES = {"Evaluate": ("w", "gradient")}, {"Evaluate": ("gradient",)}

    def arrays(self, size, dtype):
        arguments, shape = self.sizes[size]
        return SimpleNamespace(regularizer=getattr(regularizer, self.name)(**arguments),
                               w=normal(shape, dtype), gradient=normal(shape, dtype, 1).copy())

    def ours(self, a, step):
        return a.regularizer.Evaluate, a.w, a.gradient

    def torch_call(self, a, step, result):
        a.gradient = a.gradient.clone()     # both change theirs
        return super().torch_call(a, step, result)


def signs(a):
    return a.gradient.add_(torch.sign(a.w), alpha=FACTOR)


def halves(a):
    return a.gradient.add_(a.w, alpha=2 * FACTOR)


def cubes(a):
    return a.gradient.add_(a.w * a.w.abs(), alpha=3 * FACTOR)


def orthogonal(a):
    product = a.w.T @ a.w
    product.diagonal().sub_(1)
    return a.gradient.addmm_(a.w, torch.sign(product), alpha=2 * FACTOR)


def case(name, torch_call, sides=(32, 300, 1000), **arguments):
    sizes = {f"{n}x{n}": (arguments, (n, n)) for n in sides}
    return RegularizerCase(name, sizes, {"Evaluate": torch_call})


CASES = [
    case("L1Regularizer", lambda a: (signs, a), factor=FACTOR),
    case("L2Regularizer", lambda a: (halves, a), factor=FACTOR),
    case("LRegularizer", lambda a: (cubes, a), power=3, factor=FACTOR),
    case("NoRegularizer", lambda a: (torch.Tensor.detach, a.gradient)),
    case("OrthogonalRegularizer", lambda a: (orthogonal, a), (32, 300), factor=FACTOR),
]
