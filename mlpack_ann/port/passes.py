"""Running a job: what the library gives, beside what was recorded."""
from dataclasses import dataclass

import numpy as np

FORWARD, BACKWARD, GRADIENT = PASSES = ("Forward", "Backward", "Gradient")


@dataclass
class Check:
    """One value of one pass.

    `ours` may be an exception, `recorded` is None where mlpack gives nothing. `truth` is the value by
    central differences where it was recorded, `extrema` what a note says of it (see `Job`),
    `scale` the magnitude that the values have by nature, where all of a case may be far smaller,
    `undefined` and `truth_undefined` masks of elements that say nothing.
    """

    pass_: str
    item: str
    ours: object
    recorded: object
    truth: object = None
    extrema: tuple = None
    scale: float = 0.0
    undefined: object = False
    truth_undefined: object = False


def run(job):
    """Return the checks of a job."""
    return (_loss if "loss" in job.arrays else _RUNNERS[job.group])(job)


def can_run(group):
    """Whether classes of this group are compared yet."""
    return group in _RUNNERS


def recorded(job, name):
    """Whether there is mlpack's g or gradient, or where it gives none, central differences."""
    return name in job.arrays or f"{name}_numeric" in job.arrays


def _checked(job, pass_, name, ours, scale=0.0):
    """Return the check of g or of gradient."""
    truth = job.arrays.get(f"{name}_numeric")
    return Check(pass_, name, ours, job.arrays.get(name), truth, job.extrema.get(name),
                 scale=scale, undefined=job.undefined.get(name, False),
                 truth_undefined=job.undefined.get(f"{name}_numeric", False))


def prepare(job):
    """Return the library's object of a job, ready for its first pass."""
    built = job.build()
    for name, value in job.attributes.items():
        setattr(built, name, value)
    if "parameters" in job.arrays:
        if built.parameters is None:        # layers within it take their sizes from an input
            built.Forward(job.arrays["input"])
        built.parameters = job.arrays["parameters"]
    if job.group == "layer":
        for earlier in job.previous:
            built.Forward(earlier)
        built.training = job.training
    return built


def _layer(job):
    arrays, checks = job.arrays, []
    if "custom_initialize" in arrays:
        checks.append(Check(FORWARD, "initial parameters", np.array(job.build().parameters),
                            arrays["custom_initialize"]))
    if "output" not in arrays:          # mlpack throws, as the note says
        return checks
    layer, x = prepare(job), arrays["input"]
    y = layer.Forward(x)
    checks.append(Check(FORWARD, "output", y, arrays["output"]))
    for name, value in job.state.items():
        ours = getattr(layer, name)
        checks.append(Check(FORWARD, name, np.ravel(ours() if callable(ours) else ours),
                            np.ravel(value)))
    if recorded(job, "g"):  # where gy cancels, no more than its rounding is left
        checks.append(_checked(job, BACKWARD, "g", layer.Backward(x, y, arrays["gy"]),
                               scale=np.abs(arrays["gy"]).max()))
    if recorded(job, "gradient"):
        error = arrays["error"] if "error" in arrays else arrays["gy"]
        checks.append(_checked(job, GRADIENT, "gradient", layer.Gradient(x, error)))
    return checks


def _loss(job):
    loss, arrays = job.build(), job.arrays
    pair = arrays["input"], arrays["target"]
    checks = [Check(FORWARD, "loss", np.asarray(loss.Forward(*pair)), arrays["loss"])]
    if "g" in arrays:
        checks.append(_checked(job, BACKWARD, "g", loss.Backward(*pair)))
    checks += [Check(BACKWARD, name, np.ravel(getattr(loss, name)), np.ravel(value))
               for name, value in job.state.items()]
    return checks


def _activation(job):
    function, arrays = job.build(), job.arrays
    checks = []
    if "output" in arrays:
        x = arrays["input"]
        y = function.Fn(x)
        checks.append(Check(FORWARD, "Fn", y, arrays["output"]))
        checks += [Check(BACKWARD, name, function.Deriv(x, y), arrays[name], scale=1.0)
                   for name in ("derivative", "derivative_in_layers") if name in arrays]
    if "inverse" in arrays:
        checks.append(Check(FORWARD, "Inv", function.Inv(arrays["inverse_of"]),
                            arrays["inverse"]))
    return checks


def _regularizer(job):
    arrays = job.arrays
    gradient = arrays["gradient_before"].ravel().copy()
    job.build().Evaluate(arrays["weight"], gradient)
    return [Check(GRADIENT, "gradient", gradient, arrays["gradient"].ravel())]


def _convolution_rule(job):
    arrays = job.arrays
    output = arrays["output_before"].copy() if job.options["appending"] else None
    y = job.build().Convolution(arrays["input"], arrays["filter"], output, **job.options)
    return [Check(FORWARD, "output", y, arrays["output"])]


_RUNNERS = {"layer": _layer, "loss_functions": _loss, "activation_functions": _activation,
            "regularizer": _regularizer, "convolution_rules": _convolution_rule}
