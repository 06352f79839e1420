"""Recorded statistics of random numbers: what this library's own draws say of them.

A draw is repeated with other seeds; `chance` is how far from the mean of a statistic over these
draws another draw may have it. Eight standard deviations for moments; for extremes, whose
distributions have longer tails, twelve.
"""
import numpy as np

DRAWS = 12
STATISTICS = {"mean": (np.mean, 8.0), "std": (lambda w: np.std(w, ddof=1), 8.0),
              "min": (np.min, 12.0), "max": (np.max, 12.0)}


def generators():
    """Yield generators, the same every time."""
    for seed in range(DRAWS):
        yield np.random.default_rng(seed)


def spread(values, deviations):
    """Return the mean of a statistic over draws, and how far chance may put another."""
    return float(np.mean(values)), deviations * float(np.std(values, ddof=1))


def statistics(rule, shape):
    """Return {name: (value, chance)} of the arrays of a shape that a rule draws."""
    drawn = []
    for rule.rng in generators():
        drawn.append(rule.Initialize(shape=shape))
    return {name: spread([statistic(w) for w in drawn], deviations)
            for name, (statistic, deviations) in STATISTICS.items()}


def network_statistics(rule, network, of):
    """Return (value, chance) of a statistic of networks that a rule initialises."""
    values = []
    for rule.initialize_rule.rng in generators():
        rule.Initialize(network)
        values.append(of())
    return spread(values, 8.0)
