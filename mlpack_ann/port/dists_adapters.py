"""Conversions of distributions: values get the names of this library's methods."""
from mlpack_ann.port.adapters import adapts


def distribution(job):
    case, arrays = job.case, job.arrays
    if job.version == "3.x":
        arrays |= case["output"]
        arrays |= case["g"] if isinstance(case["g"], dict) else {"LogProbBackward": arrays.pop("g")}
    else:
        arrays["input"] = arrays.pop("observation")
        arrays["LogProbability"] = case["LogProbability"]
    first = next(iter(job.kwargs.values()))
    job.change(lambda x: x.reshape(first.shape), "input")
    return first.shape


@adapts("dists", "BernoulliDistribution")
def bernoulli(job):
    distribution(job)
    if job.version == "3.x":
        job.arrays["probability"] = job.arrays.pop("Probability")
    else:
        job.arrays["Probability"] = job.case["Probability_of_observation"]


@adapts("dists", "NormalDistribution")
def normal(job):
    shape = distribution(job)           # where recorded as vectors
    job.change(lambda x: x.reshape(shape), "LogProbability", "Probability", "dmu", "dsigma")
