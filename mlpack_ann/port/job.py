"""One recorded case in this library's terms.

The mechanical rule: a constructor's ``camelCase`` becomes ``snake_case``, arrays stay as they
are recorded ([points, features]), settings that size an image become `input_dimensions`.
What needs more is in `adapters`.
"""
import importlib
import re
from dataclasses import dataclass, field

import numpy as np

from mlpack_ann.port.records import Case


class MissingClass(LookupError):
    """The library does not have this class (yet)."""


def lookup(group, name):
    """Return the library's class `name` of this group, or raise `MissingClass`."""
    module = f"mlpack_ann.{group}"
    try:
        return getattr(importlib.import_module(module), name)
    except AttributeError:
        raise MissingClass(f"{module}.{name} is not in the library") from None
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise MissingClass(f"{module} is not in the library") from None


def snake_case(name):
    """Return this library's form of a constructor parameter: ``padW`` is ``pad_w``."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return name + "_" if name == "lambda" else name


@dataclass
class Job:
    """A case to run: what to build, what to call it with, and what mlpack gave for it.

    Attributes
    ----------
    name : str
        Class in the library.
    kwargs : dict
        Its constructor's arguments.
    attributes : dict
        Set on the object before its first pass.
    options : dict
        Passed to its method beside the arrays.
    training : bool
        Mode of the passes.
    previous : list of ndarray
        Passed through Forward in training mode first.
    arrays : dict
        The recorded arrays (input, output, gy, g, target, ...).
    state : dict
        What attributes of the object must be after Forward: running statistics, indices.
    extrema : dict
        ``{"g": (difference, true)}`` from a note "finite differences: ...": the largest
        difference of mlpack's value from the true one, and the largest true one.
    undefined : dict
        Masks of the elements of recorded arrays that say nothing: on a kink, up to rounding.
    network : list of Layer
        What a rule initialises.
    remarks : list of str
        Conversions that were made, for the report.
    """

    case: Case
    name: str
    kwargs: dict = field(default_factory=dict)
    attributes: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    training: bool = True
    previous: list = field(default_factory=list)
    arrays: dict = field(default_factory=dict)
    state: dict = field(default_factory=dict)
    extrema: dict = field(default_factory=dict)
    undefined: dict = field(default_factory=dict)
    network: list = field(default_factory=list)
    remarks: list = field(default_factory=list)

    @property
    def version(self):
        return self.case.record.version

    @property
    def group(self):
        return self.case.record.group

    @property
    def points(self):
        return len(self.arrays["input"])

    @property
    def features(self):
        return self.arrays["input"].shape[1]

    def rename(self, **names):
        """Rename constructor arguments that are there: ``rename(maps="out_size")``."""
        for old, new in names.items():
            if old in self.kwargs:
                self.kwargs[new] = self.kwargs.pop(old)

    def change(self, function, *names):
        """Replace these arrays, where recorded, by a function of them."""
        for name in names:
            if name in self.arrays:
                self.arrays[name] = function(self.arrays[name])

    def remark(self, text):
        self.remarks.append(text)

    def build(self):
        """Return the library's object for this case."""
        return lookup(self.group, self.name)(**self.kwargs)


_FINITE_DIFFERENCES = re.compile(
    r"finite differences: (g|gradient) is not the true derivative(?: of Forward)?, "
    r"max abs difference (\S+) \(max \|true\| (\S+),")


def mechanical(case):
    """Return the job of a case by the mechanical rule alone."""
    job = Job(case, case.record.cls, training=case.training)
    job.kwargs = {snake_case(name): tuple(value) if isinstance(value, list) else value
                  for name, value in case.args.items()}
    job.arrays = {key: value for key, value in case.values.items()
                  if isinstance(value, np.ndarray)}
    if "loss" in case:
        job.arrays["loss"] = np.asarray(case["loss"], float)
    job.previous = list(case.settings.get("PreviousInputs", []))
    job.extrema = {name: (float(difference), float(true))
                   for name, difference, true in _FINITE_DIFFERENCES.findall(case.note)}
    return job


def image_dimensions(job):
    """Return (channels, height, width) of a job's points, as recorded, or None.

    Mid-2020's layers are told InputWidth and InputHeight, mlpack 4's InputDimensions, width first;
    axes beyond the third count as more channels.
    """
    settings = job.case.settings
    if "InputWidth" in settings:
        width, height = settings["InputWidth"], settings["InputHeight"]
    elif len(settings.get("InputDimensions", [])) > 1:
        width, height = settings["InputDimensions"][:2]
    else:
        return None
    return job.features // (width * height), height, width
