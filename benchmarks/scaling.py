"""Time and peak memory of LeNet's training step against batch, image size and channels.

    python benchmarks/scaling.py run.json [docs/images]

Every figure comes from a process of its own that imports one library only. The first argument is
where figures are kept; if the file is there, it is read instead of measuring. With a folder,
pictures are drawn to it (needs matplotlib). Fitted is ``y = c * x**e`` by least squares on
logarithms, over the sizes where x dominates: the larger half.
"""
import json
import os
import subprocess
import sys
from math import exp, log
from pathlib import Path
from time import perf_counter

LIBRARIES = {"mlpack_ann": "mlpack_ann", "torch": "PyTorch"}
SIZES = {                                   # what varies -> its values
    "batch": (16, 32, 64, 128, 256, 512, 1024),
    "side": (28, 56, 84, 112, 168, 224),
    "width": (1, 2, 4, 8, 16),
}
TITLES = {"batch": "batch", "side": "image side, pixels", "width": "channels, times 6 and 16"}
BASE = {"batch": 32, "side": 28, "width": 1}
CASES = [BASE] + [{**BASE, name: value} for name, values in SIZES.items() for value in values
                  if value != BASE[name]]
SECONDS = 0.5                               # of timing
MB = 1e6


# ---------------------------------------------------------------- in a process of its own

def child(library, sizes):
    """Print the figures of one library and size."""
    if library == "torch":
        import torch

        from mlpack_ann.bench import torch_nets
        torch.set_num_threads(1)
        imported = peak()
        model = torch_nets.lenet(sizes["side"], sizes["width"])
        x = torch.randn(sizes["batch"], 1, sizes["side"], sizes["side"])
        labels = torch.randint(torch_nets.CLASSES, (sizes["batch"],))
        arguments = model, *torch_nets.trained(model), x, labels

        def step():
            return torch_nets.step(*arguments)
    else:
        import mlpack_ann
        from mlpack_ann.bench import nets
        mlpack_ann.set_num_threads(1)
        imported = peak()
        step = nets.lenet("float32", **sizes).step
    for _ in range(3):
        step()
    times, end = [], perf_counter() + SECONDS
    while len(times) < 3 or perf_counter() < end:
        start = perf_counter()
        step()
        times.append(perf_counter() - start)
    print(json.dumps({"imported": imported, "peak": peak(), "minimum": min(times),
                      "median": sorted(times)[len(times) // 2]}))


def peak():
    """Return the most memory, in bytes, that this process ever had in RAM.

    Linux counts what a process had before it started this program into ``ru_maxrss``; VmHWM is the
    program's own.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        import resource
        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


# ---------------------------------------------------------------- all of them

def measured(cases):
    """Return [{"sizes": ..., library: figures}, ...]."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    rows = []
    for sizes in cases:
        row = {"sizes": sizes}
        for library in LIBRARIES:
            command = [sys.executable, __file__, "--child", library, json.dumps(sizes)]
            output = subprocess.run(command, check=True, capture_output=True, text=True,
                                    env={**os.environ, **one}).stdout
            row[library] = json.loads(output)
        rows.append(row)
        show(row)
    return rows


def show(row):
    sizes = " ".join(f"{name} {value:4}" for name, value in row["sizes"].items())
    for library, title in LIBRARIES.items():
        figures = row[library]
        print(f"{sizes}  {title:10} {figures['minimum'] * 1e3:9.2f} ms {figures['peak'] / MB:7.1f} "
              f"MB, {(figures['peak'] - figures['imported']) / MB:7.1f} MB above the import",
              flush=True)
    ours, theirs = row["mlpack_ann"], row["torch"]
    print(f"{sizes}  {'ratio':10} {theirs['minimum'] / ours['minimum']:9.2f}    "
          f"{ours['peak'] / theirs['peak']:7.2f}", flush=True)


def fit(xs, ys):
    """Return (c, e) of ``y = c * x**e``, over the larger half of the sizes."""
    half = len(xs) // 2
    points = [(log(x), log(y)) for x, y in list(zip(xs, ys))[half:]]
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points))
    slope = (sum((x - mean_x) * (y - mean_y) for x, y in points)
             / sum((x - mean_x)**2 for x, _ in points))
    return exp(mean_y - slope * mean_x), slope


QUANTITIES = {                              # name -> label, unit, value of the figures
    "time": ("one step, ms", lambda figures: figures["minimum"] * 1e3),
    "memory": ("peak memory, MB", lambda figures: figures["peak"] / MB),
    "increment": ("peak above the import, MB",
                  lambda figures: (figures["peak"] - figures["imported"]) / MB),
}


def series(rows, name, library, quantity):
    """Return the values of what varies and of the quantity."""
    others = {key: value for key, value in BASE.items() if key != name}
    chosen = [row for row in rows if others.items() <= row["sizes"].items()]
    chosen = {row["sizes"][name]: QUANTITIES[quantity][1](row[library]) for row in chosen}
    return sorted(chosen), [chosen[x] for x in sorted(chosen)]


def exponents(rows):
    """Return a Markdown table of the fitted exponents."""
    lines = ["| | " + " | ".join(f"{title}, {library}" for title in ("time", "peak above import")
                                 for library in LIBRARIES.values()) + " |",
             "|---" * 5 + "|"]
    for name, title in TITLES.items():
        cells = [f"{fit(*series(rows, name, library, quantity))[1]:.2f}"
                 for quantity in ("time", "increment") for library in LIBRARIES]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(rows, quantities, path):
    """Draw a row of panels per quantity, and a panel in it for each thing that varies."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter
    figure = Figure(figsize=(9, 3.2 * len(quantities)), layout="constrained")
    grid = figure.subplots(len(quantities), len(SIZES), squeeze=False, sharey="row")
    for line, quantity in zip(grid, quantities):
        for axes, name in zip(line, SIZES):
            for library, colour in zip(LIBRARIES, ("C0", "C1")):
                xs, ys = series(rows, name, library, quantity)
                label = LIBRARIES[library]
                if quantity != "memory":    # that of the import stays
                    scale, exponent = fit(xs, ys)
                    label += f": exponent {exponent:.2f}"
                    ends = xs[len(xs) // 2], xs[-1]
                    axes.plot(ends, [scale * x**exponent for x in ends], "--", color=colour, lw=1)
                axes.plot(xs, ys, "o-", color=colour, label=label, ms=4)
            axes.set(xscale="log", yscale="log", xlabel=TITLES[name])
            axes.set_xticks(xs, map(str, xs), minor=False)
            axes.minorticks_off()
            axes.tick_params(axis="x", labelsize=8)
            axes.grid(alpha=0.3)
            axes.legend(fontsize=8, loc="upper left")
        line[0].set_ylabel(QUANTITIES[quantity][0])
        low, high = line[0].get_ylim()
        line[0].set_ylim(low, 3 * high)     # room for the legends
        line[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 20 * low else (1,)))
        line[0].yaxis.set_major_formatter(ScalarFormatter())
        line[0].yaxis.set_minor_formatter(NullFormatter())
    figure.savefig(path, dpi=100)
    print(f"picture: {path}")


def main(arguments):
    if arguments[:1] == ["--child"]:
        child(arguments[1], json.loads(arguments[2]))
        return
    path = Path(arguments[0])
    if path.exists():
        rows = json.loads(path.read_text())
        for row in rows:
            show(row)
    else:
        rows = measured(CASES)
        path.write_text(json.dumps(rows, indent=1))
    print("\nfitted exponents\n\n" + exponents(rows) + "\n")
    if arguments[1:]:
        folder = Path(arguments[1])
        draw(rows, ["time"], folder / "performance-time.png")
        draw(rows, ["memory", "increment"], folder / "performance-memory.png")


if __name__ == "__main__":
    main(sys.argv[1:])
