"""Layers whose weights are shared, looked up, dropped or noisy, and those that compare points."""
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace

import numpy as np

from mlpack_ann import layer
from mlpack_ann.bench.case import LayerCase, aten, nn, normal, torch
from mlpack_ann.bench.elementwise import SIZES
from mlpack_ann.bench.layers import bias, linear_gradient, transposed_weight


def row_sizes(*shapes):
    return {f"{i}x{o}-b{batch}x{rows}": ({"in_size": i, "out_size": o}, (batch, rows, i))
            for i, o, rows in shapes for batch in (1, 32)}


@dataclass(frozen=True)
class IndexCase(LayerCase):
    """A layer of indices, which PyTorch has as int64 and so both get."""

    def arrays(self, size, dtype):
        arguments, shape = self.sizes[size]
        made = getattr(layer, self.name)(**arguments, dtype=dtype)
        made.parameters = normal(made.parameters.shape, dtype)
        words = np.random.default_rng(0).integers(made.vocab_size, size=shape)
        a = SimpleNamespace(layer=made, x=words, p=made.parameters, w=np.ascontiguousarray(
            made.weight.T if self.name == "Lookup" else made.weight))
        a.y = made.Forward(a.x)
        a.gy = normal(a.y.shape, dtype, seed=1)
        return a


def vocabularies(*sizes):
    return {f"{v}x{e}-b{batch}x{n}": ({"vocab_size": v, "embedding_size": e}, (batch, n))
            for v, e, batch, n in sizes}


def looked_up(x, w):
    """As Lookup has it, features before indices."""
    return torch.embedding(w, x).transpose(1, 2).contiguous()


def lookup_gradient(x, gy, words):
    return aten.embedding_dense_backward.default(gy.transpose(1, 2), x, words, -1,
                                                 False).T.contiguous()


def alpha_masked(a):
    """Its mask, times what is kept."""
    return a.layer.a * torch.from_numpy(a.layer.mask).to(a.gy.dtype)


ALPHA_DROPOUT = [
    LayerCase("AlphaDropout", SIZES, {
        "Forward": lambda a: (torch.alpha_dropout, a.x, 0.5, True),
        "Backward": lambda a: (torch.mul, a.gy, alpha_masked(a)),
    }, reads={"Backward": ("gy",)}),
]

READS = {"Forward": ("x", "y"), "Backward": (), "Gradient": ("x", "gy")}

CASES = [
    LayerCase("Linear3D", row_sizes((256, 256, 16), (512, 512, 64)), {
        "Forward": lambda a: (nn.linear, a.x, transposed_weight(a).T, bias(a)),
        "Backward": lambda a: (torch.matmul, a.gy, transposed_weight(a).T),
        "Gradient": lambda a: (linear_gradient, torch, a.x.flatten(0, 1), a.gy.flatten(0, 1)),
    }, reads={"Backward": ("gy", "p")}),
    IndexCase("Embedding", vocabularies((1000, 64, 32, 16), (10000, 128, 32, 64),
                                        (10000, 300, 64, 128)), {
        "Forward": lambda a: (torch.embedding, a.w, a.x),
        "Backward": lambda a: (partial(torch.zeros, dtype=a.gy.dtype), a.x.shape),
        "Gradient": lambda a: (aten.embedding_dense_backward.default, a.gy, a.x, len(a.w), -1,
                               False),
    }, reads=READS),
    IndexCase("Lookup", vocabularies((1000, 64, 32, 16), (10000, 128, 32, 64)), {
        "Forward": lambda a: (looked_up, a.x, a.w),
        "Backward": lambda a: (partial(torch.zeros, dtype=a.gy.dtype), a.x.shape),
        "Gradient": lambda a: (lookup_gradient, a.x, a.gy, len(a.w)),
    }, reads=READS),
]
