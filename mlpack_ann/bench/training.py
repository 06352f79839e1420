"""Whole training steps, of nets as users write them."""
from mlpack_ann.bench.case import TrainingCase

CASES = [
    TrainingCase("MLP", {f"784-256-10-b{batch}": ("mlp", {"batch": batch}) for batch in (32, 256)}),
    TrainingCase("LeNet", {f"28x28-b{batch}": ("lenet", {"batch": batch}) for batch in (32, 64)}),
]
