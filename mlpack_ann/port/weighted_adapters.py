"""Conversions of the layers whose weights are shared, looked up, dropped or noisy."""
import numpy as np

from mlpack_ann.port.adapters import adapts
from mlpack_ann.port.job import lookup
from mlpack_ann.port.layer_adapters import dropout, regularizer


@adapts("layer", "Linear3D")
def linear3d(job):
    job.kwargs["in_size"] = job.case.settings["InputDimensions"][0]
    regularizer(job)


@adapts("layer", "Embedding")
def embedding(job):
    job.attributes["input_dimensions"] = (job.features,)


@adapts("layer", "Lookup")
def lookup_layer(job):
    embedding(job)
    job.change(lambda a: a - 1, "input")
    job.remark("converted: indices are counted from 0")


@adapts("layer", "AlphaDropout")
def alpha_dropout(job):
    dropout(job)
    state = job.case.state
    job.state = {name: state[name if name in state else name.upper()]
                 for name in ("a", "b") if name in state or name.upper() in state}


@adapts("layer", "DropConnect")
def drop_connect(job):
    job.kwargs["in_size"] = job.features
    if "mask" in job.case.state:
        job.attributes["mask"] = job.case.state["mask"].ravel()


@adapts("layer", "NoisyLinear")
def noisy_linear(job):
    job.kwargs["in_size"] = job.features
    recorded = job.case.settings if job.version == "3.x" else job.case.state
    job.attributes["noise"] = np.vstack([recorded["weightEpsilon"], recorded["biasEpsilon"]])


@adapts("layer", "RBF")
def rbf(job):
    name = job.kwargs.get("activation")
    if name is not None:
        job.kwargs["activation"] = lookup("activation_functions", name)()
    if "g" in job.arrays and job.arrays["g"].size == 0:
        job.change(lambda g: np.zeros(job.arrays["input"].shape), "g")
        job.remark("converted: an empty g is written as zeros")
    if "betas" in job.case.state:
        job.state = {"betas": job.case.state["betas"]}
