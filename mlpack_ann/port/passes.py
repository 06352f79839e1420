"""Running a job: what the library gives, beside what was recorded."""
import re
from dataclasses import dataclass

import numpy as np

from mlpack_ann.port import draws
from mlpack_ann.port.job import lookup

# Whose `use_layer` is recorded.
RULES = ("ConstInitialization", "GaussianInitialization", "GlorotInitialization",
         "HeInitialization", "KathirvalavakumarSubavathiInitialization",
         "LecunNormalInitialization", "NguyenWidrowInitialization", "OivsInitialization",
         "OrthogonalInitialization", "RandomInitialization", "XavierInitialization")
FORWARD, BACKWARD, GRADIENT = PASSES = ("Forward", "Backward", "Gradient")


@dataclass
class Check:
    """One value of one pass.

    `ours` may be an exception, `recorded` is None where mlpack gives nothing. `truth` is the value
    by central differences where it was recorded, `extrema` what a note says of it (see `Job`),
    `scale` the magnitude that the values have by nature, where all of a case may be far smaller,
    `chance` how far apart two draws of a random value may be,
    `undefined` and `truth_undefined` masks of elements that say nothing.
    """

    pass_: str
    item: str
    ours: object
    recorded: object
    truth: object = None
    extrema: tuple = None
    scale: float = 0.0
    chance: float = 0.0
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


def _init_rule(job):
    if job.name == "NetworkInitialization":
        return _network_init(job)
    case, rule = job.case, job.build()
    shape = case["rows"], case["cols"]
    w, checks = rule.Initialize(shape=shape), []
    if "W" in job.arrays:
        checks.append(Check(FORWARD, "W", w, job.arrays["W"]))
    if "WtW" in job.arrays:
        checks.append(Check(FORWARD, "W'W", w.T @ w, job.arrays["WtW"]))
    if "out_rows" in case:
        checks.append(Check(FORWARD, "shape", w.shape, (case["out_rows"], case["out_cols"])))
    summary = case.values.get("summary", case.values)
    if "std" in summary:
        drawn = draws.statistics(rule, shape)
        if job.name == "OrthogonalInitialization":      # whose mean leaves no choice of the std
            size = w.shape[0] * min(w.shape)
            squares = summary["std"] ** 2 * (size - 1) + summary["mean"] ** 2 * size
            checks.append(Check(FORWARD, "sum of squares", (w * w).sum(), squares))
            del drawn["mean"], drawn["std"]
        checks += [Check(FORWARD, name, value, summary[name], chance=chance)
                   for name, (value, chance) in drawn.items()]
    return checks


def _network_init(job):
    """What is recorded is named by layer, ``linear2_std`` or ``batchnorm_gamma_min``."""
    if "UseLayer_false" in job.case:
        rules = {name: lookup(job.group, name) for name in RULES}
        whole = job.case["UseLayer_false"].split(", ")
        return [Check(FORWARD, "use_layer", [rule.use_layer for rule in rules.values()],
                      [name not in whole for name in rules])]
    rule, checks = job.build(), []
    rule.Initialize(job.network)
    for item, recorded in job.case.values.items():
        parts = re.fullmatch(r"([a-z]+)(\d*)_(std|alpha|gamma|beta)(?:_(\w+))?", item)
        if parts is None:
            continue
        name, number, quantity, kind = parts.groups()
        layer = [layer for layer in job.network
                 if type(layer).__name__.lower() == name][int(number or 1) - 1]
        if quantity == "std":
            value, chance = draws.network_statistics(
                rule, job.network, lambda: layer.parameters.std(ddof=1))
            checks.append(Check(FORWARD, item, value, recorded, chance=chance))
        else:
            values = layer.parameters if quantity == "alpha" else getattr(layer, quantity)
            checks.append(Check(FORWARD, item, getattr(values, kind or "min")(), recorded))
    return checks


def _distribution(job):
    distribution, arrays = job.build(), job.arrays
    x = arrays["input"]
    checks = [Check(FORWARD, name, getattr(distribution, name)(x), arrays[name])
              for name in ("LogProbability", "Probability") if name in arrays]
    if "probability" in arrays:
        checks.append(Check(FORWARD, "probability", distribution.probability,
                            arrays["probability"]))
    if "LogProbBackward" in arrays:
        checks.append(Check(BACKWARD, "g", distribution.LogProbBackward(x),
                            arrays["LogProbBackward"], extrema=job.extrema.get("g")))
    if "dmu" in arrays:
        checks += [Check(BACKWARD, name, value, arrays[name]) for name, value
                   in zip(("dmu", "dsigma"), distribution.ProbBackward(x))]
    return checks


_RUNNERS = {"layer": _layer, "loss_functions": _loss, "activation_functions": _activation,
            "regularizer": _regularizer, "convolution_rules": _convolution_rule,
            "init_rules": _init_rule, "dists": _distribution}
