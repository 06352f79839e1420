"""Means over rows and comparisons of runs; a run is what ``--json`` wrote.

All ratios are a peer's time divided by mlpack_ann's: above 1, mlpack_ann is ahead.
"""
from math import exp, log


def mean(values):
    """Return the geometric mean."""
    return exp(sum(map(log, values)) / len(values))


def ratios(rows, peer="torch"):
    return [row["ratio"][peer] for row in rows if peer in row["ratio"]]


def settings(rows):
    """Return the (dtype, threads) that occur, in order."""
    return sorted({(row["dtype"], row["threads"]) for row in rows}, key=lambda s: (s[1], s[0]))


def of(rows, setting):
    return [row for row in rows if (row["dtype"], row["threads"]) == setting]


def mean_and_lowest(rows, peer="torch"):
    """Return "mean (lowest)", or "-" where the peer has nothing."""
    values = ratios(rows, peer)
    return f"{mean(values):.2f} ({min(values):.2f})" if values else "-"


def below(rows, bound, peer="torch"):
    """Return "rows below the bound / rows"."""
    values = ratios(rows, peer)
    return f"{sum(value < bound for value in values)}/{len(values)}" if values else "-"


def overview(rows):
    """Return (label, [cell per setting]) for each group and over all rows."""
    def line(label, cell, rows, *arguments):
        return label, [cell(of(rows, setting), *arguments) for setting in columns]

    columns = settings(rows)
    operations = [row for row in rows if row["kind"] == "operation"]
    groups = dict.fromkeys(row["group"] for row in rows)
    lines = [line(group, mean_and_lowest, [row for row in rows if row["group"] == group])
             for group in groups]
    return lines + [
        line("all rows", mean_and_lowest, rows),
        line("operations", mean_and_lowest, operations),
        line("below 0.9", below, rows, 0.9),
        line("below 1.0", below, rows, 1.0),
        line("operations < 0.9", below, operations, 0.9),
        line("operations < 1.0", below, operations, 1.0),
        line("NumPy, all rows", mean_and_lowest, rows, "numpy"),
    ]


def slower(before, after, threshold):
    """Return [(row, basis, before, after)] of the rows that got slower by more than `threshold`.

    Times drift with the machine, and PyTorch's with them: the basis is their ratio where PyTorch
    took part in both runs, and mlpack_ann's own time elsewhere.
    """
    known = {(row["name"], row["threads"]): row for row in before}
    found = []
    for row in after:
        old = known.get((row["name"], row["threads"]))
        if old is None:
            continue
        if "torch" in row["ratio"] and "torch" in old["ratio"]:
            basis, was, now = "ratio", old["ratio"]["torch"], row["ratio"]["torch"]
            worse = was / now
        else:
            basis, was, now = "time", old["minimum"]["mlpack_ann"], row["minimum"]["mlpack_ann"]
            worse = now / was
        if worse > 1 + threshold:
            found.append((row, basis, was, now))
    return found
