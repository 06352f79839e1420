"""Time mlpack_ann beside PyTorch and NumPy, in one process, their calls in turns.

Of each row: the shortest time of mlpack_ann, how many times as long the others take, and how much
of the machine's limit mlpack_ann reaches: copying as many bytes from and to the same level of
memory, or as many multiply-adds, whichever takes longer. Both are measured first. The last column
says what PyTorch does if not one operation: a "formula" of several, its "autograd", or a whole
training "step".
"""
import argparse
import json
import os
import platform
import sys

import numpy as np

from mlpack_ann.bench import case, limits, summary, table
from mlpack_ann.bench.timing import race

LIBRARIES = {"torch": "PyTorch", "numpy": "NumPy"}


def environment(threads):
    """Return the variables that libraries read when they are imported.

    On several threads, those without work wait some 0.1 ms for it before they sleep: not 10 ms and
    more, as by default, in which they would keep a core from the threads of the next library.
    """
    names = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"
    made = dict.fromkeys(names, str(threads))
    if threads > 1:
        made |= {"GOMP_SPINCOUNT": "5000", "OPENBLAS_THREAD_TIMEOUT": "18"}
    return made


def main(arguments):
    """Run with command-line arguments; return the exit status."""
    options = parsed(arguments)
    needed = environment(max(options.threads))
    if any(os.environ.get(name) != value for name, value in needed.items()):
        os.execve(sys.executable, sys.orig_argv, {**os.environ, **needed})      # NumPy is in
    before = json.loads(options.compare.read()) if options.compare else None
    machine, measured = limits_of(options.threads)
    print(f"\n{'row':50} t   mlpack_ann PyTorch  NumPy  limit", flush=True)
    run = {"machine": machine, "rows": []}
    try:
        for row in chosen(options):
            run["rows"] += timed(row, options, measured)
    finally:                                # a run that was interrupted keeps what it has
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump(run, file, indent=1)
    if run["rows"]:
        summarise(run["rows"])
    return compare(before, run, options.threshold) if before else 0


def timed(row, options, measured):
    """Yield and show the record of a row for each number of threads."""
    with case.quiet():
        calls, work = row.prepared()
        for threads in options.threads:
            case.use_threads(threads)
            made = record(row, calls, work, measured[threads], options.seconds)
            show(made)
            yield made


def parsed(arguments):
    parser = argparse.ArgumentParser(prog="python -m mlpack_ann bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help="only the first size of each case, outputs not given")
    parser.add_argument("--group", nargs="+", choices=table.GROUPS, default=list(table.GROUPS),
                        metavar="NAME", help=f"of {', '.join(table.GROUPS)}")
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD",
                        help="rows with all of these words in their name, such as Linear Forward")
    parser.add_argument("--dtype", choices=table.DTYPES, action="append", help="default: both")
    parser.add_argument("--threads", nargs="+", type=positive, default=[1], metavar="N",
                        help="numbers of threads, of all libraries; default 1")
    parser.add_argument("--seconds", type=float, default=0.1, help="per call timed; default 0.1")
    parser.add_argument("--json", metavar="FILE", help="write all rows to this file")
    parser.add_argument("--compare", type=argparse.FileType(encoding="utf-8"), metavar="FILE",
                        help="list what got slower than in this file, written by --json; the exit "
                             "status is 1 if anything did. Compared are the ratios to PyTorch, "
                             "because times drift, or the times of rows without PyTorch")
    parser.add_argument("--threshold", type=float, default=0.2,
                        help="how much slower counts; default 0.2, for 20 %%")
    return parser.parse_args(arguments)


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def chosen(options):
    """Return the rows asked for."""
    cases = [case for group in options.group for case in table.GROUPS[group]]
    return [row for row in table.rows(cases, options.quick, options.dtype or table.DTYPES)
            if set(options.only) <= set(row.name.split())]


def limits_of(threads):
    """Measure and print the limits; return a description of the machine, and them by threads."""
    versions = {"Python": platform.python_version(), "NumPy": np.__version__}
    if case.torch:
        versions["PyTorch"] = case.torch.__version__
    print(f"{processor()}, {os.cpu_count()} CPUs;",
          ", ".join(f"{name} {version}" for name, version in versions.items()))
    measured = {}
    for number in threads:
        with case.quiet(number):
            measured[number] = found = limits.measured(number)
        copy = ", ".join(f"{level} {rate / 1e9:.0f}" for level, rate in found.bandwidth.items())
        fma = ", ".join(f"{dtype} {rate / 1e9:.0f}" for dtype, rate in found.fma.items())
        print(f"threads {number}: copy {copy} GB/s; multiply-add {fma} GFLOP/s", flush=True)
    machine = {"processor": processor(), "cpus": os.cpu_count(), "versions": versions,
               "limits": [found.asdict() for found in measured.values()]}
    return machine, measured


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":")[1].strip() for line in file
                        if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def record(row, calls, work, found, seconds):
    """Time a row; return what --json writes of it."""
    times = race(calls, seconds, found.threads)
    least, limit = found.of(work, row.dtype)
    ours = times["mlpack_ann"][0]
    return {
        "name": row.name, "group": table.GROUP_OF[row.case.name], "class": row.case.name,
        "step": row.step, "size": row.size, "dtype": row.dtype, "given": row.given,
        "threads": found.threads,
        "kind": case.how(calls["torch"]) if "torch" in calls else None,
        "minimum": {name: best for name, (best, _) in times.items()},
        "median": {name: middle for name, (_, middle) in times.items()},
        "ratio": {name: best / ours for name, (best, _) in times.items() if name != "mlpack_ann"},
        "bytes": work[0], "operations": work[1], "limit": limit, "fraction": least / ours,
    }


def show(row):
    name = row["name"].replace("float", "f")
    peers = "".join(f"{row['ratio'][peer]:7.2f}" if peer in row["ratio"] else f"{'-':>7}"
                    for peer in LIBRARIES)
    kind = "" if row["kind"] in (None, "operation") else row["kind"]
    limit = f"{row['fraction']:5.0%} {row['limit']:4}" if row["fraction"] else " " * 10
    print(f"{name:50} {row['threads']} {row['minimum']['mlpack_ann'] * 1e6:9.1f} us{peers} "
          f"{limit} {kind}".rstrip(), flush=True)


def summarise(rows):
    """Print the means over groups and over all, and how many rows are behind."""
    columns = [f"{dtype} x{threads}" for dtype, threads in summary.settings(rows)]
    print("\nPyTorch's time divided by mlpack_ann's: geometric mean (lowest); x1: one thread\n")
    print(f"{'':16}" + "".join(f"{column:>16}" for column in columns))
    for label, cells in summary.overview(rows):
        print(f"{label:16}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


def compare(before, after, threshold):
    """Print what got slower; return the exit status."""
    if before["machine"]["processor"] != after["machine"]["processor"]:
        print(f"\nThe other run is of another machine: {before['machine']['processor']}")
    found = summary.slower(before["rows"], after["rows"], threshold)
    print(f"\n{len(found)} rows are more than {threshold:.0%} slower than before: by the ratio to "
          "PyTorch,\nwhich drifts less than times do, where both runs have it; else by time")
    for row, basis, was, now in sorted(found, key=lambda f: f[0]["name"]):
        values = (f"{was:.2f} -> {now:.2f}" if basis == "ratio"
                  else f"{was * 1e6:.1f} us -> {now * 1e6:.1f} us")
        print(f"  {row['name']:58} {row['threads']} {values}")
    return int(bool(found))
