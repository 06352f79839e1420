"""Conversions of the layers of attention, and of those that learn where to look."""
import numpy as np

from mlpack_ann.layer import ReinforceNormal
from mlpack_ann.port.adapters import adapts
from mlpack_ann.port.containers_adapters import written


@adapts("layer", "MultiheadAttention")
def multihead_attention(job):
    job.attributes["input_dimensions"] = tuple(job.case.settings["InputDimensions"][::-1])
    if job.version != "4.4":
        job.state["attention_weights"] = job.case.state["attention_weights"]
        return
    for name in ("attn_mask", "key_padding_mask"):
        if name in job.kwargs:
            job.kwargs[name] = job.kwargs[name].T
            job.remark("converted: masks are (queries, keys)")


class Recorded(np.random.Generator):
    """Draws what mlpack drew."""

    def __init__(self, noise):
        super().__init__(np.random.PCG64(0))
        self.noise = noise

    def standard_normal(self, out):
        out[...] = self.noise.reshape(out.shape)


@adapts("layer", "ReinforceNormal")
def reinforce_normal(job):
    noise = job.arrays["output"] - job.arrays["input"]
    job.attributes = {"reward": job.case.settings["Reward"],
                      "rng": Recorded(noise / job.kwargs["stdev"])}


@adapts("layer", "VRClassReward")
def vr_class_reward(job):
    job.kwargs["layers"] = [ReinforceNormal()]
    job.change(lambda a: a.ravel().astype(np.int64) - 1, "target")
    job.remark("converted: labels are counted from 0")
    job.state["reward"] = job.case.state["Reward"]


@adapts("layer", "Glimpse")
def glimpse(job):
    """mlpack's input is two columns, the image and what begins with the location."""
    job.state = {name: job.case.state[recorded] for name, recorded in (
        ("output_width", "OutputWidth"), ("output_height", "OutputHeight"))}
    job.change(lambda a: np.concatenate([a[0], a[1, :2]])[None], "input")
    job.change(lambda a: np.concatenate([a, np.zeros((1, 2))], 1), "g")
    job.remark("converted: the location stands behind the image")


@adapts("layer", "RecurrentAttention")
def recurrent_attention(job):
    for name in ("rnn", "action"):
        job.kwargs[name], = written(job.case.args[name], {})
