"""Rows of the layers that normalise, drop or add a bias."""
import numpy as np

from mlpack_ann import layer

from tests.case import LayerCase, any_shape, numbers

EPS = [1e-8, 1e-5, 1e-3, 0.1]


def options(rng):
    return {"eps": float(rng.choice(EPS)), "average": bool(rng.integers(2)),
            "momentum": rng.uniform()}


def draw_images(rng):
    shape = tuple(numbers(rng, 1, 4, 4).tolist())
    return {"size": shape[1], **options(rng)}, shape


def draw_features(rng):
    arguments, shape = draw_images(rng)
    return arguments, shape[:2]


def draw_flat(rng):
    arguments, (n, size, height, width) = draw_images(rng)
    return arguments, (n, size * height * width)


def draw_inferred(rng):
    arguments, shape = draw_images(rng)
    del arguments["size"]
    return arguments, shape


def draw_axes(rng):
    """Statistics for any run of a point's axes."""
    shape = tuple(numbers(rng, 1, 4, numbers(rng, 3, 5)).tolist())
    first, last = sorted(numbers(rng, 0, len(shape) - 2, 2).tolist())
    return {"min_axis": first, "max_axis": last, **options(rng)}, shape


def draw_points_of_12(rng):
    return {**options(rng), "min_axis": 1}, (numbers(rng, 1, 20), 12)


def grouped(rng, shape):
    """Constructor's arguments, and the shape with as many channels as fit its groups."""
    groups = numbers(rng, 1, 3)
    shape = (shape[0], groups * numbers(rng, 1, 3), *shape[2:])
    return {"group_count": groups, "size": shape[1], "eps": float(rng.choice(EPS))}, shape


def draw_group_images(rng):
    return grouped(rng, tuple(numbers(rng, 1, 4, 4).tolist()))


def draw_group_features(rng):
    return grouped(rng, tuple(numbers(rng, 1, 6, 2).tolist()))


def draw_group_flat(rng):
    arguments, (n, size, height, width) = draw_group_images(rng)
    return arguments, (n, size * height * width)


def draw_group_inferred(rng):
    arguments, shape = draw_group_images(rng)
    del arguments["size"]
    return arguments, shape


def referenced(rng, shape, **more):
    reference = rng.normal(0.3, 1.2, (numbers(rng, 1, 5), *shape[1:]))
    return {"reference_batch": reference, "eps": float(rng.choice(EPS)), **more}, shape


def draw_virtual_images(rng):
    return referenced(rng, tuple(numbers(rng, 1, 4, 4).tolist()))


def draw_virtual_features(rng):
    return referenced(rng, tuple(numbers(rng, 1, 5, 2).tolist()))


def draw_virtual_flat(rng):
    arguments, (n, size, height, width) = draw_virtual_images(rng)
    arguments["reference_batch"] = arguments["reference_batch"].reshape(-1, size * height * width)
    return {**arguments, "size": size}, (n, size * height * width)


def draw_virtual_per_point(rng):
    shape = tuple(numbers(rng, 1, 4, rng.choice([2, 4])).tolist())
    return referenced(rng, shape, per_point=True)


def two_three_two(m, rng, shape):
    m.input_dimensions = 2, 3, 2


def infer(m, rng, shape):
    """Inference mode, with some running statistics."""
    m.running_mean, m.running_variance = np.linspace(-1, 1, m.size), np.linspace(0.5, 2, m.size)
    m.training = False


def split(m, x):
    """Return `x` as (outer, channels, inner), as BatchNorm's arguments say."""
    point = x.shape[1:] if m.input_dimensions is None else m.input_dimensions
    first = getattr(m, "min_axis", None) or 0
    if len(point) == 1:
        point = m.size, -1
    return x.reshape(len(x) * int(np.prod(point[:first])), m.size,
                     int(np.prod(x.shape[1:])) // m.size // int(np.prod(point[:first])))


def normalise(m, x, axes):
    """Normalise (outer, channels, inner) over these axes, or by the running statistics."""
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    if not m.training:
        mean, variance = m.running_mean[:, None], m.running_variance[:, None]
    gamma, beta = m.parameters.reshape(2, -1, 1)
    return gamma * (x - mean) / np.sqrt(variance + m.eps) + beta


def batch_norm(m, x):
    return normalise(m, split(m, x), (0, 2)).reshape(x.shape)


def instance_norm(m, x):
    return normalise(m, x.reshape(len(x), m.size, -1), 2).reshape(x.shape)


def layer_norm(m, x):
    flat = x.reshape(len(x), -1)
    gamma, beta = m.parameters.reshape(2, -1)
    centred = flat - flat.mean(1, keepdims=True)
    return (gamma * centred / np.sqrt(flat.var(1, keepdims=True) + m.eps) + beta).reshape(x.shape)


def group_norm(m, x):
    groups = x.reshape(len(x), m.group_count, -1)
    deviation = np.sqrt(groups.var(2, keepdims=True) + m.eps)
    normal = (groups - groups.mean(2, keepdims=True)) / deviation
    gamma, beta = m.parameters.reshape(2, -1, 1)
    return (gamma * normal.reshape(len(x), m.size, -1) + beta).reshape(x.shape)


def virtual_batch_norm(m, x):
    reference = m.reference_batch.reshape(len(m.reference_batch), m.size, -1)
    flat, axes = x.reshape(len(x), m.size, -1), 2 if m.per_point else (0, 2)
    c = 1 / (len(reference) + 1)

    def mixed(values):
        """Of values of the reference batch and of the input."""
        of_reference, of_input = values(reference), values(flat)
        return ((1 - c) * of_reference.mean((0, 2), keepdims=True)
                + c * of_input.mean(axes, keepdims=True))

    mean = mixed(lambda v: v)
    variance = mixed(lambda v: v ** 2) - mean ** 2
    gamma, beta = m.parameters.reshape(2, -1, 1)
    return (gamma * (flat - mean) / np.sqrt(variance + m.eps) + beta).reshape(x.shape)


def torch_group_norm(m, x, parameters):
    from torch.nn.functional import group_norm

    flat = x.reshape(len(x), m.size, -1)
    if flat.shape[0] * flat.shape[1] * flat.shape[2] == m.group_count:  # PyTorch refuses these
        return (0 * flat + parameters[m.size:, None]).reshape(x.shape)
    return group_norm(flat, m.group_count, parameters[:m.size], parameters[m.size:],
                      m.eps).reshape(x.shape)


def torch_batch_norm(m, x, parameters):
    from torch.nn.functional import batch_norm

    flat = split(m, x)
    if flat.shape[0] * flat.shape[2] == 1:      # PyTorch refuses a single value per channel
        return (0 * flat + parameters[m.size:, None]).reshape(x.shape)
    return batch_norm(flat, None, None, parameters[:m.size], parameters[m.size:], True,
                      eps=m.eps).reshape(x.shape)


def torch_infer(m, x, parameters):
    import torch

    mean, variance = torch.tensor(m.running_mean), torch.tensor(m.running_variance)
    return torch.nn.functional.batch_norm(x, mean, variance, parameters[:m.size],
                                          parameters[m.size:], False, eps=m.eps)


def torch_instance_norm(m, x, parameters):
    from torch.nn.functional import instance_norm

    flat = x.reshape(len(x), m.size, -1)
    if flat.shape[2] == 1:
        return (0 * flat + parameters[m.size:, None]).reshape(x.shape)
    return instance_norm(flat, weight=parameters[:m.size], bias=parameters[m.size:],
                         eps=m.eps).reshape(x.shape)


def torch_layer_norm(m, x, parameters):
    from torch.nn.functional import layer_norm

    gamma, beta = parameters.reshape(2, *x.shape[1:])
    return layer_norm(x, x.shape[1:], gamma, beta, eps=m.eps)


def draw_layer_norm(rng):
    shape = any_shape(rng)
    arguments = {"eps": float(rng.choice(EPS))}
    if rng.integers(2):
        arguments["size"] = int(np.prod(shape[1:]))
    return arguments, shape


CHANNELS = [({"size": 0}, ValueError), ({"size": 2.5}, TypeError), ({"eps": -1}, ValueError),
            ({"eps": "small"}, TypeError), ({"average": 2}, TypeError),
            ({"momentum": 1.5}, ValueError), ({"momentum": -0.1}, ValueError),
            ({"dtype": int}, TypeError)]
AXES = [({"min_axis": -1}, ValueError), ({"min_axis": 2, "max_axis": 1}, ValueError),
        ({"max_axis": 0.5}, TypeError)]
NOT_CHANNELS = [({"size": 3}, (3,)), ({"size": 3}, (2, 4)), ({"size": 3}, (2, 4, 3, 3)),
                ({}, (4,)), ({}, (2, 0)), ({}, (2, 0, 3, 3))]
NOT_AXES = [({"min_axis": 2}, (2, 3, 4)), ({"size": 3, "min_axis": 1}, (2, 3, 4)),
            ({"size": 2, "max_axis": 1}, (2, 12))]


GROUPS = [({"group_count": 2, **arguments}, error) for arguments, error in
          [CHANNELS[i] for i in (0, 1, 2, 3, 7)] + [({"size": 3}, ValueError)]]
GROUPS += [({"group_count": 0, "size": 4}, ValueError), ({"group_count": 1.5}, TypeError)]
NOT_GROUPS = [({"group_count": 2, "size": 4}, (4,)), ({"group_count": 2, "size": 4}, (2, 6)),
              ({"group_count": 2, "size": 4}, (2, 2, 3, 3)), ({"group_count": 2}, (2, 3)),
              ({"group_count": 2}, (2, 0))]
REFERENCE = np.linspace(-1, 1, 12).reshape(4, 3)
REFERENCES = [({"reference_batch": REFERENCE, **arguments}, error) for arguments, error in
              [CHANNELS[i] for i in (0, 1, 2, 3, 7)] + [({"size": 2}, ValueError),
                                                        ({"per_point": 2}, TypeError)]]
REFERENCES += [({"reference_batch": value}, error) for value, error in
               [(None, TypeError), ("reference", TypeError), (REFERENCE + 1j, TypeError),
                (REFERENCE[0], ValueError), (REFERENCE[:0], ValueError)]]
REFERENCES += [({"reference_batch": REFERENCE.reshape(2, 3, 2), "size": 2}, ValueError)]
NOT_REFERENCES = [({"reference_batch": REFERENCE}, shape)
                  for shape in [(3,), (2, 4), (2, 4, 3, 3), (2, 0, 3)]]


# ---------------------------------------------------------------- masks

def draw_ratio(rng):
    return {"ratio": float(rng.choice([0, 0.2, 0.5, 0.9]))}


def draw_dropout(rng):
    return draw_ratio(rng), any_shape(rng)


def draw_alpha_dropout(rng):
    default = {} if rng.integers(2) else {"alpha_dash": rng.uniform(-2, 1)}
    return {**draw_ratio(rng), **default}, any_shape(rng)


def draw_spatial(rng):
    shape = tuple(numbers(rng, 1, 4, 4).tolist())
    return {"size": shape[1], **draw_ratio(rng)}, shape


def draw_spatial_flat(rng):
    return {"size": 3, **draw_ratio(rng)}, (numbers(rng, 1, 4), 3 * numbers(rng, 1, 5))


# One mask for every Forward: so it is a function that has a derivative.

def fix_mask(m, rng, shape):
    m.mask = rng.integers(2, size=(1, *shape[1:]))


def fix_channels(m, rng, shape):
    m.mask = rng.integers(2, size=(1, m.size))


def prepare_inference(m, rng, shape):
    m.training = False


def dropout(m, x):
    return x * m.mask / (1 - m.ratio)


def alpha_dropout(m, x):
    """Mean 0 and variance 1 of the input become those of the output."""
    dropped = np.where(m.mask, x, m.alpha_dash)
    mean = m.ratio * m.alpha_dash
    variance = (1 - m.ratio) + m.ratio * m.alpha_dash**2 - mean**2
    return (dropped - mean) / np.sqrt(variance)


def spatial_dropout(m, x):
    mask = np.broadcast_to(m.mask, (len(x), m.mask.shape[1]))
    return (x.reshape(*mask.shape, -1) * mask[..., None] / (1 - m.ratio)).reshape(x.shape)


RATIOS = [({"ratio": -0.1}, ValueError), ({"ratio": 1.1}, ValueError), ({"ratio": None}, TypeError),
          ({"rng": 3}, TypeError)]


# ---------------------------------------------------------------- bias

def draw_add(rng):
    shape = any_shape(rng)
    return ({"out_size": int(np.prod(shape[1:]))} if rng.integers(2) else {}), shape


def add(m, x):
    return x + m.parameters.reshape(x.shape[1:])


def torch_add(m, x, parameters):
    return x + parameters.reshape(x.shape[1:])


LAYERS = [
    LayerCase(layer.BatchNorm, draw_images, batch_norm, torch=torch_batch_norm, keeps_forward=True,
              invalid=CHANNELS + AXES, bad_shapes=NOT_CHANNELS + NOT_AXES),
    LayerCase(layer.BatchNorm, draw_features, batch_norm, name="-features", keeps_forward=True,
              torch=torch_batch_norm),
    LayerCase(layer.BatchNorm, draw_flat, batch_norm, name="-flat", keeps_forward=True),
    LayerCase(layer.BatchNorm, draw_inferred, batch_norm, name="-inferred", keeps_forward=True),
    LayerCase(layer.BatchNorm, draw_axes, batch_norm, name="-axes", keeps_forward=True,
              torch=torch_batch_norm),
    LayerCase(layer.BatchNorm, draw_points_of_12, batch_norm, name="-input_dimensions",
              prepare=two_three_two, keeps_forward=True),
    LayerCase(layer.BatchNorm, draw_images, batch_norm, name="-inference", prepare=infer,
              torch=torch_infer, keeps_forward=True),
    LayerCase(layer.BatchNorm, draw_features, batch_norm, name="-inference-features", prepare=infer,
              torch=torch_infer, keeps_forward=True),
    LayerCase(layer.InstanceNorm, draw_images, instance_norm, torch=torch_instance_norm,
              keeps_forward=True, invalid=CHANNELS, bad_shapes=NOT_CHANNELS),
    LayerCase(layer.InstanceNorm, draw_flat, instance_norm, name="-flat", keeps_forward=True),
    LayerCase(layer.InstanceNorm, draw_inferred, instance_norm, name="-inferred",
              keeps_forward=True, torch=torch_instance_norm),
    LayerCase(layer.InstanceNorm, draw_images, instance_norm, name="-inference", prepare=infer,
              torch=torch_infer, keeps_forward=True),
    LayerCase(layer.LayerNorm, draw_layer_norm, layer_norm, torch=torch_layer_norm,
              keeps_forward=True, invalid=[CHANNELS[i] for i in (0, 1, 2, 3, 7)],
              bad_shapes=[({"size": 3}, (3,)), ({"size": 3}, (2, 4)), ({}, (4,)), ({}, (2, 0))]),
    LayerCase(layer.GroupNorm, draw_group_images, group_norm, torch=torch_group_norm,
              keeps_forward=True, invalid=GROUPS, bad_shapes=NOT_GROUPS),
    LayerCase(layer.GroupNorm, draw_group_features, group_norm, name="-features",
              torch=torch_group_norm, keeps_forward=True),
    LayerCase(layer.GroupNorm, draw_group_flat, group_norm, name="-flat", keeps_forward=True),
    LayerCase(layer.GroupNorm, draw_group_inferred, group_norm, name="-inferred",
              torch=torch_group_norm, keeps_forward=True),
    LayerCase(layer.VirtualBatchNorm, draw_virtual_images, virtual_batch_norm, keeps_forward=True,
              invalid=REFERENCES, bad_shapes=NOT_REFERENCES),
    LayerCase(layer.VirtualBatchNorm, draw_virtual_features, virtual_batch_norm, name="-features",
              keeps_forward=True),
    LayerCase(layer.VirtualBatchNorm, draw_virtual_flat, virtual_batch_norm, name="-flat",
              keeps_forward=True),
    LayerCase(layer.VirtualBatchNorm, draw_virtual_per_point, virtual_batch_norm,
              name="-per_point", keeps_forward=True),
    LayerCase(layer.Dropout, draw_dropout, dropout, prepare=fix_mask, keeps_forward=True,
              invalid=RATIOS),
    LayerCase(layer.Dropout, draw_dropout, lambda m, x: x, name="-inference",
              prepare=prepare_inference, keeps_forward=True),
    LayerCase(layer.AlphaDropout, draw_alpha_dropout, alpha_dropout, prepare=fix_mask,
              keeps_forward=True, invalid=[({"alpha_dash": np.inf}, ValueError),
                                           ({"alpha_dash": "x"}, TypeError), *RATIOS]),
    LayerCase(layer.AlphaDropout, draw_alpha_dropout, lambda m, x: x, name="-inference",
              prepare=prepare_inference, keeps_forward=True),
    LayerCase(layer.SpatialDropout, draw_spatial, spatial_dropout, keeps_forward=True,
              prepare=fix_channels, invalid=[({"size": 0}, ValueError), *RATIOS],
              bad_shapes=[({"size": 3}, (3,)), ({"size": 3}, (2, 4)), ({"size": 3}, (2, 4, 3, 3))]),
    LayerCase(layer.SpatialDropout, draw_spatial_flat, spatial_dropout, name="-flat",
              prepare=fix_channels, keeps_forward=True),
    LayerCase(layer.Add, draw_add, add, torch=torch_add,
              invalid=[({"out_size": 0}, ValueError), ({"out_size": "3"}, TypeError),
                       ({"dtype": "complex128"}, TypeError)],
              bad_shapes=[({"out_size": 3}, (3,)), ({"out_size": 3}, (2, 4)), ({}, (4,)),
                          ({}, (2, 0))]),
]
