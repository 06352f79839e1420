"""Layers whose weights are shared, looked up, dropped or noisy, and those that compare points."""
from mlpack_ann.bench.case import LayerCase, nn, torch
from mlpack_ann.bench.layers import bias, linear_gradient, transposed_weight


def row_sizes(*shapes):
    return {f"{i}x{o}-b{batch}x{rows}": ({"in_size": i, "out_size": o}, (batch, rows, i))
            for i, o, rows in shapes for batch in (1, 32)}


CASES = [
    LayerCase("Linear3D", row_sizes((256, 256, 16), (512, 512, 64)), {
        "Forward": lambda a: (nn.linear, a.x, transposed_weight(a).T, bias(a)),
        "Backward": lambda a: (torch.matmul, a.gy, transposed_weight(a).T),
        "Gradient": lambda a: (linear_gradient, torch, a.x.flatten(0, 1), a.gy.flatten(0, 1)),
    }, reads={"Backward": ("gy", "p")}),
]
