"""Rows of the layers whose weights are shared, looked up, dropped or noisy."""
from mlpack_ann import layer

from tests.case import LayerCase, numbers
from tests.cases.linear import REFUSED, affine, torch_affine


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

LAYERS = [
    LayerCase(layer.Linear3D, draw_rows, affine, torch=torch_affine, invalid=REFUSED,
              bad_shapes=NOT_ROWS),
    LayerCase(layer.Linear3D, draw_flat_rows, flat_rows(affine), name="-flat",
              torch=flat_rows(torch_affine)),
    LayerCase(layer.Linear3D, draw_inferred_rows, affine, name="-inferred"),
]
