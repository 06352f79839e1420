"""The choice of a variant: the package's extension modules, compiled for one instruction set.

The last of a build's variants is in the usual places, beside the ``.pyx`` files. Only a portable
build has others: each in a folder here, with the same tree of modules under the same names.
"""
import os
import sys
from importlib.machinery import PathFinder

from mlpack_ann import _cpu

FORCED = "MLPACK_ANN_CPU"                   # the environment variable that names a variant


class Finder:
    """Find extension modules of the package in one folder; what is not there others find."""

    def __init__(self, folder):
        self.folder = folder

    def find_spec(self, name, path=None, target=None):
        package, *rest = name.split(".")
        if package != "mlpack_ann":
            return None
        spec = PathFinder.find_spec(name, [os.path.join(self.folder, *rest[:-1])])
        return spec if spec and spec.origin else None       # a folder without modules has none


def choose():
    """Return the variant to use and why, or raise ImportError if this CPU runs none."""
    missing = {variant: _cpu.missing(variant) for variant in _cpu.VARIANTS}
    forced = os.environ.get(FORCED)
    if forced:
        if forced not in missing:
            raise ImportError(f"{FORCED} is {forced!r}, but mlpack_ann was built for "
                              f"{' and '.join(missing)} only")
        if missing[forced]:
            raise ImportError(f"{FORCED} is {forced!r}, which needs {missing[forced]}; this CPU "
                              "lacks it")
        return forced, f"{FORCED} names it"
    for variant, feature in missing.items():
        if not feature:
            better = [f"{name} needs {feature}" for name, feature in missing.items() if feature]
            best = "the best" if len(missing) > 1 else "the only one"
            return variant, "; ".join(better) or best
    raise ImportError(f"mlpack_ann was built for {_cpu.TARGET!r}, which needs {feature}; this CPU "
                      "lacks it. Build it on this machine, or with MLPACK_ANN_TARGET=portable")


def use(variant):
    """Have the package's extension modules imported in this variant from now on."""
    if variant != _cpu.VARIANTS[-1]:
        folder = os.path.join(os.path.dirname(__file__), variant.replace("-", "_"))
        sys.meta_path.insert(0, Finder(folder))
