"""What mlpack's losses compute where they are wrong."""
import numpy as np


def pair(job):
    return job.arrays["input"], job.arrays["target"]


def divisor(job):
    """Number of elements where the loss is their mean, else 1."""
    return job.arrays["input"].size if job.kwargs.get("reduction", True) is False else 1


def signed_difference(job, check):
    """Without the absolute value; its "mean" is over features, summed over points."""
    x, t = pair(job)
    return (x - t).sum() / (job.features if divisor(job) > 1 else 1)


def sign_undivided(job, check):
    x, t = pair(job)
    return np.sign(x - t)


def linear_hinge_embedding(job, check):
    x, t = pair(job)
    return ((1 - t) / 2 + x * t).sum() / divisor(job)


def linear_hinge_embedding_g(job, check):
    return job.arrays["target"] / divisor(job)


def inverted_hinge_g(job, check):
    x, t = pair(job)
    label = np.where(t == 0, -1.0, t)
    return np.where(x < 1 / label, -label, 0.0) / divisor(job)


def inverted_hinge_g_undivided(job, check):
    return inverted_hinge_g(job, check) * divisor(job)


def largest_hinge(job, check):
    """Of each point's terms only the largest."""
    x, t = pair(job)
    return (1 - x * np.where(t == 0, -1.0, t)).max(1).sum() / x.size


def relative_entropy(job, check):
    """sum x (log x - log t): the roles of prediction and target are exchanged."""
    x, t = pair(job)
    return (x * np.log(x / t)).sum() / divisor(job)


def relative_entropy_g(job, check):
    x, t = pair(job)
    return ((np.log(x / t) + 1).sum() / divisor(job)).reshape(1, 1)


def cosine_runs(job):
    """Return (loss object, runs): mlpack's vectors are runs of as many values as points."""
    return job.build(), [array.reshape(-1, job.points) for array in pair(job)]


def cosine_of_runs(job, check):
    loss, runs = cosine_runs(job)
    return np.asarray(loss.Forward(*runs))


def cosine_of_runs_g(job, check):
    """The mean is never divided (3.x), or again at every run of a loop (4.4, 4.8)."""
    loss, runs = cosine_runs(job)
    g = loss.Backward(*runs)
    if divisor(job) > 1:
        count = len(g)
        factor = float(count) ** -np.arange(count, 0, -1) if job.version != "3.x" else 1.0
        g = g * count * np.reshape(factor, (-1, 1))
    return g.reshape(check.recorded.shape)


def margin_ranking_g(job, check):
    x, t = pair(job)
    first, second = np.split(x, 2, 1)
    active = job.kwargs["margin"] - t * (first - second) > 0
    return np.where(active, second - first, 0.0)


def triplet_margin(job, check):
    """Clamped once for the whole batch."""
    x, negative = pair(job)
    anchor, positive = np.split(x, 2, 1)
    total = ((anchor - positive) ** 2).sum() - ((anchor - negative) ** 2).sum()
    return max(0.0, total + job.kwargs["margin"]) / job.points


def triplet_margin_g(job, check):
    x, negative = pair(job)
    return 2 * (negative - np.split(x, 2, 1)[1]) / job.points


def percentage_in_integers(job, check):
    x, t = pair(job)
    return np.abs((x - t) / t).sum() * (100 // job.points) * job.points


def percentage_g(job, check):
    x, t = pair(job)
    return np.where(x < t, -1.0, 1.0) / t * (100 // job.points) * job.points


def by_features(job, check):
    """The squared error's derivative divided by the features only."""
    x, t = pair(job)
    return 2 * (x - t) / job.features


def first_label_only(job, check):
    """Of labels given as a column only the first counts, though the mean divides by all."""
    x, t = pair(job)
    return -x[0, t[0]] / (len(t) if divisor(job) > 1 else 1)


def first_label_only_g(job, check):
    x, t = pair(job)
    g = np.zeros(x.shape)
    g[0, t[0]] = -1 / (len(t) if divisor(job) > 1 else 1)
    return g


def last_reward(job):
    """Return the reward of the last point that counts, taken for that of all, and its divisor."""
    x, t = pair(job)
    counted = len(x) - 1
    rewarded = counted > 0 and x[-2].argmax() == t[counted - 1]
    reward = job.kwargs.get("scale", 1.0) * np.float64(rewarded)
    return reward, np.float64(counted if job.kwargs.get("size_average", True) else 1)


def last_reward_only(job, check):
    """The last row is left out, and only the reward of the one before counts."""
    x, t = pair(job)
    reward, divisor = last_reward(job)
    with np.errstate(invalid="ignore"):
        return -x[np.arange(len(x) - 1), t[:len(x) - 1]].sum() - reward / divisor


def baseline_in_second_row(job, check):
    """The second row's first element is taken for the baseline, and loses what the label gave."""
    x, t = pair(job)
    reward, divisor = last_reward(job)
    g = np.zeros(x.shape)
    g[np.arange(len(t)), t] = -1
    g[1, 0] = 2 * (x[1, 0] - reward) / divisor
    return g


def reward_less_second_row(job, check):
    reward, divisor = last_reward(job)
    return np.reshape((reward - job.arrays["input"][1, 0]) / divisor, 1)
