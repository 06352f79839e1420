"""Activation functions, their layers, and other elementwise layers."""
from mlpack_ann.bench import elementwise

CASES = elementwise.ACTIVATIONS + elementwise.LAYERS


def test_time(benchmark, call):
    benchmark(call)
