"""Layers whose weights are shared, looked up, dropped or noisy, and those that compare points."""
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace

import numpy as np

from mlpack_ann import layer
from mlpack_ann.bench.case import LayerCase, aten, nn, normal, torch
from mlpack_ann.bench.elementwise import SIZES
from mlpack_ann.bench.layers import bias, linear_gradient, linear_sizes, transposed_weight


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


def dropping(cls, arguments, shape, dtype):
    """DropConnect with one mask for every Forward."""
    made = cls(**arguments)
    made.mask = normal(made.parameters.shape, dtype, seed=2) > 0
    return made


def noisy(cls, arguments, shape, dtype):
    """NoisyLinear with the same noise for every Forward."""
    made = cls(**arguments)
    made.noise = normal((made.in_size + 1, made.out_size), dtype, seed=2)
    return made


def scaled_mask(a):
    return 2 * torch.from_numpy(a.layer.mask).to(a.p.dtype)


def affine(x, p, factor, width):
    """A linear layer whose weights, then bias, have a row for each input, times a factor."""
    p = (p * factor).view(-1, width)
    return torch.addmm(p[-1], x, p[:-1])


def noisy_affine(x, p, noise):
    mean, deviation = p.view(2, *noise.shape)
    p = torch.addcmul(mean, deviation, noise)
    return torch.addmm(p[-1], x, p[:-1])


def weights_used(a):
    """Those of the latest Forward, without the bias."""
    if hasattr(a.layer, "mask"):
        p = (a.p * scaled_mask(a)).view(-1, a.layer.out_size)
    else:
        noise = torch.from_numpy(a.layer.noise)
        mean, deviation = a.p.view(2, *noise.shape)
        p = mean + deviation * noise
    return p[:-1].T.contiguous().T


def by_weights(x, gy, factor):
    return torch.cat([(x.T @ gy).view(-1), gy.sum(0)]) * factor


def by_mean_and_deviation(x, gy, noise):
    by_mean = torch.cat([x.T @ gy, gy.sum(0, keepdim=True)])
    return by_mean, by_mean * noise


def alpha_masked(a):
    """Its mask, times what is kept."""
    return a.layer.a * torch.from_numpy(a.layer.mask).to(a.gy.dtype)


ALPHA_DROPOUT = [
    LayerCase("AlphaDropout", SIZES, {
        "Forward": lambda a: (torch.alpha_dropout, a.x, 0.5, True),
        "Backward": lambda a: (torch.mul, a.gy, alpha_masked(a)),
    }, reads={"Backward": ("gy",)}),
]

RANDOM = [
    LayerCase("DropConnect", linear_sizes((256, 256), (1024, 1024)), {
        "Forward": lambda a: (affine, a.x, a.p, scaled_mask(a), a.layer.out_size),
        "Backward": lambda a: (torch.mm, a.gy, weights_used(a).T),
        "Gradient": lambda a: (by_weights, a.x, a.gy, scaled_mask(a)),
    }, reads={"Backward": ("gy", "p")}, make=dropping),
    LayerCase("NoisyLinear", linear_sizes((256, 256), (1024, 1024)), {
        "Forward": lambda a: (noisy_affine, a.x, a.p, torch.from_numpy(a.layer.noise)),
        "Backward": lambda a: (torch.mm, a.gy, weights_used(a).T),
        "Gradient": lambda a: (by_mean_and_deviation, a.x, a.gy, torch.from_numpy(a.layer.noise)),
    }, reads={"Backward": ("gy", "p")}, make=noisy),
]

def centred(cls, arguments, shape, dtype):
    """RBF with centres like the points, and wide functions: so none of the results is 0."""
    centres = normal((arguments["out_size"], shape[1]), dtype, seed=2)
    return cls(centres=centres, betas=0.5 / shape[1])


def centres(a):
    return torch.from_numpy(a.layer.centres).to(a.x.dtype)


def gaussians(x, centres, betas):
    """By the differences: a product would lose digits."""
    distances = torch.cdist(x, centres, compute_mode="donot_use_mm_for_euclid_dist")
    return torch.exp(-betas * distances.square())


RBF = [
    LayerCase("RBF", {f"{i}-{o}-b{batch}": ({"out_size": o}, (batch, i))
                      for i, o, batch in ((16, 64, 32), (64, 256, 256), (784, 1000, 256))}, {
        "Forward": lambda a: (gaussians, a.x, centres(a), a.layer.betas),
    }, make=centred),
]

def compared(x, p, features):
    """MiniBatchDiscrimination, with an array of all pairs."""
    m = (x @ p.view(x.shape[1], -1)).view(len(x), features, -1)
    closeness = torch.exp(-(m[:, None] - m).abs().sum(2))
    return torch.cat([x, closeness.sum(1)], 1)


def compared_gradient(a):
    p = a.p.clone().requires_grad_()
    with torch.enable_grad():
        y = compared(a.x, p, a.layer.features)
    return partial(torch.autograd.grad, retain_graph=True), y, p, a.gy


def discriminating(cls, arguments, shape, dtype):
    return cls(in_size=shape[1], out_size=shape[1] + arguments["outputs"],
               features=arguments["features"], dtype=arguments["dtype"])


DISCRIMINATION = [
    LayerCase("MiniBatchDiscrimination", {
        f"{i}-{outputs}x{features}-b{batch}": ({"outputs": outputs, "features": features},
                                               (batch, i))
        for i, outputs, features, batch in ((64, 16, 5, 32), (256, 50, 5, 128),
                                            (1024, 100, 16, 64))}, {
        "Forward": lambda a: (compared, a.x, a.p, a.layer.features),
        "Gradient": compared_gradient,
    }, make=discriminating),
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
] + RANDOM + RBF + DISCRIMINATION
