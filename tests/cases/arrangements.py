"""Rows of the layers without weights that select, repeat, rearrange, encode, sum or sample."""
import numpy as np

from mlpack_ann import layer

from tests.case import LayerCase, any_shape, numbers
from tests.cases.elementwise import NOT_A_NUMBER, draw, draw_wide, drawing, log_softmax, refused


def logistic(x):
    return 1 / (1 + np.exp(-x))


def ftswish(m, x):
    return np.where(x >= 0, x * logistic(x), 0) + m.t


def torch_ftswish(m, x, parameters):
    import torch
    return torch.where(x >= 0, x * x.sigmoid(), 0) + m.t


def isrlu(m, x):
    return np.where(x >= 0, x, x / np.sqrt(1 + m.alpha * x**2))


def torch_isrlu(m, x, parameters):
    import torch
    return torch.where(x >= 0, x, x / (1 + m.alpha * x**2).sqrt())


def torch_softmin(m, x, parameters):
    return (-x.flatten(1)).softmax(1).reshape(x.shape)


# ---------------------------------------------------------------- parts of a batch

def draw_constant(rng):
    return dict(out_size=numbers(rng, 1, 5), scalar=rng.normal()), any_shape(rng)


def draw_select(rng):
    shape = any_shape(rng)
    return dict(index=numbers(rng, 0, shape[0] - 1),
                elements=numbers(rng, 0, int(np.prod(shape[1:])))), shape


def select(m, x):
    chosen = x[m.index:m.index + 1]
    return chosen.reshape(1, -1)[:, :m.elements] if m.elements else chosen


def draw_subview(rng):
    """Ends within the range, below the beginning and beyond the last."""
    in_size, points = numbers(rng, 1, 4), numbers(rng, 1, 3)
    shape = in_size * points, *any_shape(rng)[1:]
    features = int(np.prod(shape[1:]))
    return dict(in_size=in_size,
                begin_row=numbers(rng, 0, features - 1), end_row=numbers(rng, 0, features + 1),
                begin_col=numbers(rng, 0, in_size - 1), end_col=numbers(rng, 0, in_size)), shape


def subview(m, x):
    blocks = x.reshape(len(x) // m.in_size, m.in_size, -1)
    ends = [end + 1 if begin <= end < size else size for begin, end, size in (
        (m.begin_col, m.end_col, m.in_size), (m.begin_row, m.end_row, blocks.shape[2]))]
    return blocks[:, m.begin_col:ends[0], m.begin_row:ends[1]].reshape(len(blocks), -1)


# ---------------------------------------------------------------- more than there was

def draw_concatenate(rng):
    concat = rng.normal(size=(1, numbers(rng, 0, 5)))
    return dict(concat=[concat, concat[0], None][rng.integers(3)]), any_shape(rng)


def concatenate(m, x):
    more = np.zeros((1, 0)) if m.concat is None else m.concat.reshape(1, -1)
    return np.concatenate([x.reshape(len(x), -1), np.broadcast_to(more, (len(x), more.size))], 1)


def torch_concatenate(m, x, parameters):
    import torch
    return torch.cat([x.flatten(1), torch.tensor(concatenate(m, np.zeros((len(x), 0))))], 1)


def draw_repeat(rng):
    shape = any_shape(rng)
    return dict(multiples=tuple(numbers(rng, 1, 3, numbers(rng, 1, len(shape) - 1)).tolist()),
                interleave=bool(rng.integers(2))), shape


def draw_wide_repeat(rng):
    """Rows that are long beside the copies, and copies that are many beside the rows."""
    return dict(multiples=(numbers(rng, 1, 3), numbers(rng, 2, 30)),
                interleave=bool(rng.integers(2))), (numbers(rng, 1, 2), numbers(rng, 1, 3),
                                                    numbers(rng, 1, 30))


def repeat(m, x):
    if not m.interleave:
        return np.tile(x, m.multiples)
    for axis, times in enumerate(m.multiples, x.ndim - len(m.multiples)):
        x = x.repeat(times, axis)
    return x


def torch_repeat(m, x, parameters):
    if not m.interleave:
        return x.repeat(*[1] * (x.ndim - len(m.multiples)), *m.multiples)
    for axis, times in enumerate(m.multiples, x.ndim - len(m.multiples)):
        x = x.repeat_interleave(times, axis)
    return x


def two_three_two(m, rng, shape):
    m.input_dimensions = 2, 3, 2


def of_points(reference):
    """The reference for flat points of input_dimensions (2, 3, 2)."""
    def flat(m, x):
        return reference(m, x.reshape(len(x), 2, 3, 2)).reshape(len(x), -1)
    return flat


# ---------------------------------------------------------------- sums and arrangements

def draw_sum(rng):
    shape = any_shape(rng)
    return dict(axis=numbers(rng, 0, len(shape) - 2), keep_dimensions=bool(rng.integers(2))), shape


def draw_long_sum(rng):
    """Sums of many terms, and more of them than a block has columns."""
    shape = numbers(rng, 1, 2), numbers(rng, 1, 40), [1, numbers(rng, 250, 600)][rng.integers(2)]
    return dict(axis=0), shape


def sum_reduce(m, x):
    return x.sum(1 + m.axis, keepdims=m.keep_dimensions or x.ndim == 2)


def torch_sum_reduce(m, x, parameters):
    return x.sum(1 + m.axis, keepdim=m.keep_dimensions or x.ndim == 2)


def draw_channel_shuffle(rng):
    height, width, groups, size = numbers(rng, 1, 4, 4).tolist()
    return dict(in_row_size=width, in_col_size=height, depth=groups * size,
                group_count=groups), (numbers(rng, 1, 3), groups * size, height, width)


def channel_shuffle(m, x):
    """The definition, one channel at a time."""
    y, size = np.empty_like(x), m.depth // m.group_count
    for i, g in np.ndindex(size, m.group_count):
        y[:, i * m.group_count + g] = x[:, g * size + i]
    return y


def torch_channel_shuffle(m, x, parameters):
    from torch.nn import functional
    return functional.channel_shuffle(x, m.group_count)


def draw_flat_channel_shuffle(rng):
    arguments, (batch, *rest) = draw_channel_shuffle(rng)
    return arguments, (batch, int(np.prod(rest)))


def channel_shuffle_flat(m, x):
    images = x.reshape(len(x), m.depth, m.in_col_size, m.in_row_size)
    return channel_shuffle(m, images).reshape(x.shape)


def draw_encoding(rng):
    features, length = numbers(rng, 1, 6), numbers(rng, 1, 9)
    shape = numbers(rng, 1, 4), numbers(rng, 1, length), features
    arguments = dict(embed_dim=features, max_sequence_length=length)
    return arguments, shape if rng.integers(2) else (shape[0], shape[1] * features)


def encoding(m, x):
    """The definition, one element at a time."""
    y = x.reshape(len(x), -1, m.embed_dim).copy()
    for _, t, j in np.ndindex(1, *y.shape[1:]):
        angle = t / 10000 ** (2 * (j // 2) / m.embed_dim)
        y[:, t, j] += np.cos(angle) if j % 2 else np.sin(angle)
    return y.reshape(x.shape)


# ---------------------------------------------------------------- samples

def draw_samples(rng):
    size = numbers(rng, 1, 5)
    return (dict(latent_size=[None, size][rng.integers(2)], include_kl=False,
                 beta=rng.uniform(0, 3)), (numbers(rng, 1, 5), 2 * size))


def draw_fixed(rng):
    arguments, shape = draw_samples(rng)
    return dict(arguments, stochastic=False), shape


def fix_sample(m, rng, shape):
    m.gaussian_sample = rng.normal(size=(1, shape[1] // 2))


def reparametrization(m, x):
    pre, mean = np.split(x, 2, 1)
    return mean + np.logaddexp(0, pre) * m.gaussian_sample


def torch_reparametrization(m, x, parameters):
    import torch
    pre, mean = x.chunk(2, 1)
    return mean + torch.nn.functional.softplus(pre) * torch.tensor(m.gaussian_sample)


SIZES = [(0, ValueError), (-1, ValueError), (1.5, TypeError), ("2", TypeError), (None, TypeError)]


def sizes(arguments, *names, allowed=()):
    """What these parameters refuse, beside good arguments for the others."""
    return [({**arguments, name: value}, error) for name in names for value, error in SIZES
            if value not in allowed]


LAYERS = [
    LayerCase(layer.MultiplyConstant, drawing(scalar=(-2, 2)), lambda m, x: m.scalar * x,
              torch=lambda m, x, parameters: m.scalar * x, invalid=refused("scalar")),
    LayerCase(layer.Scale, drawing(scale_factor=(-2, 2)), lambda m, x: m.scale_factor * x,
              torch=lambda m, x, parameters: m.scale_factor * x, invalid=refused("scale_factor")),
    LayerCase(layer.FTSwish, drawing(t=(-1, 1)), ftswish, kinks=lambda m: (0,),
              torch=torch_ftswish, invalid=refused("t")),
    LayerCase(layer.ISRLU, drawing(alpha=(0.1, 5)), isrlu, torch=torch_isrlu,
              invalid=refused("alpha", (0, ValueError), (-1, ValueError))),
    LayerCase(layer.Softmin, draw_wide, lambda m, x: np.exp(log_softmax(m, -x)),
              torch=torch_softmin, bad_shapes=[({}, (3,))]),
    LayerCase(layer.Constant, draw_constant, lambda m, x: np.full((len(x), m.out_size), m.scalar),
              ignores_input=True,
              invalid=[*sizes({}, "out_size"),
                       *[(dict(out_size=2, scalar=value), error) for value, error in NOT_A_NUMBER]]),
    LayerCase(layer.Select, draw_select, select, torch=lambda m, x, parameters: select(m, x),
              invalid=[*sizes({}, "index", allowed=(0,)),
                       *sizes(dict(index=0), "elements", allowed=(0,))],
              bad_shapes=[(dict(index=2), (2, 3)), (dict(index=0, elements=4), (2, 3)),
                          (dict(index=0), (3,))]),
    LayerCase(layer.Subview, draw_subview, subview, torch=lambda m, x, parameters: subview(m, x),
              invalid=[*sizes({}, "in_size"),
                       *sizes({}, "begin_row", "end_row", "begin_col", "end_col", allowed=(0,)),
                       (dict(in_size=2, begin_col=2), ValueError)],
              bad_shapes=[(dict(in_size=2), (3, 4)), (dict(begin_row=4), (3, 4)), ({}, (3,)),
                          ({}, (3, 0))]),
    LayerCase(layer.Join, draw, lambda m, x: x.reshape(1, -1),
              torch=lambda m, x, parameters: x.reshape(1, -1)),
    LayerCase(layer.Concatenate, draw_concatenate, concatenate, torch=torch_concatenate,
              invalid=[(dict(concat="text"), TypeError), (dict(concat=3.0), ValueError),
                       (dict(concat=np.zeros((1, 2, 3))), ValueError),
                       (dict(concat=np.zeros(3, complex)), TypeError)],
              bad_shapes=[({}, (3,)), (dict(concat=np.zeros((2, 3))), (3, 3))]),
    LayerCase(layer.Repeat, draw_repeat, repeat, torch=torch_repeat,
              invalid=[*[(dict(multiples=value), TypeError) for value in (None, 2, (1.5,), "23")],
                       (dict(multiples=()), ValueError), (dict(multiples=(2, 0)), ValueError),
                       (dict(multiples=(2,), interleave="no"), TypeError)],
              bad_shapes=[(dict(multiples=(1, 2)), (2, 3)), (dict(multiples=(1,)), (3,)),
                          (dict(multiples=(2**30, 2**30)), (1, 2, 2))]),
    LayerCase(layer.Repeat, draw_wide_repeat, repeat, name="-wide", torch=torch_repeat),
    LayerCase(layer.Repeat, lambda rng: (draw_repeat(rng)[0], (numbers(rng, 1, 20), 12)),
              of_points(repeat), name="-input_dimensions", prepare=two_three_two),
    LayerCase(layer.SumReduce, draw_sum, sum_reduce, torch=torch_sum_reduce,
              invalid=[*sizes({}, "axis", allowed=(0,)),
                       (dict(keep_dimensions=2), TypeError)],
              bad_shapes=[(dict(axis=1), (2, 3)), ({}, (3,))]),
    LayerCase(layer.SumReduce, draw_long_sum, sum_reduce, name="-long", torch=torch_sum_reduce),
    LayerCase(layer.SumReduce, lambda rng: (dict(axis=numbers(rng, 0, 2)), (numbers(rng, 1, 20), 12)),
              of_points(sum_reduce), name="-input_dimensions", prepare=two_three_two),
    LayerCase(layer.ChannelShuffle, draw_channel_shuffle, channel_shuffle,
              torch=torch_channel_shuffle,
              invalid=[*sizes(dict(in_row_size=1, in_col_size=1, depth=2, group_count=1),
                              "in_row_size", "in_col_size", "depth", "group_count"),
                       (dict(in_row_size=1, in_col_size=1, depth=3, group_count=2), ValueError)],
              bad_shapes=[(dict(in_row_size=2, in_col_size=3, depth=4, group_count=2), shape)
                          for shape in [(1, 4, 2, 3), (1, 5, 3, 2), (1, 23), (1, 4, 3), (24,)]]),
    LayerCase(layer.ChannelShuffle, draw_flat_channel_shuffle, channel_shuffle_flat, name="_flat"),
    LayerCase(layer.PositionalEncoding, draw_encoding, encoding,
              invalid=sizes(dict(embed_dim=2, max_sequence_length=2), "embed_dim",
                            "max_sequence_length"),
              bad_shapes=[(dict(embed_dim=4, max_sequence_length=3), shape)
                          for shape in [(2, 16), (2, 3), (2, 4, 4), (2, 4, 3), (4,), (2, 1, 1, 4)]]),
    LayerCase(layer.Reparametrization, draw_samples, reparametrization, prepare=fix_sample,
              torch=torch_reparametrization, keeps_forward=True,
              invalid=[*sizes({}, "latent_size", allowed=(None,)),
                       (dict(stochastic="no"), TypeError), (dict(include_kl=None), TypeError),
                       *refused("beta", (-1, ValueError)), ({"rng": 3}, TypeError)],
              bad_shapes=[(dict(latent_size=3), (2, 4)), ({}, (2, 3)), ({}, (4,)), ({}, (2, 0))]),
    LayerCase(layer.Reparametrization, draw_fixed, reparametrization, name="-fixed",
              torch=torch_reparametrization, keeps_forward=True),
]
