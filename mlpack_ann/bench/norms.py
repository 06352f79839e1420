"""Group and virtual batch normalisation."""
from mlpack_ann.bench.case import LayerCase, aten, normal, torch
from mlpack_ann.bench.layers import NORM_IMAGES, label, scale_and_shift

GROUPS = 4


def group_norm(a):
    n, channels, height, width = a.x.shape
    return (torch.native_group_norm, a.x, *scale_and_shift(a), n, channels, height * width, GROUPS,
            a.layer.eps)


def group_norm_backward(a, wanted):
    function, x, gamma, _, *sizes, eps = group_norm(a)
    _, mean, deviation = function(*group_norm(a)[1:])
    return (aten.native_group_norm_backward.default, a.gy, x, mean, deviation, gamma, *sizes,
            wanted)


def virtual(a):
    """Return the formula's arguments: the reference's statistics, and what the others count."""
    reference = a.x.new_tensor(a.layer.reference_batch)
    var, mean = torch.var_mean(reference, (0, 2, 3), correction=0, keepdim=True)
    gamma, beta = (part[:, None, None] for part in scale_and_shift(a))
    return mean, var + mean * mean, 1 / (len(reference) + 1), gamma, beta, a.layer.eps


def virtual_batch_norm(x, mean, square, c, gamma, beta, eps):
    var, own = torch.var_mean(x, (0, 2, 3), correction=0, keepdim=True)
    mean = mean + c * (own - mean)
    square = square + c * (var + own * own - square)
    scale = gamma * torch.rsqrt(square - mean * mean + eps)
    return torch.addcmul(beta - scale * mean, x, scale)


def with_reference(cls, arguments, shape, dtype):
    return cls(normal((8, *shape[1:]), dtype, seed=2), **arguments)


CASES = [
    LayerCase("GroupNorm", {label(shape): ({"group_count": GROUPS, "size": shape[1]}, shape)
                            for shape in NORM_IMAGES}, {
        "Forward": group_norm,
        "Backward": lambda a: group_norm_backward(a, (True, False, False)),
        "Gradient": lambda a: group_norm_backward(a, (False, True, True)),
    }),
    LayerCase("VirtualBatchNorm", {label(shape): ({}, shape) for shape in NORM_IMAGES}, {
        "Forward": lambda a: (virtual_batch_norm, a.x, *virtual(a)),
    }, make=with_reference),
]
