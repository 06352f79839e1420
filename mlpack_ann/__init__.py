"""mlpack's neural-network module, compiled for Python.

Layers are in `mlpack_ann.layer`, losses in `mlpack_ann.loss_functions`, activation functions in
`mlpack_ann.activation_functions`, regularisers in `mlpack_ann.regularizer`; ``python -m mlpack_ann
compare`` compares them with mlpack itself.
"""
from mlpack_ann._cpu import require as _require

_require()

from mlpack_ann._parallel import get_num_threads, set_num_threads  # noqa: E402 (the CPU will do)
from mlpack_ann._random import RandomSeed  # noqa: E402

__version__ = "0.1.0"
__all__ = ["RandomSeed", "get_num_threads", "set_num_threads"]
