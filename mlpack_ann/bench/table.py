"""The whole table."""
from mlpack_ann.bench import (arrangements, attention, containers, convolution_rules, convolutions,
                              dists, elementwise, init_rules, layers, losses, norms, pooling,
                              recurrence, regularizers, reinforcement, resampling, training,
                              weighted)
from mlpack_ann.bench.case import Row, torch

GROUPS = {
    "linear": layers.PRODUCTS + weighted.CASES,
    "convolution": layers.CONVOLUTION + convolutions.CASES,
    "convolution-rules": convolution_rules.CASES,
    "pooling": layers.POOLING + pooling.CASES,
    "unpooling": layers.UNPOOLING,
    "resampling": resampling.CASES,
    "normalisation": layers.NORMALISATION + norms.CASES,
    "activations": elementwise.ACTIVATIONS + elementwise.LAYERS + arrangements.ELEMENTWISE,
    "softmax": layers.SOFTMAX + arrangements.SOFTMIN,
    "dropout": elementwise.DROPOUT + weighted.ALPHA_DROPOUT + layers.DROPOUT,
    "rearrangements": layers.REARRANGEMENTS + arrangements.COPIES + arrangements.ROWS,
    "containers": containers.CASES,
    "attention": attention.CASES + reinforcement.CASES,
    "recurrence": recurrence.CASES,
    "losses": losses.CASES + reinforcement.LOSSES,
    "initialisation": init_rules.CASES,
    "distributions": dists.CASES,
    "regularisation": regularizers.CASES,
    "training": training.CASES,
}
CASES = [case for cases in GROUPS.values() for case in cases]
GROUP_OF = {case.name: group for group, cases in GROUPS.items() for case in cases}
DTYPES = ("float32", "float64")


def rows(cases, quick=False, dtypes=DTYPES):
    """Return the rows of cases; for `quick`, of the first size and with new outputs only."""
    return [Row(case, step, size, dtype, given)
            for case in cases for size in list(case.sizes)[:1 if quick else None]
            for step in case.steps for dtype in dtypes
            for given in (False, True)
            if not given or (torch and not quick and step in case.given)]
