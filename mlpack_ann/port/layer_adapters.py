"""Conversions of layers, activation functions and regularizers."""
import copy

import numpy as np

from mlpack_ann.port.adapters import adapts
from mlpack_ann.port.job import image_dimensions, lookup

POINTWISE = ("input", "output", "gy", "g", "error", "g_numeric")


def regularizer(job):
    """Build the regularizer that is recorded as "L2Regularizer(0.1)" or by class and factor."""
    recorded = job.kwargs.get("regularizer")
    if recorded is None:
        return
    if isinstance(recorded, dict):
        name, factor = recorded["class"], recorded["factor"]
    else:
        name, _, factor = recorded.rstrip(")").partition("(")
    job.kwargs["regularizer"] = lookup("regularizer", name)(float(factor))
    job.extrema.pop("gradient", None)       # of Forward alone, without the penalty


@adapts("layer", "Linear", "LinearNoBias")
def linear(job):
    job.kwargs.setdefault("in_size", job.features)
    regularizer(job)


@adapts("layer", "Add")
def add(job):
    job.kwargs.setdefault("out_size", job.features)


@adapts("layer", "LayerNorm")
def layer_norm(job):
    job.kwargs.setdefault("size", job.features)


@adapts("layer", "BaseLayer")
def base_layer(job):
    name = job.kwargs.pop("activation_function")
    job.kwargs["function"] = lookup("activation_functions", name)()


@adapts("layer", "Convolution", "GroupedConvolution")
def convolution(job):
    if job.version == "3.x":
        return
    job.rename(maps="out_size")
    width, height, *rest = job.case.settings["InputDimensions"]
    channels = rest[0] if rest else 1
    job.kwargs |= {"in_size": channels, "input_width": width, "input_height": height}
    images = int(np.prod(rest[1:]))
    if images > 1:
        job.change(lambda a: a.reshape(len(a) * images, -1), *POINTWISE)
        job.remark("converted: each index of the fourth axis is a point")


@adapts("layer", "MaxPooling", "MeanPooling", "AdaptiveMaxPooling", "AdaptiveMeanPooling")
def pooling(job):
    job.attributes["input_dimensions"] = image_dimensions(job)
    if job.case.state.get("poolingIndices"):
        job.state["pooling_indices"] = job.case.state["poolingIndices"][-1]


@adapts("layer", "UnPooling")
def un_pooling(job):
    dimensions = image_dimensions(job)
    cubes = job.kwargs.pop("pooling_indices")
    job.kwargs["pooling"] = cubes[-1].astype(np.int64).reshape(job.points, *dimensions)
    job.attributes["input_dimensions"] = dimensions


@adapts("layer", "Padding")
def padding(job):
    if job.version != "3.x":
        job.attributes["input_dimensions"] = image_dimensions(job)
        return
    job.attributes["input_dimensions"] = (1, *job.arrays["input"].shape)
    job.change(lambda a: a.reshape(1, -1), *POINTWISE)
    job.remark("converted: mlpack pads the matrix of points, here one image")


@adapts("layer", "SpatialDropout")
def spatial_dropout(job):
    job.attributes["input_dimensions"] = channels_of(job)
    if "mask" in job.case.state:
        kept = job.case.state["mask"][:, 0]
        job.attributes["mask"] = np.tile(kept, (job.points, 1))
        job.remark("converted: mlpack's one mask for all points is given to every point")


@adapts("layer", "Dropout")
def dropout(job):
    if "mask" in job.case.state:
        job.attributes["mask"] = job.case.state["mask"]


def channels_of(job):
    """Return (size, 1, pixels), the image whose channels a mid-2020 layer of `size` sees."""
    size = job.kwargs["size"]
    return size, 1, job.features // size


def running_statistics(job, mean, variance):
    """Expect these recorded running statistics after Forward."""
    job.state = {"running_mean": mean, "running_variance": variance}


@adapts("layer", "BatchNorm")
def batch_norm(job):
    if job.version == "3.x":
        if job.features > job.kwargs["size"]:
            job.attributes["input_dimensions"] = channels_of(job)
        state = job.case.state
        running_statistics(job, state["TrainingMean"], state["TrainingVariance"])
        return None
    if "steps" in job.case:
        return batch_norm_steps(job)
    batch_norm_axes(job)
    state = job.case.state
    running_statistics(job, state["runningMean"], state["runningVariance"])
    return None


def batch_norm_axes(job):
    """mlpack 4 counts axes from the fastest; images are given as such, not flat."""
    shape = tuple(job.case.settings["InputDimensions"][::-1])
    last = len(shape) - 1
    if "min_axis" in job.kwargs:
        low, high = job.kwargs["min_axis"], job.kwargs["max_axis"]
        first, final = last - high, last - low
        job.kwargs |= {"min_axis": first, "max_axis": final}
        job.kwargs["size"] = int(np.prod(shape[first:final + 1]))
        if last:
            job.remark("converted: axes are counted in NumPy's order")
    else:
        job.kwargs["size"] = shape[0]
    job.change(lambda a: a.reshape(len(a), *shape), *POINTWISE)
    job.previous = [a.reshape(len(a), *shape) for a in job.previous]


def batch_norm_steps(job):
    """Several passes on one object: a job for each, after those before it."""
    jobs = []
    for step in job.case["steps"]:
        one = copy.deepcopy(job)
        one.arrays |= {"input": step["input"], "output": step["output"]}
        one.training = step["training"]
        one.previous = [earlier.arrays["input"] for earlier in jobs if earlier.training]
        running_statistics(one, step["runningMean"], step["runningVariance"])
        jobs.append(one)
    for one in jobs:
        batch_norm_axes(one)
    return jobs


@adapts("layer", "InstanceNorm")
def instance_norm(job):
    """mlpack's has a gamma, a beta, a mean and a variance for every (point, channel)."""
    dimensions, size = channels_of(job), job.kwargs["size"]
    jobs = []
    for point in range(job.points):
        one, own = copy.deepcopy(job), slice(point, point + 1)
        one.attributes["input_dimensions"] = dimensions
        one.previous = [previous[own] for previous in job.previous]
        one.change(lambda a: a[own], *POINTWISE)
        one.change(lambda a: a.reshape(2, -1, size)[:, point].ravel(), "parameters", "gradient")
        state = job.case.state
        running_statistics(one, state["BatchNormTrainingMean"].reshape(-1, size)[point],
                           state["BatchNormTrainingVariance"].reshape(-1, size)[point])
        jobs.append(one)
    if job.points > 1:
        jobs[0].remark("converted: each point has parameters and running statistics of its own")
    return jobs


@adapts("layer", "HyperSinh")
def hyper_sinh(job):
    shape = job.arrays["input"].shape
    if job.arrays["output"].shape != shape:
        job.change(lambda a: a.reshape(shape), *POINTWISE)
        job.remark("converted: mlpack returns a batch as one column")


# Functions whose mid-2020 Deriv takes y = f(x); that of all others takes x.
DERIV_OF_OUTPUT = {"LogisticFunction", "TanhFunction", "SoftsignFunction", "HardSigmoidFunction",
                   "RectifierFunction", "IdentityFunction"}


@adapts("activation_functions")
def activation(job):
    if job.version != "3.x":
        return
    passed = job.arrays["deriv_of_output"]      # what mid-2020's layers multiply gy by
    if job.name in DERIV_OF_OUTPUT:
        job.arrays["derivative"] = passed
    else:
        job.arrays["derivative"] = job.arrays["deriv_of_input"]
        job.arrays["derivative_in_layers"] = passed
    if "Inv_of_output" in job.case.state:
        job.arrays |= {"inverse_of": job.arrays["output"],
                       "inverse": job.case.state["Inv_of_output"]}


@adapts("activation_functions", "Inverses")
def inverses(job):
    job.name = job.case.name
    job.arrays = {"inverse_of": job.arrays["input"], "inverse": job.arrays["output"]}


@adapts("regularizer")
def regularizer_of_3x(job):
    if job.version == "3.x":
        job.arrays["weight"] = job.arrays["input"]
        job.arrays["gradient_before"] = job.case.settings["gradient_before"]


@adapts("regularizer", "NoRegularizer")
def no_regularizer(job):
    regularizer_of_3x(job)
    job.kwargs.pop("factor", None)          # which it would not use


@adapts("regularizer", "LRegularizer3")
def cubic_regularizer(job):
    job.name = "LRegularizer"
    job.kwargs["power"] = 3
