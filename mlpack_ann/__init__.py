"""mlpack's neural-network module, compiled for Python.

Layers are in `mlpack_ann.layer`, losses in `mlpack_ann.loss_functions`, activation functions in
`mlpack_ann.activation_functions`, initialisation rules in `mlpack_ann.init_rules`, rules of
convolution in `mlpack_ann.convolution_rules`, regularisers in `mlpack_ann.regularizer`,
distributions in `mlpack_ann.dists`; ``python -m mlpack_ann compare`` compares them with mlpack
itself.
"""
from mlpack_ann import _variants

_variants.use(_variants.choose()[0])

from mlpack_ann._config import show_config  # noqa: E402 (compiled modules only from here on)
from mlpack_ann._parallel import get_num_threads, set_num_threads  # noqa: E402
from mlpack_ann._random import RandomSeed  # noqa: E402

__version__ = "0.1.0"
__all__ = ["RandomSeed", "get_num_threads", "set_num_threads", "show_config"]
