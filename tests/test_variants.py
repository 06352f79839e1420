"""Every variant that was built and that this CPU runs, each in a process of its own.

Run beside an installed package, not in a checkout, this tests what is installed.
"""
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mlpack_ann
from mlpack_ann import _cpu

FOLDER = Path(__file__).parent.parent
RUNNABLE = [variant for variant in _cpu.VARIANTS if not _cpu.missing(variant)]
VECTOR_BITS = {"x86-64-v4": 512, "x86-64-v3": 256, "x86-64": 128}
# Where the modules of all the classes came from: beside the package's files, or from a folder.
PLACES = """
import sys, mlpack_ann.layer, mlpack_ann.loss_functions, mlpack_ann.regularizer
import mlpack_ann.convolution_rules
from pathlib import Path
root = Path(mlpack_ann.__file__).parent
for name, module in sys.modules.items():
    file = getattr(module, "__file__", None) or ""
    if name.startswith("mlpack_ann.") and file.endswith((".so", ".pyd")):
        inner = Path(*name.split(".")[1:])
        print(name, Path(file).relative_to(root).as_posix().removesuffix(
            inner.as_posix() + Path(file).name[len(inner.name):]))
"""


def run(variant, *arguments):
    """Run Python on a variant and return what it printed, or fail with that."""
    done = subprocess.run([sys.executable, *arguments], cwd=FOLDER, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=os.environ | {"MLPACK_ANN_CPU": variant})
    assert done.returncode == 0, done.stdout
    return done.stdout


def config(variant):
    """Return the rows of ``show_config``."""
    return dict(line.split(maxsplit=1) for line in
                run(variant, "-m", "mlpack_ann", "config").splitlines())


def test_something_runs():
    assert RUNNABLE
    assert _cpu.TARGET != "portable" or RUNNABLE[-1] == _cpu.VARIANTS[-1]


def test_the_best_is_chosen():
    rows = config("")
    assert rows["target"] == _cpu.TARGET
    assert rows["variants"] == ", ".join(_cpu.VARIANTS)
    assert rows["chosen"].split()[0] == RUNNABLE[0]


@pytest.mark.parametrize("variant", RUNNABLE)
def test_the_variant_is_the_one_named(variant):
    rows = config(variant)
    assert rows["version"] == f"{mlpack_ann.__version__} in {Path(mlpack_ann.__file__).parent}"
    assert rows["chosen"] == f"{variant} (MLPACK_ANN_CPU names it)"
    if variant in VECTOR_BITS:
        assert rows["vectors"] == f"{VECTOR_BITS[variant]} bits"


@pytest.mark.parametrize("variant", RUNNABLE)
def test_all_modules_are_of_the_variant(variant):
    places = dict(line.partition(" ")[::2] for line in run(variant, "-c", PLACES).splitlines())
    assert places.pop("mlpack_ann._cpu") == places.pop("mlpack_ann._cyutility") == ""
    usual = variant == _cpu.VARIANTS[-1]
    assert set(places.values()) == {"" if usual else f"_variants/{variant.replace('-', '_')}/"}


@pytest.mark.parametrize("variant", RUNNABLE)
def test_it_compares_equal_with_mlpack(variant):
    assert ", 0 FAILS" in run(variant, "-m", "mlpack_ann", "compare")


@pytest.mark.parametrize("variant", RUNNABLE)
def test_forward_and_backward_are_right(variant):
    run(variant, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_layers.py",
        "tests/test_losses.py", "-k", "forward_is_the_reference or backward_is_the_derivative")


@pytest.mark.parametrize("variant", [v for v in _cpu.VARIANTS if v not in RUNNABLE] + ["i386"])
def test_another_is_refused(variant):
    with pytest.raises(AssertionError, match=f"ImportError: MLPACK_ANN_CPU is '{variant}', "):
        run(variant, "-c", "import mlpack_ann")
