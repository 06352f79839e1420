"""Conversions of the layers whose weights are shared, looked up, dropped or noisy."""
from mlpack_ann.port.adapters import adapts
from mlpack_ann.port.layer_adapters import dropout, regularizer


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


@adapts("layer", "AlphaDropout")
def alpha_dropout(job):
    dropout(job)
    state = job.case.state
    job.state = {name: state[name if name in state else name.upper()]
                 for name in ("a", "b") if name in state or name.upper() in state}
