"""Initialisation rules, distributions and regularisers."""
from mlpack_ann.bench import dists, init_rules, regularizers

CASES = init_rules.CASES + dists.CASES + regularizers.CASES


def test_time(benchmark, call):
    benchmark(call)
