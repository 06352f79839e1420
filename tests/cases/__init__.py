"""All rows of the common suite. A class without a row fails `test_every_class_has_a_row`."""
from importlib import import_module
from pathlib import Path

MODULES = [import_module(f"{__name__}.{path.stem}")
           for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))]


def gather(kind):
    return [case for module in MODULES for case in getattr(module, kind, [])]


ACTIVATIONS, LAYERS, LOSSES = gather("ACTIVATIONS"), gather("LAYERS"), gather("LOSSES")
