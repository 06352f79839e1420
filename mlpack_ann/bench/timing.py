"""Calls timed in turns, so that whatever else the machine does meets all of them alike."""
import gc
from statistics import median
from time import perf_counter

BLOCK = 5e-4                                # seconds that the clock's own cost is spread over
ROUNDS, FEW = 5, 3                          # at least; FEW where a round takes SLOW seconds
SLOW, FAR = 0.05, 3                         # and 1 of a slow call FAR times as long as the fastest
# A block begins with a call that is not timed, because the caches are full of the last library's
# arrays; on several threads with more, because the last library's threads go on waiting for work,
# which keeps a core from the next one's.
LEAD, LEAD_MOST = 4e-4, 4e-3                # seconds of them; none for a call longer than that


def race(calls, seconds=0.1, threads=1):
    """Return {name: (minimum, median)} in seconds per call."""
    lengths = {name: length(call) for name, call in calls.items()}
    repeats = {name: max(1, int(BLOCK / one)) for name, one in lengths.items()}
    lead = LEAD if threads > 1 else 0
    leads = {name: int(lead / one) + 1 if one < LEAD_MOST else 0 for name, one in lengths.items()}
    rounds = FEW if sum(lengths.values()) > SLOW else ROUNDS
    far = [name for name, one in lengths.items() if one > max(SLOW, FAR * min(lengths.values()))]
    times = {name: [] for name in calls}
    collecting = gc.isenabled()
    gc.disable()
    try:
        end = perf_counter() + seconds * len(calls)
        while rounds > 0 or perf_counter() < end:
            for name, call in calls.items():
                if not (name in far and times[name]):
                    timed(call, leads[name])
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
    return (perf_counter() - start) / max(1, repeats)


def length(call):
    """Return about how long a call takes when caches and scratch are warm, as they are now."""
    first = timed(call, 1)
    return first if first > LEAD_MOST else timed(call, 2)
