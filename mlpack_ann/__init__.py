"""mlpack's neural-network module, compiled for Python."""
from mlpack_ann._random import RandomSeed

__version__ = "0.1.0"
__all__ = ["RandomSeed"]
