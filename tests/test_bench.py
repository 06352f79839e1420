"""The table of benchmarks: no class is missing, and all libraries compute the same."""
import numpy as np
import pytest

from mlpack_ann import activation_functions, layer, loss_functions
from mlpack_ann.bench import case as cases
from mlpack_ann.bench import report, table
from mlpack_ann.bench.timing import race
from tests.checks import assert_close, public_classes

TOLERANCE = {"float32": 1e-4, "float64": 1e-7}      # epsilons within logarithms differ
RANDOM = {("Dropout", "Forward"), ("SpatialDropout", "Forward")}


def first_sizes():
    rows = table.rows(table.CASES, quick=True)
    given = [cases.Row(row.case, row.step, row.size, row.dtype, True) for row in rows
             if row.step in row.case.given and cases.torch]
    return [row for row in rows + given if len(row.libraries) > 1]


@pytest.mark.parametrize("package", [layer, loss_functions, activation_functions])
def test_every_class_has_a_row(package):
    rows = {getattr(package, case.name) for case in table.CASES if case.package is package}
    assert rows == set(public_classes(package).values())


@pytest.mark.parametrize("row", first_sizes(), ids=lambda row: row.name)
def test_libraries_compute_the_same(row):
    results = {name: flat(row, call()) for name, call in row.calls().items()}
    ours = results.pop("mlpack_ann")
    for theirs in results.values():
        assert theirs.dtype == row.dtype or ours.ndim == 0
        if (row.case.name, row.step) in RANDOM:
            assert set(np.unique(ours != 0)) == set(np.unique(theirs != 0)) == {False, True}
            assert np.isclose(abs(ours).sum(), abs(theirs).sum(), rtol=0.5)
        else:
            assert_close(theirs.reshape(ours.shape), ours, TOLERANCE[row.dtype])


def flat(row, result):
    """Return the result as one array: gradients one after the other, others without by-products."""
    if row.step == "Gradient" and isinstance(result, (tuple, list)):
        return np.concatenate([np.ravel(part) for part in result if part is not None])
    if isinstance(result, (tuple, list)):
        result = result[0]
    return np.ravel(result) if row.step == "Gradient" else np.asarray(result)


@pytest.mark.parametrize("row", [row for row in first_sizes() if row.given],
                         ids=lambda row: row.name)
def test_pytorch_fills_the_array_given(row):
    function = row.calls(["torch"])["torch"].func
    if hasattr(function, "_schema"):
        overload = f"{function._schema.name}.{function._schema.overload_name}"
    else:
        overload = f"aten::{function.__name__}.out"
    # An operation without a CPU kernel of its own computes elsewhere and copies.
    assert cases.torch._C._dispatch_has_kernel_for_dispatch_key(overload, "CPU")


def test_a_library_that_is_not_installed_is_left_out(monkeypatch):
    monkeypatch.setattr(cases, "torch", None)
    monkeypatch.setattr(table, "torch", None)
    for row in table.rows(table.CASES, quick=True):
        assert not row.given and "torch" not in row.libraries


def test_race_times_all():
    times = race({"a": lambda: sum(range(100)), "b": lambda: sum(range(10000))}, 0.02)
    assert 0 < times["a"][0] <= times["a"][1] and times["a"][0] < times["b"][0]


def test_report_prints_rows_and_means(monkeypatch, capsys):
    for name, value in report.THREADS.items():
        monkeypatch.setenv(name, value)
    arguments = ["--quick", "--only", "TanH", "Forward", "--dtype", "float64", "--seconds", "0"]
    assert report.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "TanH Forward 1e3 float64" in printed and "Backward" not in printed
    assert ("| TanH | Forward |" in printed) == bool(cases.torch)
