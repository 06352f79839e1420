"""mlpack's neural-network module, compiled for Python.

Layers are in `mlpack_ann.layer`, losses in `mlpack_ann.loss_functions`, activation functions in
`mlpack_ann.activation_functions`, regularisers in `mlpack_ann.regularizer`; ``python -m mlpack_ann
compare`` compares them with mlpack itself.
"""
from mlpack_ann._cpu import require as _require

_require()

from mlpack_ann._random import RandomSeed  # noqa: E402 (after the CPU is known to do)

__version__ = "0.1.0"
__all__ = ["RandomSeed"]
