"""Layers with weights, of images, and of rows."""
from mlpack_ann.bench import layers

CASES = layers.CASES


def test_time(benchmark, call):
    benchmark(call)
