"""Conversions of the layers with a state: mlpack is given steps, here whole sequences."""
import numpy as np

from mlpack_ann.port.adapters import adapts

SERIES = "input", "output", "gy", "g", "g_numeric", "error", "cell"
FLAT = "parameters", "gradient", "gradient_numeric"


def points_first(job):
    """Bring arrays [steps, points, features] into this library's order."""
    if job.version != "3.x":
        job.arrays |= {name: job.arrays.pop(f"{name}_mlpack") for name in ("g", "gradient")
                       if f"{name}_mlpack" in job.arrays}
    job.change(lambda a: np.ascontiguousarray(a.swapaxes(0, 1)), *SERIES)
    job.kwargs.setdefault("in_size", job.arrays["input"].shape[2])
    job.remark("converted: mlpack is given step by step, here whole sequences")


def pieces(flat, *shapes):
    """Cut a flat array into matrices (inputs, outputs) and vectors."""
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ends), shapes)]


@adapts("layer", "LSTM", "FastLSTM")
def lstm(job):
    if job.version == "3.x":
        limit = job.case.settings["ResetCell"]
        job.kwargs["rho"] = min(limit, job.kwargs.get("rho", limit))
        points, steps = job.arrays["input"].shape[1::-1]
        if "cell" in job.case.state:
            job.arrays["cell"] = job.case.state["cell"].reshape(steps, points, -1)
    points_first(job)
    if "cell" in job.arrays:
        job.state["state"] = np.stack([job.arrays["output"][:, -1], job.arrays["cell"][:, -1]])
    if job.version == "4.8":
        job.change(lambda a: gates_of_mid_2020(job, a), *FLAT)
        job.remark("converted: the order of the parameters is mid-2020's")


def gates_of_mid_2020(job, flat):
    """From z, i, f, o, weights, biases and peepholes apart, to o, f, i, z."""
    n, m = job.kwargs["in_size"], job.kwargs["out_size"]
    weights, biases, recurrent, peepholes = pieces(flat, (4, n, m), (4, m), (4, m, m), (3, m))
    affine = np.concatenate([weights, biases[:, None]], 1)
    return np.concatenate([affine[::-1].ravel(), recurrent[::-1].ravel(), peepholes[::-1].ravel()])


@adapts("layer", "GRU")
def gru(job):
    points_first(job)
    if job.version == "3.x":
        return
    job.kwargs["reset_after"] = True
    n, m = job.kwargs["in_size"], job.kwargs["out_size"]
    biases = slice(3 * n * m, 3 * (n + 1) * m)
    job.change(lambda a: gates_of_gru(a, n, m), *FLAT)
    mask = np.zeros(job.arrays["parameters"].shape, bool)
    mask[biases] = True
    job.undefined |= {"gradient": mask, "gradient_numeric": mask}
    job.remark("converted: reset_after, without biases, and the update gate's complement")


def gates_of_gru(flat, n, m):
    """From matrices r, u, h of the input, and of the state, to z, r, n with biases of 0.

    z is 1 - u, the sigmoid of the negative sum.
    """
    weights, recurrent = pieces(flat, (3, n, m), (3, m, m))
    side_by_side = np.concatenate([-weights[1], weights[0], weights[2]], 1)
    gates = np.concatenate([-recurrent[1], recurrent[0]], 1)
    return np.concatenate([side_by_side.ravel(), np.zeros(3 * m), gates.ravel(),
                           recurrent[2].ravel()])


@adapts("layer", "LinearRecurrent")
def linear_recurrent(job):
    points_first(job)
