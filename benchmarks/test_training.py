"""Whole training steps."""
from mlpack_ann.bench import training

CASES = training.CASES


def test_time(benchmark, call):
    benchmark(call)
