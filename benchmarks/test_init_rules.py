"""Initialisation rules."""
from mlpack_ann.bench import init_rules

CASES = init_rules.CASES


def test_time(benchmark, call):
    benchmark(call)
