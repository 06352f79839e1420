"""Rows of the layers that multiply by a matrix."""
from mlpack_ann import layer

from tests.case import LayerCase, numbers


def draw(rng):
    in_size, out_size = numbers(rng, 1, 6, 2).tolist()
    return {"in_size": in_size, "out_size": out_size}, (numbers(rng, 1, 5), in_size)


def draw_inferred(rng):
    arguments, shape = draw(rng)
    return {"out_size": arguments["out_size"]}, shape


def product(m, x):
    return x @ m.parameters[:m.in_size * m.out_size].reshape(m.in_size, m.out_size)


def affine(m, x):
    return product(m, x) + m.parameters[m.in_size * m.out_size:]


def torch_affine(m, x, parameters):
    split = m.in_size * m.out_size
    y = x @ parameters[:split].reshape(m.in_size, m.out_size)
    return y + parameters[split:] if parameters.numel() > split else y


REFUSED = [({"in_size": 0, "out_size": 3}, ValueError), ({"in_size": 3}, TypeError),
           ({"in_size": 2.5, "out_size": 3}, TypeError),
           ({"in_size": 2, "out_size": 3, "dtype": "int32"}, TypeError),
           ({"in_size": 2, "out_size": 3, "regularizer": 1}, TypeError),
           ({"in_size": 2, "out_size": 3, "rng": 7}, TypeError)]
BAD_SHAPES = [({"in_size": 3, "out_size": 2}, (4, 2)), ({"in_size": 3, "out_size": 2}, (3,)),
              ({"in_size": 3, "out_size": 2}, (2, 1, 3)), ({"out_size": 2}, (2, 0))]

LAYERS = [
    LayerCase(layer.Linear, draw, affine, torch=torch_affine, invalid=REFUSED,
              bad_shapes=BAD_SHAPES),
    LayerCase(layer.Linear, draw_inferred, affine, name="-inferred"),
    LayerCase(layer.LinearNoBias, draw, product, torch=torch_affine, invalid=REFUSED,
              bad_shapes=BAD_SHAPES),
]
