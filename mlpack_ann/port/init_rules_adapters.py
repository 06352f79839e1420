"""Conversions of initialisation rules.

mlpack's matrix of rows x cols is (rows, cols) here; it is recorded in its column-major order.
"""
import re
from ast import literal_eval

import numpy as np

from mlpack_ann.port.adapters import adapts
from mlpack_ann.port.job import lookup


@adapts("init_rules")
def rule(job):
    job.change(np.transpose, "W")
    if "W" not in job.arrays:
        job.remark("random: statistics agree as far as chance allows")


@adapts("init_rules", "GaussianInitialization")
def gaussian(job):
    rule(job)
    if "stddev" in job.kwargs:
        job.kwargs["variance"] = job.kwargs.pop("stddev") ** 2
        job.remark("converted: mlpack 4 takes the standard deviation, here the variance")


@adapts("init_rules", "OrthogonalInitialization")
def orthogonal(job):
    job.arrays.pop("W", None)           # of which WtW says all that is not chance
    rule(job)


_LAYERS = {"Linear": ("out_size",), "LinearNoBias": ("out_size",), "Add": ("out_size",),
           "BatchNorm": ("min_axis", "max_axis"), "LayerNorm": ("eps",),
           "PReLU": ("user_alpha",), "FlexibleReLU": ("alpha",)}


@adapts("init_rules", "NetworkInitialization")
def network(job):
    """The network is written as ``Linear(400) BatchNorm(0,0), input 300``."""
    if "layers" not in job.case:
        return
    text = job.case["layers"]
    for name, values in re.findall(r"(\w+)\(([^()]*)\)", text):
        numbers = [literal_eval(value.strip()) for value in values.split(",") if value.strip()]
        job.network.append(lookup("layer", name)(**dict(zip(_LAYERS[name], numbers))))
    x = np.zeros((1, int(re.search(r"input (\d+)", text).group(1))))
    for layer in job.network:           # which take their sizes from it
        layer.training = False
        x = layer.Forward(x)
    kind = job.case.name.split("_")[0].capitalize()
    job.kwargs["initialize_rule"] = lookup("init_rules", f"{kind}Initialization")()
    job.remark("random: statistics agree as far as chance allows")
