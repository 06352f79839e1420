"""Calls timed in turns, so that whatever else the machine does meets all of them alike."""
import gc
from statistics import median
from time import perf_counter

BLOCK = 5e-4                                # seconds that the clock's own cost is spread over


def race(calls, seconds=0.1, rounds=5):
    """Return {name: (minimum, median)} in seconds per call, from at least `rounds` rounds."""
    repeats = {name: repeats_for(call) for name, call in calls.items()}
    times = {name: [] for name in calls}
    collecting = gc.isenabled()
    gc.disable()
    try:
        end = perf_counter() + seconds * len(calls)
        while rounds > 0 or perf_counter() < end:
            for name, call in calls.items():
                times[name].append(timed(call, repeats[name]))
            rounds -= 1
    finally:
        if collecting:
            gc.enable()
    return {name: (min(values), median(values)) for name, values in times.items()}


def timed(call, repeats):
    start = perf_counter()
    for _ in range(repeats):
        call()
    return (perf_counter() - start) / repeats


def repeats_for(call):
    timed(call, 1)                          # caches and scratch are warm from here on
    return max(1, int(BLOCK / timed(call, 2)))
