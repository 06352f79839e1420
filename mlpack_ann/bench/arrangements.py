"""Layers without weights that select, repeat, rearrange, encode, sum or sample."""
import numpy as np

from mlpack_ann.bench.case import LayerCase, aten, torch
from mlpack_ann.bench.elementwise import layers
from mlpack_ann.bench.layers import FROM_GY, NORM_IMAGES, ROW_SIZES, label

BOTH = ("Forward", "Backward")
MATRICES = [(100, 100), (1000, 1000)]


def sized(shapes, **arguments):
    return {label(shape): (arguments, shape) for shape in shapes}


ELEMENTWISE = [case for made in [
    layers("MultiplyConstant", lambda m, x: 2.5 * x, None,
           lambda a: (torch.mul, a.x, 2.5), lambda a: (torch.mul, a.gy, 2.5), given=BOTH,
           reads=FROM_GY, scalar=2.5),
    layers("Scale", lambda m, x: 2.5 * x, None,
           lambda a: (torch.mul, a.x, 2.5), lambda a: (torch.mul, a.gy, 2.5), given=BOTH,
           reads=FROM_GY, scale_factor=2.5),
    layers("FTSwish", lambda m, x: m.clip(x, 0, None) / (1 + m.exp(-x)) - 0.2),
    layers("ISRLU", lambda m, x: m.where(x < 0, x / m.sqrt(1 + x * x), x),
           lambda m, x, y: m.where(x < 0, (y / x) ** 3, m.ones_like(x))),
] for case in made]


# ---------------------------------------------------------------- rows

def softmin(x):
    return torch._softmax(-x, 1, False)


def softmin_back(gy, y):
    return -torch._softmax_backward_data(gy, y, 1, y.dtype)


def sample_again(cls, arguments, shape, dtype):
    """Return a Reparametrization that does not draw, as its sample is assigned."""
    made = cls(**arguments)
    made.gaussian_sample = np.random.default_rng(3).normal(size=(shape[0], shape[1] // 2))
    return made


def samples(a):
    return torch.tensor(a.layer.gaussian_sample, dtype=a.x.dtype)


def reparametrize(x, sample):
    pre, mean = x.chunk(2, 1)
    return torch.addcmul(mean, torch.nn.functional.softplus(pre), sample)


SOFTMIN = [
    LayerCase("Softmin", ROW_SIZES, {
        "Forward": lambda a: (softmin, a.x),
        "Backward": lambda a: (softmin_back, a.gy, a.y),
    }, reads={"Backward": ("gy", "y")}),
]

ROWS = [
    LayerCase("PositionalEncoding", {
        label(shape): ({"embed_dim": shape[2], "max_sequence_length": shape[1]}, shape)
        for shape in ((1, 32, 64), (32, 128, 64), (32, 512, 256))}, {
        "Forward": lambda a: (torch.add, a.x, torch.tensor(a.layer.positional_encoding,
                                                           dtype=a.x.dtype)),
        "Backward": lambda a: (torch.clone, a.gy),
    }, given=("Forward",), reads=FROM_GY),
    LayerCase("Reparametrization", sized(MATRICES, include_kl=False), {
        "Forward": lambda a: (reparametrize, a.x, samples(a)),
    }, make=sample_again),
]


# ---------------------------------------------------------------- copies and sums

def middle(x):
    """The middle half of every row."""
    n = x.shape[1]
    return x[:, n // 4:3 * n // 4]


def middle_back(gy):
    return torch.constant_pad_nd(gy, (gy.shape[1] // 2, gy.shape[1] // 2))


SUBVIEW = {label(shape): ({"begin_row": shape[1] // 4, "end_row": 3 * shape[1] // 4 - 1}, shape)
           for shape in MATRICES}
SHUFFLE = {label(shape): ({"in_row_size": shape[3], "in_col_size": shape[2], "depth": shape[1],
                           "group_count": 4}, shape) for shape in NORM_IMAGES}

COPIES = [
    LayerCase("Constant", sized(MATRICES, out_size=100, scalar=2.5), {
        "Forward": lambda a: (torch.full_like, a.y, 2.5),
        "Backward": lambda a: (torch.zeros_like, a.x),
    }, {
        "Forward": lambda a: (np.full_like, a.y, 2.5),
        "Backward": lambda a: (np.zeros_like, a.x),
    }, reads={"Forward": (), "Backward": ()}),
    LayerCase("Select", sized(MATRICES, index=50), {
        "Forward": lambda a: (lambda x: x[50:51].clone(), a.x),
        "Backward": lambda a: (aten.slice_backward.default, a.gy, a.x.shape, 0, 50, 51, 1),
    }, reads={"Forward": ("y",), "Backward": ("gy",)}),
    LayerCase("Subview", SUBVIEW, {
        "Forward": lambda a: (lambda x: middle(x).clone(memory_format=torch.contiguous_format),
                              a.x),
        "Backward": lambda a: (middle_back, a.gy),
    }, {"Forward": lambda a: (lambda x: middle(x).copy(), a.x)},
        reads={"Forward": ("y",), "Backward": ("gy",)}),
    LayerCase("Join", sized(MATRICES), {
        "Forward": lambda a: (torch.clone, a.x.reshape(1, -1)),
        "Backward": lambda a: (torch.clone, a.gy.reshape(a.x.shape)),
    }, {"Forward": lambda a: (np.copy, a.x.reshape(1, -1))}, reads=FROM_GY),
    LayerCase("Concatenate", sized(MATRICES, concat=np.linspace(0, 1, 100)), {
        "Forward": lambda a: (torch.cat, (a.x, torch.tensor(
            a.layer.concat, dtype=a.x.dtype).expand(len(a.x), -1)), 1),
        "Backward": lambda a: (lambda gy: gy[:, :-100].contiguous(), a.gy),
    }, reads=FROM_GY),
    LayerCase("Repeat", sized(NORM_IMAGES, multiples=(1, 2, 2)), {
        "Forward": lambda a: (torch.Tensor.repeat, a.x, 1, 1, 2, 2),
        "Backward": lambda a: (lambda gy, h, w: gy.unflatten(3, (2, w)).unflatten(2, (2, h)).sum(
            (2, 4)), a.gy, *a.x.shape[2:]),
    }, {"Forward": lambda a: (np.tile, a.x, (1, 1, 2, 2))}, reads=FROM_GY),
    LayerCase("Repeat", sized(NORM_IMAGES, multiples=(2, 2), interleave=True), {
        "Forward": lambda a: (lambda x: x.repeat_interleave(2, 2).repeat_interleave(2, 3), a.x),
        "Backward": lambda a: (lambda gy: gy.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).sum(
            (3, 5)), a.gy),
    }, {"Forward": lambda a: (lambda x: x.repeat(2, 2).repeat(2, 3), a.x)}, reads=FROM_GY),
    LayerCase("SumReduce", sized(NORM_IMAGES, axis=0), {
        "Forward": lambda a: (torch.sum, a.x, 1),
        "Backward": lambda a: (lambda gy, n: gy[:, None].expand(-1, n, -1, -1).contiguous(),
                               a.gy, a.x.shape[1]),
    }, {"Forward": lambda a: (np.sum, a.x, 1)}, reads=FROM_GY),
    LayerCase("SumReduce", sized(NORM_IMAGES, axis=2), {
        "Forward": lambda a: (torch.sum, a.x, 3),
        "Backward": lambda a: (lambda gy, n: gy[..., None].expand(-1, -1, -1, n).contiguous(),
                               a.gy, a.x.shape[3]),
    }, {"Forward": lambda a: (np.sum, a.x, 3)}, reads=FROM_GY),
    LayerCase("ChannelShuffle", SHUFFLE, {
        "Forward": lambda a: (torch.channel_shuffle, a.x, 4),
        "Backward": lambda a: (torch.channel_shuffle, a.gy, a.x.shape[1] // 4),
    }, reads=FROM_GY),
]
