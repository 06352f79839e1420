"""Rows of the layers whose weights are shared, looked up, dropped or noisy."""
import numpy as np

from mlpack_ann import layer
from mlpack_ann.activation_functions import (MultiQuadFunction, SoftplusFunction,
                                             SplineFunction)
from mlpack_ann.activation_functions.activation import Activation

from tests.case import LayerCase, numbers
from tests.cases.linear import (BAD_SHAPES, REFUSED, affine, draw, draw_inferred,
                                torch_affine)


def draw_rows(rng):
    """Points of one to three axes, so that rows of a point are none, some, or a matrix of them."""
    in_size, out_size = numbers(rng, 1, 6, 2).tolist()
    shape = tuple(numbers(rng, 1, 4, numbers(rng, 1, 3)).tolist())
    return {"in_size": in_size, "out_size": out_size}, (*shape, in_size)


def draw_flat_rows(rng):
    arguments, shape = draw_rows(rng)
    return arguments, (shape[0], numbers(rng, 2, 4) * arguments["in_size"])


def draw_inferred_rows(rng):
    arguments, shape = draw_rows(rng)
    return {"out_size": arguments["out_size"]}, shape


def flat_rows(affine_rows):
    """The same of flat points."""
    def of_flat(m, x, *parameters):
        return affine_rows(m, x.reshape(len(x), -1, m.in_size), *parameters).reshape(len(x), -1)
    return of_flat


NOT_ROWS = [({"in_size": 3, "out_size": 2}, shape) for shape in (
    (3,), (4, 2), (4, 7), (4, 2, 6), (2, 3, 4), (2, 0), (2, 3, 0))] + [({"out_size": 2}, (2, 0))]

# ---------------------------------------------------------------- random weights

def draw_dropped(rng):
    arguments, shape = draw(rng)
    return {**arguments, "ratio": float(rng.choice([0, 0.2, 0.5, 0.9]))}, shape


def draw_dropped_inferred(rng):
    arguments, shape = draw_dropped(rng)
    del arguments["in_size"]
    return arguments, shape


# One mask and noise for every Forward: so it is a function that has a derivative.

def fix_mask(m, rng, shape):
    m.mask = rng.integers(2, size=(shape[1] + 1) * m.out_size)


def fix_noise(m, rng, shape):
    m.noise = rng.normal(size=(shape[1] + 1, m.out_size))


def prepare_inference(m, rng, shape):
    m.training = False


def dropped(m, x):
    weights = m.parameters * m.mask / (1 - m.ratio)
    return with_ones(x) @ weights.reshape(-1, m.out_size)


def noisy(m, x):
    mean, deviation = m.parameters.reshape(2, -1, m.out_size)
    return with_ones(x) @ (mean + deviation * m.noise)


def with_ones(x):
    """The input with a feature that the bias is the weight of."""
    return np.concatenate([x, np.ones((len(x), 1))], 1)


def torch_dropped(m, x, parameters):
    import torch
    weights = torch.from_numpy(m.mask).double() * parameters / (1 - m.ratio)
    return torch_affine(m, x, weights)


def torch_noisy(m, x, parameters):
    import torch
    mean, deviation = parameters.reshape(2, -1, m.out_size)
    return torch_affine(m, x, (mean + deviation * torch.from_numpy(m.noise)).flatten())


RATIOS = [({"in_size": 2, "out_size": 3, "ratio": ratio}, error) for ratio, error in (
    (-0.1, ValueError), (1.1, ValueError), (float("nan"), ValueError), (None, TypeError))]
WITHOUT_REGULARIZER = [case for case in REFUSED if "regularizer" not in case[0]]


# ---------------------------------------------------------------- distances

def draw_centres(rng):
    in_size, out_size = numbers(rng, 1, 40), numbers(rng, 2, 40)
    betas = {} if rng.integers(2) else {"betas": rng.uniform(0.1, 1)}
    return ({"centres": rng.uniform(-2, 2, (out_size, in_size)), **betas},
            (numbers(rng, 1, 7), in_size))


def draw_sized_centres(rng):
    arguments, shape = draw_centres(rng)
    out_size, in_size = arguments["centres"].shape
    activation = [MultiQuadFunction, SplineFunction, SoftplusFunction][rng.integers(3)]()
    return {"in_size": in_size, "out_size": out_size, **arguments, "activation": activation}, shape


def scaled_distances(m, x):
    return np.sqrt(m.betas * np.square(x[:, None] - m.centres).sum(2))


def rbf(m, x):
    return np.exp(-scaled_distances(m, x)**2)


def rbf_of_activation(m, x):
    return m.activation.Fn(scaled_distances(m, x))


def torch_rbf(m, x, parameters):
    import torch
    return torch.exp(-m.betas * (x[:, None] - torch.from_numpy(m.centres)).square().sum(2))


def draw_compared(rng):
    """Points of many features, so that a large array of them has not too many pairs."""
    in_size, outputs, features = numbers(rng, 60, 100), numbers(rng, 1, 3), numbers(rng, 1, 4)
    return ({"in_size": in_size, "out_size": in_size + outputs, "features": features},
            (numbers(rng, 1, 6), in_size))


def draw_compared_inferred(rng):
    arguments, shape = draw_compared(rng)
    del arguments["in_size"]
    return arguments, shape


def compared(m, x):
    projected = (x @ m.parameters.reshape(m.in_size, -1)).reshape(len(x), m.features, -1)
    closeness = np.exp(-abs(projected[:, None] - projected).sum(2))
    return np.concatenate([x, closeness.sum(1)], 1)


def torch_compared(m, x, parameters):
    import torch
    projected = (x @ parameters.reshape(m.in_size, -1)).reshape(len(x), m.features, -1)
    closeness = torch.exp(-(projected[:, None] - projected).abs().sum(2))
    return torch.cat([x, closeness.sum(1)], 1)


COMPARED = {"in_size": 3, "out_size": 5, "features": 2}
NOT_COMPARED = [({**COMPARED, **change}, error) for change, error in [
    ({"in_size": 0}, ValueError), ({"in_size": 5}, ValueError), ({"out_size": 2.5}, TypeError),
    ({"features": 0}, ValueError), ({"features": None}, TypeError),
    ({"features": 2**31 - 1}, ValueError), ({"dtype": "int32"}, TypeError),
    ({"rng": 3}, TypeError)]]
NOT_POINTS = [(COMPARED, shape) for shape in ((3,), (2, 4), (2, 5), (2, 1, 3), (2, 0))] + [
    ({"out_size": 5, "features": 2}, shape) for shape in ((2, 5), (2, 0), (2, 7))]

CENTRES = np.arange(1.0, 7).reshape(2, 3)
NO_CENTRES = [({"centres": CENTRES, **change}, error) for change, error in [
    ({"centres": None}, TypeError), ({"centres": "text"}, TypeError),
    ({"centres": CENTRES + 1j}, TypeError), ({"centres": CENTRES[0]}, ValueError),
    ({"centres": CENTRES[:0]}, ValueError), ({"centres": CENTRES[:, :0]}, ValueError),
    ({"centres": CENTRES * np.inf}, ValueError), ({"centres": CENTRES[:1]}, ValueError),
    ({"in_size": 2}, ValueError), ({"out_size": 3}, ValueError), ({"in_size": 2.5}, TypeError),
    ({"betas": -1}, ValueError), ({"betas": "x"}, TypeError), ({"activation": "x"}, TypeError),
    ({"activation": Activation()}, TypeError)]]
NOT_FEATURES = [({"centres": CENTRES}, shape) for shape in ((3,), (2, 2), (2, 1, 3), (2, 0))]


# ---------------------------------------------------------------- indices

WORDS = 3                               # the vocabulary has at least so many


def draw_indices(rng):
    """Points of no axis to two."""
    arguments = {"vocab_size": numbers(rng, WORDS, 6), "embedding_size": numbers(rng, 1, 20)}
    return arguments, tuple(numbers(rng, 1, 5, numbers(rng, 1, 3)).tolist())


def draw_flat_indices(rng):
    return draw_indices(rng)[0], (numbers(rng, 1, 5), 2 * numbers(rng, 1, 6))


def indices(rng, shape):
    return rng.integers(WORDS, size=shape).astype(float)


def two_rows(m, rng, shape):
    m.input_dimensions = 2, shape[1] // 2


def embedding(m, x):
    return m.parameters.reshape(m.vocab_size, m.embedding_size)[x.astype(int)]


def lookup(m, x):
    weight = m.parameters.reshape(m.embedding_size, m.vocab_size)
    return np.moveaxis(weight[:, x.astype(int)], 0, 1)


def torch_embedding(m, x, parameters):
    from torch.nn.functional import embedding
    weight = parameters.reshape(m.vocab_size, m.embedding_size)
    return embedding(x.long(), weight) + 0 * x.sum()        # which gives x a derivative


def torch_lookup(m, x, parameters):
    return parameters.reshape(m.embedding_size, -1)[:, x.long()].movedim(0, 1) + 0 * x.sum()


def flattened(function):
    return lambda m, x, *parameters: function(m, x, *parameters).reshape(len(x), -1)


NO_VOCABULARY = [({"vocab_size": 0, "embedding_size": 2}, ValueError),
                 ({"vocab_size": 2, "embedding_size": -1}, ValueError),
                 ({"vocab_size": 2.5, "embedding_size": 2}, TypeError),
                 ({"vocab_size": 2}, TypeError),
                 ({"vocab_size": 2, "embedding_size": 2, "dtype": "int64"}, TypeError),
                 ({"vocab_size": 2**24 + 1, "embedding_size": 1, "dtype": "float32"}, ValueError),
                 ({"vocab_size": 2, "embedding_size": 2, "rng": 3}, TypeError)]
MANY_AXES = [({"vocab_size": 2, "embedding_size": 2}, (1,) * 64)]

LAYERS = [
    LayerCase(layer.Linear3D, draw_rows, affine, torch=torch_affine, invalid=REFUSED,
              bad_shapes=NOT_ROWS),
    LayerCase(layer.Linear3D, draw_flat_rows, flat_rows(affine), name="-flat",
              torch=flat_rows(torch_affine)),
    LayerCase(layer.Linear3D, draw_inferred_rows, affine, name="-inferred"),
    LayerCase(layer.DropConnect, draw_dropped, dropped, prepare=fix_mask, keeps_forward=True,
              torch=torch_dropped, invalid=WITHOUT_REGULARIZER + RATIOS, bad_shapes=BAD_SHAPES),
    LayerCase(layer.DropConnect, draw_dropped_inferred, dropped, name="-inferred",
              prepare=fix_mask, keeps_forward=True),
    LayerCase(layer.DropConnect, draw_dropped, affine, name="-inference",
              prepare=prepare_inference, keeps_forward=True),
    LayerCase(layer.NoisyLinear, draw, noisy, prepare=fix_noise, keeps_forward=True,
              torch=torch_noisy, invalid=WITHOUT_REGULARIZER, bad_shapes=BAD_SHAPES),
    LayerCase(layer.NoisyLinear, draw_inferred, noisy, name="-inferred", prepare=fix_noise,
              keeps_forward=True),
    LayerCase(layer.NoisyLinear, draw, noisy, name="-inference", prepare=prepare_inference,
              keeps_forward=True),
    LayerCase(layer.RBF, draw_centres, rbf, torch=torch_rbf, keeps_forward=True,
              invalid=NO_CENTRES, bad_shapes=NOT_FEATURES),
    LayerCase(layer.RBF, draw_sized_centres, rbf_of_activation, name="-activation",
              keeps_forward=True),
    LayerCase(layer.MiniBatchDiscrimination, draw_compared, compared, torch=torch_compared,
              low=-0.2, high=0.2, keeps_forward=True, invalid=NOT_COMPARED, bad_shapes=NOT_POINTS),
    LayerCase(layer.MiniBatchDiscrimination, draw_compared_inferred, compared, name="-inferred",
              low=-0.2, high=0.2, keeps_forward=True),
    *[case for cls, reference, torch in ((layer.Embedding, embedding, torch_embedding),
                                         (layer.Lookup, lookup, torch_lookup)) for case in (
        LayerCase(cls, draw_indices, reference, inputs=indices, indices=True, torch=torch,
                  invalid=NO_VOCABULARY, bad_shapes=MANY_AXES),
        LayerCase(cls, draw_flat_indices, flattened(reference), name="-flat", inputs=indices,
                  prepare=two_rows, indices=True, torch=flattened(torch)))],
]
