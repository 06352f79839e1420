"""Conversions of loss functions.

This library has the loss functions of the redesign, pull request #2495: `reduction` True is the
sum, False the mean over all elements. "<Class>.before_redesign" is mid-2020's master.
"""
import numpy as np

from mlpack_ann.port.adapters import adapts

PER_ELEMENT = ("input", "target", "g", "g_numeric")


def mean_flag(job, name):
    """mid-2020's flag for the mean is the opposite of `reduction`."""
    job.kwargs["reduction"] = not job.kwargs.pop(name)
    job.remark(f"converted: {name}=True is reduction=False")


@adapts("loss_functions", "PoissonNLLLoss", "HuberLoss.before_redesign",
        "L1Loss.before_redesign")
def mean_argument(job):
    if "mean" in job.kwargs:
        mean_flag(job, "mean")


@adapts("loss_functions", "CosineEmbeddingLoss", "KLDivergence.before_redesign")
def take_mean_argument(job):
    if "take_mean" in job.kwargs:
        mean_flag(job, "take_mean")


@adapts("loss_functions", "MeanSquaredError.before_redesign", "MeanBiasError.before_redesign",
        "MeanSquaredLogarithmicError.before_redesign")
def divided_by_points(job):
    points = job.points
    job.change(lambda a: a * points, "loss", "g", "g_numeric")
    job.extrema = {name: (d * points, t * points) for name, (d, t) in job.extrema.items()}
    job.remark("converted: the sum over features, averaged over points, times the points")


@adapts("loss_functions", "MeanAbsolutePercentageError")
def percentage(job):
    divided_by_points(job)


@adapts("loss_functions", "ReconstructionLoss")
def reconstruction(job):
    if job.version == "3.x":
        divided_by_points(job)


@adapts("loss_functions", "MarginRankingLoss")
def margin_ranking(job):
    if job.version == "3.x":
        divided_by_points(job)
        return
    first, second = np.split(job.arrays["input"], 2, 1)
    hinge = job.kwargs["margin"] - job.arrays["target"] * (first - second)
    job.undefined["g"] = np.tile(np.abs(hinge) < 1e-12, 2)


@adapts("loss_functions", "EmptyLoss")
def empty_loss(job):
    """Backward hands the target on as the gradient; it is no derivative."""
    job.arrays.pop("g_numeric", None)


@adapts("loss_functions", "HingeLoss")
def hinge_loss(job):
    """Central differences say nothing at the kink."""
    job.undefined["g_numeric"] = np.abs(np.abs(job.arrays["input"]) - 1) < 1e-4


@adapts("loss_functions", "MeanSquaredError")
def mean_squared_error(job):
    if job.version == "4.8" and "reduction" not in job.kwargs:
        job.kwargs["reduction"] = False
        job.remark("converted: mlpack 4.8's default is the mean")


@adapts("loss_functions", "HingeEmbeddingLoss.before_redesign")
def hinge_embedding_before(job):
    job.name = "HingeLoss"
    job.kwargs["reduction"] = False
    job.remark("converted: it was the mean hinge loss, compared with HingeLoss")


@adapts("loss_functions", "TripletMarginLoss")
def triplet_margin(job):
    if "reduction" not in job.kwargs:
        job.kwargs["reduction"] = False
        job.remark("converted: mlpack always averages over the points")


@adapts("loss_functions", "NegativeLogLikelihood")
def negative_log_likelihood(job):
    if job.version == "3.x":
        job.change(np.transpose, "input", "g")
        job.remark("converted: rows of mlpack's matrix are the points here, not columns")
    labels(job, first=0)


@adapts("loss_functions", "VRClassReward")
def vr_class_reward(job):
    labels(job, first=0)


@adapts("loss_functions", "NegativeLogLikelihood.before_redesign")
def negative_log_likelihood_before(job):
    labels(job, first=1)
    job.remark("converted: labels count from 1")


def labels(job, first):
    job.change(lambda a: (a.ravel() - first).astype(np.int64), "target")


@adapts("loss_functions", "MultiLabelSoftMarginLoss")
def multi_label_soft_margin(job):
    job.change(np.transpose, *PER_ELEMENT)
    if "weights" in job.kwargs:
        job.kwargs["weights"] = job.kwargs["weights"].ravel()
    job.remark("converted: columns of mlpack's matrix are the classes here, rows the points")
