"""Pooling by p-norms."""
from mlpack_ann.bench.case import LayerCase, torch
from mlpack_ann.bench.layers import pooling_sizes, window

READS = {"Backward": ("gy", "x", "y")}


def norm(a):
    return torch.nn.functional.lp_pool2d, a.x, a.layer.norm_type, *window(a)


def norm_sizes(norm_type, kernel, stride):
    return {f"p{norm_type}-{size}": ({"norm_type": norm_type, **arguments}, shape)
            for size, (arguments, shape) in pooling_sizes(kernel, stride).items()}


CASES = [LayerCase("LpPooling", norm_sizes(*sizes), {"Forward": norm}, reads=READS)
         for sizes in ((2, 2, 2), (2, 3, 2), (4, 3, 2))]
