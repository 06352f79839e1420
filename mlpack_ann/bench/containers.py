"""Layers that hold layers, against the same formulas in PyTorch."""
from functools import partial

from mlpack_ann import layer
from mlpack_ann.bench.case import LayerCase, LossCase, torch

N = 256


def linear(dtype, inner=N, outer=N):
    return layer.Linear(inner, outer, dtype=dtype)


def holding(*makers, **options):
    """Return a function that makes the container with new layers."""
    def make(cls, arguments, shape, dtype):
        return cls(**arguments, **options, layers=[maker(dtype) for maker in makers])
    return make


def tanh(dtype):
    return layer.TanH()


def sizes(**arguments):
    return {f"{N}-b{batch}": (arguments, (batch, N)) for batch in (1, 32, 256)}


# ---------------------------------------------------------------- in PyTorch, on flat weights

def affine(x, p, start=0):
    """A Linear layer whose weights start there."""
    weight = p[start:start + N * N].view(N, N)
    return torch.addmm(p[start + N * N:start + N * N + N], x, weight)


STEP = N * N + N


def two_layers(x, p):
    return affine(torch.tanh(affine(x, p)), p, STEP)


def residual(x, p):
    return two_layers(x, p) + x


def added(x, p):
    return affine(x, p) + affine(x, p, STEP)


def multiplied(x, p):
    return affine(x, p) * affine(x, p, STEP)


def joined(x, p):
    return torch.cat([affine(x, p), affine(x, p, STEP)], 1)


def highway(x, p):
    gate = torch.sigmoid(affine(x, p))
    return torch.lerp(x, torch.tanh(affine(x, p, STEP)), gate)


def normed(x, p):
    v = p[N:-1]
    return torch.addmm(p[:N], x, (p[-1] / v.norm() * v).view(N, N))


def recurrent(x, p):
    inner, start = affine(x.reshape(-1, N), p).view(*x.shape[:2], N), p[STEP:STEP + N]
    y = [torch.tanh(inner[:, 0] + start)]
    for t in range(1, x.shape[1]):
        y.append(torch.tanh(inner[:, t] + affine(y[-1], p, STEP + N)))
    return torch.stack(y, 1)


def make_recurrent(cls, arguments, shape, dtype):
    return cls(layer.Add(N, dtype=dtype), linear(dtype), linear(dtype), layer.TanH())


def formula(function):
    """The passes of a formula: Forward, and its derivatives by autograd on a graph that is kept."""
    def gradient(a):
        p = a.p.clone().requires_grad_()
        with torch.enable_grad():
            y = function(a.x, p)
        return partial(torch.autograd.grad, retain_graph=True), y, p, a.gy

    return {"Forward": lambda a: (function, a.x, a.p), "Gradient": gradient}


class BlockLoss(LossCase):
    """A loss that is among mlpack's layers."""
    package = layer


def blocks(rng, shape):
    n, count, classes = shape
    return rng.normal(size=(n, count * classes)), rng.integers(classes, size=n)


def likelihood(p, t):
    p = p.view(len(p), 4, -1)
    return -p.gather(2, t[:, None, None].expand(-1, 4, 1)).sum()


class SmallWeights(LayerCase):
    """A case whose weights do not make many steps chaotic."""

    def arrays(self, size, dtype):
        a = super().arrays(size, dtype)
        a.p /= 2 * N ** 0.5
        a.y = a.layer.Forward(a.x)
        return a


CASES = [
    LayerCase("MultiLayer", sizes(), formula(two_layers), make=holding(linear, tanh, linear)),
    LayerCase("Sequential", sizes(), formula(two_layers), make=holding(linear, tanh, linear)),
    LayerCase("Residual", sizes(), formula(residual), make=holding(linear, tanh, linear)),
    LayerCase("AddMerge", sizes(), formula(added), make=holding(linear, linear)),
    LayerCase("MultiplyMerge", sizes(), formula(multiplied), make=holding(linear, linear)),
    LayerCase("Concat", sizes(), formula(joined), make=holding(linear, linear)),
    LayerCase("Highway", sizes(in_size=N), formula(highway), make=holding(linear, tanh)),
    LayerCase("WeightNorm", sizes(), formula(normed),
              make=lambda cls, arguments, shape, dtype: cls(linear(dtype))),
    SmallWeights("Recurrent", {f"{N}-t16-b{batch}": ({}, (batch, 16, N)) for batch in (1, 32)},
                 formula(recurrent), make=make_recurrent),
    BlockLoss("ConcatPerformance", {f"4x{classes}-b{n}": ({"in_size": 4}, (n, 4, classes))
                                    for n, classes in ((32, 10), (1024, 100))},
              {"Forward": lambda a: (likelihood, a.x, a.t)}, draw=blocks),
]
