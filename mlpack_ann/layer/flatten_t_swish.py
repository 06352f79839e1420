"""FlattenTSwish, in the file that mlpack has it in; it is FTSwish, under its paper's name."""
from mlpack_ann.layer.ftswish import FlattenTSwish

__all__ = ["FlattenTSwish"]
