"""Identity, in the file that mlpack 4 has it in; it is one of `base_layer`'s family."""
from mlpack_ann.layer.base_layer import Identity

__all__ = ["Identity"]
