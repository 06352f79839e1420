"""Conversions of the layers without weights that select, repeat, rearrange, sum or sample."""
import numpy as np

from mlpack_ann.port.adapters import adapts


@adapts("layer", "Constant")
def constant(job):
    """mlpack's output is one point; so is the gy recorded."""
    job.change(lambda gy: np.tile(gy, (job.points, 1)), "gy")


@adapts("layer", "Concatenate")
def concatenate(job):
    if job.version == "3.x":
        job.attributes["concat"] = job.case.settings["Concat"]
    else:
        job.kwargs["concat"] = job.kwargs["concat"].ravel()


def as_points(job):
    """Give the points the axes they are recorded with, in NumPy's order."""
    inner = job.case.settings["InputDimensions"][::-1]
    outer = job.case.values["output_dimensions"][::-1]
    job.change(lambda a: a.reshape(len(a), *inner), "input", "g", "g_numeric")
    job.change(lambda a: a.reshape(len(a), *outer), "output", "gy")
    if len(inner) > 1:
        job.remark("converted: axes are counted in NumPy's order")
    return len(inner)


@adapts("layer", "Repeat")
def repeat(job):
    job.kwargs["multiples"] = job.kwargs["multiples"][::-1]
    as_points(job)


@adapts("layer", "SumReduce")
def sum_reduce(job):
    job.kwargs["axis"] = as_points(job) - 1 - job.kwargs["axis"]


@adapts("layer", "Reparametrization")
def reparametrization(job):
    job.attributes["gaussian_sample"] = job.case.state["gaussianSample"]
    job.state = {"Loss": job.case.state["Loss"]}
