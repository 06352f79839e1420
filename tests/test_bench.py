"""The benchmarks: no class is missing, all libraries compute the same, reports say what is so."""
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import mlpack_ann

from mlpack_ann import (activation_functions, dists, init_rules, layer, loss_functions,
                        regularizer)
from mlpack_ann.bench import case as cases
from mlpack_ann.bench import layers, limits, losses, nets, report, summary, table, timing
from tests.checks import assert_close, public_classes

TOLERANCE = {"float32": 1e-4, "float64": 1e-7}      # epsilons within logarithms differ
BASES = {layer.RecurrentLayer}
RANDOM = {("Dropout", "Forward"), ("AlphaDropout", "Forward"), ("SpatialDropout", "Forward")}


def first_sizes():
    rows = table.rows(table.CASES, quick=True)
    given = [cases.Row(row.case, row.step, row.size, row.dtype, True) for row in rows
             if row.step in row.case.given and cases.torch]
    return [row for row in rows + given if len(row.libraries) > 1]


@pytest.mark.parametrize("package", [layer, loss_functions, activation_functions,
                                     init_rules, dists, regularizer])
def test_every_class_has_a_row(package):
    rows = {getattr(package, case.name) for case in table.CASES if case.package is package}
    assert rows == set(public_classes(package).values()) - BASES


@pytest.mark.parametrize("row", first_sizes(), ids=lambda row: row.name)
def test_libraries_compute_the_same(row):
    mlpack_ann.RandomSeed(1)                # what is drawn differs, by chance not too much
    if cases.torch:
        cases.torch.manual_seed(1)
    results = {name: flat(row, call()) for name, call in row.calls().items()}
    ours = results.pop("mlpack_ann")
    for theirs in results.values():
        assert theirs.dtype == row.dtype or ours.ndim == 0
        if row.step in ("Initialize", "Sample"):
            assert np.isclose(theirs.mean(), ours.mean(), atol=0.3 * ours.std())
            assert np.isclose(theirs.std(), ours.std(), rtol=0.1)
            continue
        if (row.case.name, row.step) in RANDOM:
            (dropped, share), (same, other) = most_frequent(ours), most_frequent(theirs)
            assert np.isclose(dropped, same) and 0 < share < 1 and 0 < other < 1
            assert np.isclose(abs(ours).sum(), abs(theirs).sum(), rtol=0.5)
        else:
            assert_close(theirs.reshape(ours.shape), ours, TOLERANCE[row.dtype])


def most_frequent(values):
    """Return a value and its share."""
    values, counts = np.unique(values, return_counts=True)
    return values[counts.argmax()], counts.max() / counts.sum()


def flat(row, result):
    """Return the result as one array: gradients one after the other, others without by-products."""
    if row.step == "EvaluateWithGradient":
        parts = [part.detach() if hasattr(part, "detach") else part for part in result]
        return np.concatenate([np.ravel(np.asarray(part, row.dtype)) for part in parts])
    if row.step == "LogProbBackward" and isinstance(result, tuple):
        return np.concatenate([np.ravel(part) for part in result])
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


@pytest.mark.skipif(not cases.torch, reason="needs PyTorch")
@pytest.mark.parametrize("case", [case for case in losses.CASES if "Forward" in case.torch],
                         ids=lambda case: case.name)
def test_pytorch_gives_value_and_slope(case):
    a = case.arrays("1e3", "float64")
    with cases.quiet():
        call = case.value_and_slope(cases.tensors(a))
        value, slope = call()
    assert cases.how(call) == ("autograd" if "Backward" not in case.torch else max(
        (cases.how(cases.partial(*case.torch[step](cases.tensors(a)))) for step in
         ("Forward", "Backward")), key=cases.KINDS.index))
    assert np.isclose(value.item(), a.loss.Forward(a.x, a.t))
    assert_close(slope.numpy(), a.loss.Backward(a.x, a.t), TOLERANCE["float64"])


@pytest.mark.parametrize("name", ["HuberLoss", "BCELoss", "PoissonNLLLoss", "KLDivergence"])
def test_value_and_slope_are_a_step_where_a_loss_has_both(name, monkeypatch):
    class Both(getattr(loss_functions, name)):
        def EvaluateWithGradient(self, prediction, target, loss=None):
            return self.Forward(prediction, target), self.Backward(prediction, target, loss)

    monkeypatch.setattr(loss_functions, name, Both)
    case, = [case for case in losses.CASES if case.name == name]
    row, = [row for row in table.rows([case], quick=True, dtypes=["float64"])
            if row.step == "EvaluateWithGradient"]
    results = {library: flat(row, call()) for library, call in row.calls().items()}
    assert set(results) == set(row.libraries)
    for result in results.values():
        assert_close(result, results["mlpack_ann"], TOLERANCE["float64"])


@pytest.mark.parametrize("row", table.rows(table.GROUPS["training"], quick=True),
                         ids=lambda row: row.name)
def test_nets_learn_the_same(row):
    with cases.quiet():
        learnt = {name: [float(call()) for _ in range(5)] for name, call in row.calls().items()}
    assert learnt["mlpack_ann"][-1] < learnt["mlpack_ann"][0]
    for losses_ in learnt.values():
        assert np.allclose(losses_, learnt["mlpack_ann"], rtol=TOLERANCE[row.dtype], atol=0)


def test_a_net_keeps_its_arrays():
    net = nets.mlp("float32", 2)
    net.step()
    before = [id(array) for arrays in net.passes for array in arrays]
    prediction = net.prediction.copy()
    net.step()
    assert before == [id(array) for arrays in net.passes for array in arrays]
    assert (net.prediction != prediction).any()


def test_numbers_are_drawn_once():
    once, again = cases.normal((3, 5), "float64"), cases.normal((4,), "float64")
    assert np.shares_memory(once, again) and not (once == cases.normal((3, 5), "float64", 1)).any()
    many = cases.normal((2, cases.DRAWN), "float32", seed=7)
    del cases.NORMAL["float32", 7]
    assert abs(many.mean()) < 0.01 and abs(many.std() - 1) < 0.01


# ---------------------------------------------------------------- work and limits

def work_of(name, step, dtype, size, **arguments):
    case, = [case for case in layers.CASES if case.name == name and size in case.sizes]
    return case.work(case.arrays(size, dtype), step)


def test_work_of_products():
    for step in ("Forward", "Backward", "Gradient"):
        assert work_of("Linear", step, "float64", "784x256-b32")[1] == 2 * 784 * 256 * 32
        assert work_of("Convolution", step, "float64", "3-16@32-k3-s2-b1")[1] == (
            2 * 16 * 16 * 16 * 3 * 3 * 3)
    weights = 784 * 256 + 256
    assert work_of("Linear", "Forward", "float32", "784x256-b1")[0] == 4 * (784 + 256 + weights)
    assert work_of("Linear", "Gradient", "float64", "784x256-b1")[0] == 8 * (784 + 256 + weights)


def test_work_of_maps_and_losses():
    assert work_of("Softmax", "Forward", "float32", "100x10") == (8000, 0)
    assert work_of("Softmax", "Backward", "float32", "100x10") == (12000, 0)
    assert work_of("MeanPooling", "Backward", "float64", "k2s2-1x16x32x32") == (
        8 * 16 * (32 * 32 + 16 * 16), 0)
    case, = [case for case in losses.CASES if case.name == "MeanSquaredError"]
    a = case.arrays("1e3", "float32")
    assert [case.work(a, step)[0] for step in case.READS] == [8000, 12000, 12000]


def test_every_row_has_work():
    for row in table.rows(table.CASES, quick=True, dtypes=["float32"]):
        size, operations = row.prepared(["mlpack_ann"])[1]
        assert size + operations > 0 or row.case.name == "EmptyLoss"


def test_the_longer_limit_counts():
    found = limits.Limits(1, {"L2": 1000}, {"L2": 1e9, "DRAM": 1e8}, {"float32": 1e10})
    assert found.of((1000, 0), "float32") == (1e-6, "L2")
    assert found.of((1001, 0), "float32") == (1.001e-5, "DRAM")
    assert found.of((1000, 1e6), "float32") == (1e-4, "FMA")


def test_limits_are_measured(monkeypatch):
    monkeypatch.setattr(limits, "PROBE", 1e-4)
    monkeypatch.setattr(limits, "RUNS", 2)
    monkeypatch.setattr(limits, "cache_sizes", lambda: {2: 1 << 18})
    with cases.quiet():
        found = limits.measured(1)
    assert set(found.bandwidth) == {"L2", "DRAM"} and set(found.fma) == set(table.DTYPES)
    assert all(rate > 1e8 for rate in [*found.bandwidth.values(), *found.fma.values()])


def test_the_probes_do_what_they_count():
    x, y = np.arange(5000, dtype=np.float32), np.zeros(5000, np.float32)
    for streamed in (False, True):
        y[:] = 0
        limits._limits.copy(x, y, 1, streamed)
        assert (y == -x).all()
    with pytest.raises(ValueError, match="contiguous"):
        limits._limits.copy(x, y[::2], 1, False)
    assert limits._limits.multiply_adds(True, 20) == 2 * limits._limits.multiply_adds(True, 10)


# ---------------------------------------------------------------- time

@pytest.mark.parametrize("threads", [1, 2])
def test_race_times_all(threads):
    times = timing.race({"a": lambda: sum(range(100)), "b": lambda: sum(range(10000))}, 0.02,
                        threads)
    assert 0 < times["a"][0] <= times["a"][1] and times["a"][0] < times["b"][0]


def test_the_far_slower_is_called_less(monkeypatch):
    monkeypatch.setattr(timing, "SLOW", 0)
    called = []
    timing.race({"a": lambda: called.append("a") or sum(range(100000)),
                 "b": lambda: called.append("b") or sum(range(10000))}, 0.05)
    monkeypatch.setattr(timing, "FAR", 1e9)
    a = called.count("a")
    timing.race({"a": lambda: called.append("a") or sum(range(100000))}, 0.05)
    assert 1 < a < called.count("a") - a


def test_threads_are_those_asked_for_and_then_as_before():
    before = mlpack_ann.get_num_threads()
    with cases.quiet(2):
        assert mlpack_ann.get_num_threads() == 2
        assert not cases.torch or cases.torch.get_num_threads() == 2
        cases.use_threads(1)
        assert mlpack_ann.get_num_threads() == 1
    assert mlpack_ann.get_num_threads() == before


# ---------------------------------------------------------------- reports

TANH = ["--quick", "--only", "TanH", "Forward", "--seconds", "0"]


@pytest.fixture
def started(monkeypatch):
    """As if started with the variables that a run sets for itself."""
    for name, value in report.environment(2).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(report, "environment", lambda threads: {})
    monkeypatch.setattr(limits, "PROBE", 1e-4)
    monkeypatch.setattr(limits, "RUNS", 1)
    monkeypatch.setattr(limits, "cache_sizes", lambda: {2: 1 << 18})


def test_report_prints_rows_and_means(started, capsys):
    assert report.main([*TANH, "--dtype", "float64", "--threads", "1", "2"]) == 0
    printed = capsys.readouterr().out
    assert "Backward" not in printed and max(map(len, printed.splitlines())) <= 100
    rows = [line.split() for line in printed.splitlines() if line.startswith("TanH Forward")]
    assert [row[2:5] for row in rows] == [["1e3", "f64", "1"], ["1e3", "f64", "2"]]
    assert "float64 x2" in printed and "activations" in printed


def test_report_starts_again_with_the_threads(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    started = []
    monkeypatch.setattr(report.os, "execve", lambda *arguments: started.append(arguments) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        report.main(["--threads", "1", "3"])
    assert started[0][2]["OMP_NUM_THREADS"] == started[0][2]["OPENBLAS_NUM_THREADS"] == "3"


def test_group_and_bad_options(capsys):
    options = report.parsed(["--group", "softmax", "dropout"])
    assert {row.case.name for row in report.chosen(options)} == {
        "Softmax", "Softmin", "LogSoftMax", "Dropout", "AlphaDropout", "SpatialDropout"}
    for arguments in (["--group", "soft"], ["--threads", "0"]):
        with pytest.raises(SystemExit):
            report.parsed(arguments)


def test_every_class_is_in_one_group():
    assert sum(len({case.name for case in group}) for group in table.GROUPS.values()) == len(
        table.GROUP_OF)


@pytest.fixture
def saved(started, tmp_path, capsys):
    """A run as --json writes it."""
    path = tmp_path / "run.json"
    report.main([*TANH, "--json", str(path)])
    capsys.readouterr()
    return path


def test_json_has_the_rows(saved):
    run = json.loads(saved.read_text())
    assert [row["dtype"] for row in run["rows"]] == list(table.DTYPES)
    row = run["rows"][0]
    assert row["bytes"] == 8000 and row["operations"] == 0 and row["group"] == "activations"
    assert 0 < row["minimum"]["mlpack_ann"] <= row["median"]["mlpack_ann"]
    assert np.isclose(row["ratio"]["numpy"], row["minimum"]["numpy"] / row["minimum"]["mlpack_ann"])
    limit = run["machine"]["limits"][0]["bandwidth"]["L2"]
    assert np.isclose(row["fraction"], 8000 / limit / row["minimum"]["mlpack_ann"])


def test_json_of_an_interrupted_run(started, tmp_path, monkeypatch):
    def once(row):
        monkeypatch.setattr(report, "show", interrupted)

    def interrupted(row):
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "show", once)
    path = tmp_path / "run.json"
    with pytest.raises(KeyboardInterrupt):
        report.main([*TANH, "--json", str(path)])
    assert [row["dtype"] for row in json.loads(path.read_text())["rows"]] == ["float32"]


@pytest.mark.parametrize("factor, status", [(1, 0), (1000, 1)])
def test_compare_finds_what_got_slower(saved, factor, status, capsys):
    run = json.loads(saved.read_text())
    for row in run["rows"]:                 # as if it had been so much faster then
        row["minimum"]["mlpack_ann"] /= factor
        row["ratio"] = {peer: ratio * factor for peer, ratio in row["ratio"].items()}
    saved.write_text(json.dumps(run))
    assert report.main([*TANH, "--compare", str(saved), "--threshold", "100"]) == status
    assert ("TanH Forward 1e3 float32" in capsys.readouterr().out.split("slower than")[1]) == status


def test_compare_prefers_ratios():
    row = {"name": "A", "threads": 1, "minimum": {"mlpack_ann": 1.0}, "ratio": {"torch": 2.0}}
    drifted = {**row, "minimum": {"mlpack_ann": 9.0}}
    alone = {**drifted, "ratio": {}}
    worse = {**row, "ratio": {"torch": 1.5}}
    assert summary.slower([row], [drifted], 0.2) == []
    assert summary.slower([row], [alone], 0.2) == [(alone, "time", 1.0, 9.0)]
    assert summary.slower([row], [worse], 0.2) == [(worse, "ratio", 2.0, 1.5)]
    assert summary.slower([row], [{**worse, "threads": 2}], 0.2) == []


def made_up(name, ratio, kind="operation", **others):
    return {"name": name, "class": name, "step": "Forward", "group": "g", "dtype": "float32",
            "threads": 1, "kind": kind, "minimum": {"mlpack_ann": 1e-6}, "fraction": 0.5,
            "limit": "L2", "ratio": {"torch": ratio}, **others}


def test_means():
    rows = [made_up("A", 4.0), made_up("B", 0.25), made_up("C", 8.0, "formula"),
            made_up("D", 0.95, threads=2)]
    lines = dict(summary.overview(rows))
    assert lines["g"] == lines["all rows"] == ["2.00 (0.25)", "0.95 (0.95)"]
    assert lines["operations"] == ["1.00 (0.25)", "0.95 (0.95)"]
    assert lines["below 0.9"] == ["1/3", "0/1"] and lines["below 1.0"] == ["1/3", "1/1"]
    assert lines["operations < 1.0"] == ["1/2", "1/1"]
    assert lines["NumPy, all rows"] == ["-", "-"]


# ---------------------------------------------------------------- benchmarks/

def script(name):
    path = Path(__file__).parent.parent / "benchmarks" / f"{name}.py"
    if not path.exists():
        pytest.skip("only in a checkout")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables(saved, capsys):
    tables = script("tables")
    tables.main(saved)
    printed = capsys.readouterr().out
    assert "copy L2, GB/s" in printed and ("| TanH | Forward |" in printed) == bool(cases.torch)
    behind = tables.behind([made_up("A", 0.5), made_up("B", 0.25), made_up("C", 1.5)])
    assert behind.splitlines()[2:] == ["| B | 1 | 1.0 | 0.25 | PyTorch | 50% L2 |",
                                       "| A | 1 | 1.0 | 0.50 | PyTorch | 50% L2 |"]
    assert "| C | Forward | formula | 8.00 (8.00) |" in tables.classes([
        made_up("C", 8.0, "formula")])


def test_tables_of_several_files(tmp_path):
    tables = script("tables")
    for name, rows in ("a", [made_up("A", 0.5), made_up("B", 2.0)]), ("b", [made_up("A", 0.7)]):
        (tmp_path / name).write_text(json.dumps({"machine": name, "rows": rows}))
    run = tables.joined([tmp_path / "a", tmp_path / "b"])
    assert run == {"machine": "a", "rows": [made_up("A", 0.7), made_up("B", 2.0)]}


def test_exponents_are_fitted():
    scaling = script("scaling")
    scale, exponent = scaling.fit([1, 2, 4, 8, 16], [100, 100, 3 * 4**1.5, 3 * 8**1.5, 3 * 16**1.5])
    assert np.allclose([scale, exponent], [3, 1.5])
    rows = [{"sizes": sizes, **{library: {"minimum": sizes["batch"] * sizes["side"]**2 * size**1.5,
                                          "imported": 5e6, "peak": 5e6 + 1e6 * sizes["width"]}
                                for library in scaling.LIBRARIES}}
            for sizes in scaling.CASES for size in [sizes["width"]]]
    assert scaling.series(rows, "width", "torch", "increment") == ([1, 2, 4, 8, 16],
                                                                   [1, 2, 4, 8, 16])
    _, _, batch, side, width = scaling.exponents(rows).split("\n")
    assert batch.endswith("| 1.00 | 1.00 | 0.00 | 0.00 |")
    assert side.endswith("| 2.00 | 2.00 | 0.00 | 0.00 |")
    assert width.endswith("| 1.50 | 1.50 | 1.00 | 1.00 |")


def test_memory_and_time_in_processes_of_their_own(monkeypatch):
    scaling = script("scaling")
    libraries = {"mlpack_ann": "mlpack_ann", **({"torch": "PyTorch"} if cases.torch else {})}
    monkeypatch.setattr(scaling, "LIBRARIES", libraries)
    monkeypatch.setattr(scaling, "show", lambda row: None)
    row, = scaling.measured([{"batch": 2, "side": 28, "width": 1}])
    for library in libraries:
        figures = row[library]
        assert 1e7 < figures["imported"] <= figures["peak"] < 1e11
        assert 0 < figures["minimum"] <= figures["median"] < 60


def test_pictures_are_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    scaling = script("scaling")
    rows = [{"sizes": sizes, **dict.fromkeys(scaling.LIBRARIES, {
        "minimum": sum(sizes.values()), "imported": 5e7, "peak": 5e7 + 1e6 * sum(sizes.values())})}
        for sizes in scaling.CASES]
    scaling.draw(rows, ["time", "increment"], tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 10000
