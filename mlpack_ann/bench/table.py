"""The whole table."""
from mlpack_ann.bench import elementwise, layers, losses
from mlpack_ann.bench.case import Row, torch

CASES = elementwise.ACTIVATIONS + elementwise.LAYERS + layers.CASES + losses.CASES
DTYPES = ("float32", "float64")


def rows(cases, quick=False, dtypes=DTYPES):
    """Return the rows of cases; for `quick`, of the first size and with new outputs only."""
    return [Row(case, step, size, dtype, given)
            for case in cases for step in case.steps
            for size in list(case.sizes)[:1 if quick else None] for dtype in dtypes
            for given in (False, True)
            if not given or (torch and not quick and step in case.given)]
