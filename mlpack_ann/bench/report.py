"""Time the rows of the table in one process, and how many times as long PyTorch and NumPy take.

Calls of a row are timed in turns, on one thread; the table shows the shortest time of each. PyTorch
runs without autograd, except where its backward pass needs it ("autograd"), and by a formula of
several operations where it has none for the class ("formula").
"""
import argparse
import os
import sys
from math import exp, log

from mlpack_ann.bench import table
from mlpack_ann.bench.case import how, quiet
from mlpack_ann.bench.timing import race

THREADS = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def main(arguments):
    """Run with command-line arguments; return the exit status."""
    options = parsed(arguments)
    if any(os.environ.get(name) != value for name, value in THREADS.items()):
        # BLAS reads them when NumPy is imported, which has happened: start again.
        os.execve(sys.executable, sys.orig_argv, {**os.environ, **THREADS})
    dtypes = options.dtype or table.DTYPES
    rows = [row for row in table.rows(table.CASES, options.quick, dtypes)
            if set(options.only) <= set(row.name.split())]
    ratios = {}
    print(f"{'row':58}{'mlpack_ann':>14}{'PyTorch':>10}{'NumPy':>10}")
    with quiet():
        for row in rows:
            ratio = timed(row, options.seconds)
            if ratio:
                by_dtype = ratios.setdefault((row.case.name, row.step), {})
                by_dtype.setdefault(row.dtype, []).append(ratio)
    if ratios:
        summarise(ratios, dtypes)
    return 0


def parsed(arguments):
    parser = argparse.ArgumentParser(prog="python -m mlpack_ann bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help="only the first size of each case, outputs not given")
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD",
                        help="rows with all of these words in their name, such as Linear Forward")
    parser.add_argument("--dtype", choices=table.DTYPES, action="append", help="default: both")
    parser.add_argument("--seconds", type=float, default=0.1, help="per call timed; default 0.1")
    return parser.parse_args(arguments)


def timed(row, seconds):
    """Print a row; return PyTorch's time over ours, or None."""
    calls = row.calls()
    times = {name: best for name, (best, _) in race(calls, seconds).items()}
    ratios = {name: time / times["mlpack_ann"] for name, time in times.items()}
    columns = [f"{ratios[name]:9.2f}x" if name in ratios else f"{'-':>10}"
               for name in ("torch", "numpy")]
    kind = how(calls["torch"]) if "torch" in calls else "operation"
    print(f"{row.name:58}{times['mlpack_ann'] * 1e6:11.1f} us{''.join(columns)}",
          "" if kind == "operation" else kind, flush=True)
    return ratios.get("torch")


def summarise(ratios, dtypes):
    """Print a Markdown table: per class and pass the geometric mean over sizes, and the lowest."""
    print("\nPyTorch's time divided by mlpack_ann's: geometric mean over the sizes (lowest)\n")
    print("| class | pass |", " | ".join(dtypes), "|")
    print("|---|---|" + "---|" * len(dtypes))
    for (name, step), by_dtype in ratios.items():
        cells = [f"{mean(by_dtype[dtype]):.2f} ({min(by_dtype[dtype]):.2f})"
                 if dtype in by_dtype else "-" for dtype in dtypes]
        print(f"| {name} | {step} |", " | ".join(cells), "|")


def mean(values):
    """Return the geometric mean."""
    return exp(sum(map(log, values)) / len(values))
