"""Losses: value, derivative, and both in one call."""
from mlpack_ann.bench import losses

CASES = losses.CASES


def test_time(benchmark, call):
    benchmark(call)
