"""Conversions of the layers whose weights are shared, looked up, dropped or noisy."""
from mlpack_ann.port.adapters import adapts
from mlpack_ann.port.layer_adapters import regularizer


@adapts("layer", "Linear3D")
def linear3d(job):
    job.kwargs["in_size"] = job.case.settings["InputDimensions"][0]
    regularizer(job)


@adapts("layer", "Embedding")
def embedding(job):
    job.attributes["input_dimensions"] = (job.features,)


@adapts("layer", "Lookup")
def lookup(job):
    embedding(job)
    job.change(lambda a: a - 1, "input")
    job.remark("converted: indices are counted from 0")
