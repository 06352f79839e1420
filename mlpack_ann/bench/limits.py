"""What the machine can do at most: copying from and to each level of memory, and multiply-adds.

Both are measured on the library's own threads when a benchmark starts. A row is held against the
one that takes longer for its work: see `Limits.of`.
"""
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from mlpack_ann.bench import _limits

CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
USUAL = {2: 1 << 20, 3: 32 << 20}           # where the system does not say
PROBE, RUNS = 0.004, 12                     # seconds of a run, and how many: the fastest counts


@dataclass(frozen=True)
class Limits:
    """Measured on `threads` threads."""
    threads: int
    capacity: dict                          # level -> bytes that it holds; "DRAM" holds the rest
    bandwidth: dict                         # level -> bytes a second, reads and writes
    fma: dict                               # dtype -> operations a second, two per multiply-add

    def of(self, work, dtype):
        """Return the least seconds that (bytes, operations) take, and what sets them."""
        size, operations = work
        level = next((name for name, held in self.capacity.items() if size <= held), "DRAM")
        return max((size / self.bandwidth[level], level), (operations / self.fma[dtype], "FMA"))

    def asdict(self):
        return asdict(self)


def measured(threads):
    """Measure for this number of threads, which must be the one that is set; takes 0.5 s."""
    capacity = {f"L{level}": size * (threads if level < 3 else 1)
                for level, size in cache_sizes().items()}
    largest = max(capacity.values())
    x, y = np.ones((2, largest // 2), np.float32)       # together 4 times as large
    bandwidth = {}
    for name, size in [*capacity.items(), ("DRAM", 8 * largest)]:
        count = min(size // 4, x.nbytes) // 4           # both arrays take half of the cache
        bandwidth[name] = max(copied(x[:count], y[:count], streamed) for streamed in (False, True))
    fma = {dtype: multiplied(wide) for dtype, wide in (("float32", False), ("float64", True))}
    return Limits(threads, capacity, bandwidth, fma)


def cache_sizes():
    """Return {2: bytes, 3: bytes}, as far as there are such caches."""
    found = {}
    for index in CACHES.glob("index[0-9]"):
        try:
            level, size = int((index / "level").read_text()), (index / "size").read_text().strip()
            found[level] = int(size[:-1]) << {"K": 10, "M": 20}[size[-1]]
        except (OSError, ValueError, KeyError):
            continue
    return {level: found.get(level, USUAL[level]) for level in sorted(USUAL)
            if level in found or not found}


def copied(x, y, streamed):
    """Return bytes a second, of the fastest run."""
    return fastest(lambda times: _limits.copy(x, y, times, streamed) or 2 * x.nbytes * times)


def multiplied(wide):
    """Return operations a second, of the fastest run."""
    return fastest(lambda times: _limits.multiply_adds(wide, 100 * times))


def fastest(run):
    """Return units a second of `run(times)`, which returns how many units it did."""
    times, seconds = 1, 0
    while True:
        seconds = timed(run, times)[0]
        if seconds > PROBE / 4 or times > 1 << 40:
            break
        times *= 4
    times = max(1, int(times * PROBE / seconds))
    return max(units / seconds for seconds, units in (timed(run, times) for _ in range(RUNS)))


def timed(run, times):
    start = perf_counter()
    units = run(times)
    return perf_counter() - start, units
