"""Conversions of the layers that hold layers.

Mid-2020's records write the layers held as text, ``Linear(n,n+1), SigmoidLayer``, with the sizes
among the settings; mlpack 4's list them as objects.
"""
import re

import numpy as np

from mlpack_ann.port.adapters import adapts
from mlpack_ann.port.job import lookup, snake_case

_LAYER = re.compile(r"(\w+)(?:\(([^()]*)\))?")


def written(text, sizes):
    """Return the layers that a text names, with these values of the letters in it."""
    times = re.match(r"(\w+) times ", text)
    made = []
    for _ in range(sizes[times.group(1)] if times else 1):
        for name, arguments in _LAYER.findall(text[times.end() if times else 0:]):
            values = [_value(part, sizes) for part in arguments.split(",") if part]
            made.append(lookup("layer", name)(*values))
    return made


def _value(text, sizes):
    """Return the value of a sum of names and numbers."""
    return sum(sizes[term] if term in sizes else int(term) for term in text.split("+"))


def listed(objects):
    """Return the layers that mlpack 4's list of objects describes."""
    made = []
    for one in objects:
        arguments = {snake_case(name): value for name, value in one["args"].items()}
        if "maps" in arguments:
            arguments["out_size"] = arguments.pop("maps")
        made.append(lookup("layer", one["class"])(**arguments))
    return made


@adapts("layer", "Sequential", "MultiLayer", "Concat", "AddMerge", "MultiplyMerge", "Highway")
def container(job):
    settings = job.case.settings
    if job.version != "3.x":
        job.kwargs["layers"] = listed(job.case.args["layers"])
        dimensions = settings["InputDimensions"][::-1]
        if "axis" in job.kwargs:
            job.kwargs["axis"] = len(dimensions) - 1 - job.kwargs["axis"]
            if len(dimensions) > 1:
                job.remark("converted: axes are counted in NumPy's order")
        if len(dimensions) == 3 or len(dimensions) > 1 and job.name == "Concat":
            job.attributes["input_dimensions"] = tuple(dimensions)
        return
    if settings.get("class", "").startswith("Residual"):
        job.name = "Residual"
    sizes = {**settings, **{name: value for name, value in job.case.args.items()}}
    if "w" in sizes:
        job.attributes["input_dimensions"] = 1, sizes["h"], sizes["w"]
    if "axis" in job.kwargs:
        shape = job.kwargs["input_size"][::-1]
        job.kwargs |= {"input_size": shape, "axis": len(shape) - 1 - job.kwargs["axis"]}
        job.remark("converted: axes are counted in NumPy's order")
        if len(shape) == 3:
            job.attributes["input_dimensions"] = shape
            sizes |= {"w": shape[2], "h": shape[1]}
    job.kwargs["layers"] = written(settings["Add"], sizes)


@adapts("layer", "WeightNorm")
def weight_norm(job):
    job.kwargs["layer"], = written(job.case.args["layer"], {})


@adapts("layer", "Recurrent")
def recurrent(job):
    for name in ("start", "input", "feedback", "transfer"):
        job.kwargs[name], = written(job.case.args[name], job.case.settings)
    job.change(lambda a: np.ascontiguousarray(a.swapaxes(0, 1)), "input", "output", "gy", "g",
               "error")
    job.remark("converted: mlpack is given step by step, here whole sequences")


@adapts("layer", "ConcatPerformance")
def concat_performance(job):
    del job.kwargs["output_layer"]          # the default
    job.change(lambda a: a.ravel() - 1, "target")
    job.remark("converted: labels are counted from 0")
    job.change(lambda a: a.reshape(1, -1), "g")
