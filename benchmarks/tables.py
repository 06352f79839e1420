"""Print the tables of docs/performance.md, in Markdown, from a run that was saved.

    python -m mlpack_ann bench --threads 1 2 --json run.json
    python benchmarks/tables.py run.json

Of several files, of groups timed apart say, a later one's rows stand for an earlier one's.
"""
import json
import sys
from pathlib import Path

from mlpack_ann.bench import summary


def table(head, lines):
    """Return a Markdown table; `lines` are (cells, ...)."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows) + "\n"


def named(settings):
    return [f"{dtype}, {threads} thread{'s' * (threads > 1)}" for dtype, threads in settings]


def machine(run):
    described, limits = run["machine"], run["machine"]["limits"]
    text = ", ".join([described["processor"], f"{described['cpus']} CPUs",
                      *(f"{name} {version}" for name, version in described["versions"].items())])
    head = ["threads", *(f"copy {level}, GB/s" for level in limits[0]["bandwidth"]),
            *(f"multiply-add {dtype}, GFLOP/s" for dtype in limits[0]["fma"])]
    return text + "\n\n" + table(head, [
        [found["threads"], *(f"{rate / 1e9:.0f}" for part in (found["bandwidth"], found["fma"])
                             for rate in part.values())] for found in limits])


def overview(rows):
    return table(["", *named(summary.settings(rows))],
                 [[label, *cells] for label, cells in summary.overview(rows)])


def classes(rows):
    """Return the geometric mean and the lowest ratio per class and pass, where PyTorch has it."""
    settings = summary.settings(rows)
    passes = dict.fromkeys((row["class"], row["step"]) for row in rows)
    lines = []
    for name, step in passes:
        chosen = [row for row in rows if (row["class"], row["step"]) == (name, step)]
        if summary.ratios(chosen):
            kinds = dict.fromkeys(row["kind"] for row in chosen if row["kind"] != "operation")
            lines.append([name, step, " ".join(kind for kind in kinds if kind),
                          *(summary.mean_and_lowest(summary.of(chosen, setting))
                            for setting in settings)])
    return table(["class", "pass", "PyTorch's", *named(settings)], lines)


def behind(rows):
    """Return the rows in which a peer is faster, the furthest behind first."""
    names = {"torch": "PyTorch", "numpy": "NumPy"}
    found = sorted(((ratio, row, peer) for row in rows for peer, ratio in row["ratio"].items()
                    if ratio < 1), key=lambda item: item[0])
    return table(["row", "threads", "us", "ratio", "to", "of the limit"], [
        [row["name"], row["threads"], f"{row['minimum']['mlpack_ann'] * 1e6:.1f}", f"{ratio:.2f}",
         names[peer], f"{row['fraction']:.0%} {row['limit']}" if row["fraction"] else "-"]
        for ratio, row, peer in found])


def joined(paths):
    """Return one run: the first one's machine, and of each row the latest."""
    runs = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
    latest = {(row["name"], row["threads"]): row for run in runs for row in run["rows"]}
    return {**runs[0], "rows": [*latest.values()]}


def main(*paths):
    run = joined(paths)
    for heading, text in [("Machine", machine(run)), ("Groups", overview(run["rows"])),
                          ("Classes", classes(run["rows"])),
                          ("Rows behind a peer", behind(run["rows"]))]:
        print(f"### {heading}\n\n{text}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
