"""What was built and what is used, for people: `show_config`, ``python -m mlpack_ann config``."""
import os

import numpy as np

import mlpack_ann
from mlpack_ann import _build, _cpu, _variants
from mlpack_ann._parallel import get_num_threads


def show_config():
    """Print what the package was built for, which variant of it this CPU got, and why."""
    _, reason = _variants.choose()
    openmp = f"OpenMP {_build.OPENMP}" if _build.OPENMP else "no OpenMP"
    rows = {
        "version": f"{mlpack_ann.__version__} in {os.path.dirname(mlpack_ann.__file__)}",
        "target": _cpu.TARGET,
        "variants": ", ".join(_cpu.VARIANTS),
        "chosen": f"{_build.VARIANT} ({reason})",
        "vectors": f"{_build.VECTOR_BITS} bits",
        "threads": f"{get_num_threads()}, {openmp}",
        "NumPy": f"{np.__version__}, {blas()}",
        "compiler": _build.COMPILER,
    }
    for name, value in rows.items():
        print(f"{name:<10} {value}")


def blas():
    """Return the name and version of the library that NumPy's matrix products come from."""
    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return " ".join(found[key] for key in ("name", "version") if found.get(key))


def main(arguments):
    """Print the configuration; there are no options."""
    show_config()
    return 0
