"""The port comparison: every class against recorded mlpack values, and the comparison itself."""
import functools
import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from mlpack_ann.__main__ import main as command_line
from mlpack_ann.port import pack
from mlpack_ann.port.compare import compare, main, stale_rows
from mlpack_ann.port.job import snake_case
from mlpack_ann.port.judge import DIFFERS, EQUAL, FAILS, MISSING, deviation
from mlpack_ann.port.records import PACKED, VERSIONS, Case, Record, RecordsError, read

RECORDS = read()


@functools.cache
def result_of(record):
    return compare([record])[0]


def identity(record):
    return f"{record.name}-{record.version}"


def packed(group, name, version):
    """Return the JSON object of a packed record."""
    with zipfile.ZipFile(PACKED / f"{version}.zip") as archive:
        return json.loads(archive.read(f"{group}/{name}.json"))


def write(directory, group, name, content):
    """Write a record where `read` finds it, and return the directory."""
    path = directory / group / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return directory


def recorded(version, group, name, case):
    """Return a record of one case, its lists of numbers as arrays."""
    values = {key: np.array(value, float) if isinstance(value, list) else value
              for key, value in case.items()}
    record = Record(version, group, name, name, f"mlpack {version}", [])
    record.cases = [Case(record, "constructed", values)]
    return record


def case_of(name, version, case):
    """Return the values of a layer's packed case."""
    return next(one.values for record in RECORDS for one in record.cases
                if (record.name, record.version, one.name) == (name, version, case))


def glimpse_of_three():
    """Of 1, 4 and 16 pixels around the centre; mlpack has the second in the third's place."""
    image = np.arange(16.0) ** 2
    return {"args": {"inSize": 1, "size": 1, "depth": 3, "scale": 2, "inputWidth": 4,
                     "inputHeight": 4},
            "state": {"OutputWidth": 1, "OutputHeight": 1},
            "input": [image, np.zeros(16)], "output": [[25, 0, (25 + 36 + 81 + 100) / 4]]}


def attention_to_three():
    """The action's weights are 0, so it looks at the centre, at every step."""
    glimpse = glimpse_of_three()
    return {"args": {"outSize": 3, "rnn": "Glimpse(1,1,3,2,4,4)", "action": "Linear(3,2)",
                     "rho": 2},
            "training": False, "parameters": [0] * 8, "input": glimpse["input"][:1],
            "output": glimpse["output"]}


def reward_of_two_points():
    """The first is right, the last one is not; the baseline is 9, mlpack takes the 1 for it."""
    return {"args": {"scale": 2, "sizeAverage": True}, "target": [[1], [1]], "loss": -6.0,
            "input": [[5, -3], [1, 4], [9, 7]], "g": [[-1, 0], [1, 0], [0, 0]],
            "state": {"Reward": -0.5}}


def point_given_twice(name, case, biases):
    """The gradient of a point given twice is twice that of the point, but for Convolution's
    biases."""
    values = dict(case_of(name, "3.x", case))
    assert len(values["input"]) == 1
    for array in ("input", "output", "gy", "g", "error"):
        values[array] = np.tile(values[array], (2, 1))
    factors = np.full(values["gradient"].shape, 2.0)
    factors[biases] = 1
    return values | {"gradient": values["gradient"] * factors}


def in_one_group():
    values = case_of("Convolution", "4.4", "stride_unequal_in_bounds")
    return values | {"args": values["args"] | {"groups": 1}}


def dilated_last_tap():
    """The last of four taps alone: its place is one dilation down and one to the right."""
    image = np.arange(1.0, 31).reshape(6, 5)
    padded = np.pad(image, ((0, 2), (1, 0)))
    return {"args": {"inSize": 1, "outSize": 1, "kernelWidth": 2, "kernelHeight": 2,
                     "strideWidth": 1, "strideHeight": 1, "padW": [1, 0], "padH": [0, 2],
                     "inputWidth": 5, "inputHeight": 6, "dilationWidth": 1, "dilationHeight": 2},
            "parameters": [0, 0, 0, 1, 0], "input": image.reshape(1, -1),
            "output": [np.append(padded[1:7, 2:], padded[2:8, :1], 1).ravel()]}


def tanh_and_rectifier():
    """TanH's slope is taken at the sum, the rectifier's at its input."""
    x, gy = np.array([[0.5, -0.5]]), np.array([[1.5, 2.0]])
    y = np.tanh(x) + np.maximum(x, 0)
    return {"args": {"layers": [{"class": "TanH", "args": {}}, {"class": "ReLU", "args": {}}]},
            "settings": {"InputDimensions": [2]}, "input": x, "output": y, "gy": gy,
            "g": gy * (1 - y * y + (x > 0))}


# What mlpack gives where no packed record shows it, by hand or from what one shows.
CONSTRUCTED = [recorded(version, "layer", name, case) for version, name, case in (
    ("3.x", "Glimpse", glimpse_of_three()),
    ("3.x", "RecurrentAttention", attention_to_three()),
    ("3.x", "VRClassReward", reward_of_two_points()),
    ("3.x", "Sequential", point_given_twice("Sequential", "conv_relu_pool", slice(8, 10))),
    ("3.x", "WeightNorm", point_given_twice("WeightNorm", "convolution", slice(2))),
    ("3.x", "AtrousConvolution", dilated_last_tap()),
    ("4.4", "GroupedConvolution", in_one_group()),
    ("4.4", "AddMerge", tanh_and_rectifier()))]


@pytest.mark.parametrize("record", RECORDS, ids=identity)
def test_equal_or_listed(record):
    result = result_of(record)
    failures = {case.name: case.failures for case in result.cases if case.failures}
    assert result.verdict != FAILS, failures


ONLY_4_4 = [record for record in RECORDS if record.version == "4.4" and record.group in (
    "layer", "loss_functions", "activation_functions", "regularizer", "init_rules", "dists")
    and (record.name, "4.8") not in {(other.name, other.version) for other in RECORDS}]


@pytest.mark.parametrize("record", ONLY_4_4, ids=identity)
def test_what_is_recorded_of_4_4_alone_holds_for_4_8(record):
    """What differs since has a record of its own."""
    later = Record("4.8", record.group, record.name, record.cls, record.mlpack, [])
    later.cases = [Case(later, case.name, case.values) for case in record.cases]
    assert result_of(later).verdict == result_of(record).verdict != FAILS


def test_nothing_is_skipped():
    names = {(record.version, record.group, record.name) for record in RECORDS}
    for version in VERSIONS:
        with zipfile.ZipFile(PACKED / f"{version}.zip") as archive:
            for name in archive.namelist():
                group, _, file = name.partition("/")
                assert (version, group, file.removesuffix(".json")) in names
    assert all(len(result_of(record).cases) == len(record.cases) > 0 for record in RECORDS)


@pytest.mark.parametrize("record", CONSTRUCTED, ids=identity)
def test_what_no_packed_record_shows_is_listed(record):
    case, = result_of(record).cases
    assert (case.verdict, case.failures) == (DIFFERS, [])


@pytest.mark.parametrize("record", CONSTRUCTED, ids=identity)
def test_what_no_packed_record_shows_is_exactly_so(record):
    case, = record.cases
    name = next(name for name in ("gradient", "g", "output") if name in case)
    changed = case[name].copy()
    changed.flat[np.abs(changed).argmax()] *= 1 + 1e-6
    result, = compare([recorded(record.version, record.group, record.name,
                                case.values | {name: changed})])
    assert result.verdict == FAILS


def test_no_row_of_the_table_is_stale():
    results = [result_of(record) for record in RECORDS + CONSTRUCTED]
    compared = {result.record.name for result in results if result.verdict != MISSING}
    stale = [(row.names, row.pass_, row.mlpack) for row in stale_rows(results)
             if compared & set(row.names.split())]
    assert stale == []


@pytest.mark.parametrize("group, name, version, array", [
    ("layer", "Linear", "3.x", "output"),
    ("layer", "Linear", "3.x", "g"),
    ("layer", "Linear", "3.x", "gradient"),
    ("layer", "LeakyReLU", "4.8", "g_numeric"),
    ("loss_functions", "HuberLoss", "4.4", "g"),
    ("activation_functions", "TanhFunction", "4.4", "derivative"),
    ("dists", "NormalDistribution", "4.4", "dsigma"),
    ("dists", "BernoulliDistribution", "4.4", "LogProbBackward"),
])
def test_a_changed_value_fails(tmp_path, capsys, group, name, version, array):
    content = packed(group, name, version)
    case = next(case for case in content["cases"] if array in case)
    data = case[array]["data"]
    largest = max(range(len(data)), key=lambda i: abs(data[i]))
    data[largest] *= 1.001 if array == "g_numeric" else 1 + 1e-8
    if array == "g_numeric":        # says nothing where Forward differs
        content["cases"] = [case]
        case["output"] = forward_of(case)
    assert main(["--vectors", str(write(tmp_path, group, name, content))]) == 1
    printed = capsys.readouterr().out
    assert f"FAILS {case['name']}: " in printed and "1 FAILS" in printed


def forward_of(case):
    x = np.array(case["input"]["data"])
    y = np.where(x > 0, x, case["args"]["alpha"] * x)
    return {"shape": case["input"]["shape"], "data": y.tolist()}


def test_a_changed_value_fails_although_a_row_covers_its_case(tmp_path):
    content = packed("layer", "LeakyReLU", "3.x")
    case = next(case for case in content["cases"] if case["name"] == "smooth_alpha_unusual")
    directory = write(tmp_path, "layer", "LeakyReLU", content)
    assert compare(read(directory))[0].verdict == DIFFERS
    case["g"]["data"][0] += 1e-3
    result = compare(read(write(tmp_path, "layer", "LeakyReLU", content)))[0]
    assert result.verdict == FAILS
    assert [c.name for c in result.cases if c.failures] == ["smooth_alpha_unusual"]


@pytest.mark.parametrize("name, statistic, factor, verdict", [
    ("HeInitialization", "std", 1.002, EQUAL), ("HeInitialization", "std", 1.05, FAILS),
    ("RandomInitialization", "max", 1.01, FAILS), ("XavierInitialization", "min", 0.99, FAILS),
    ("OrthogonalInitialization", "WtW", 1.001, FAILS)])
def test_a_statistic_is_compared_as_far_as_chance_allows(tmp_path, name, statistic, factor,
                                                         verdict):
    content = packed("init_rules", name, "4.4")
    case = content["cases"][0]
    if statistic == "WtW":
        case["WtW"]["data"][0] *= factor
    else:
        case[statistic] *= factor
    content["cases"] = [case]
    assert compare(read(write(tmp_path, "init_rules", name, content)))[0].verdict == verdict


def test_a_note_on_the_true_derivative_is_checked(tmp_path):
    content = packed("layer", "LeakyReLU", "3.x")
    case = next(case for case in content["cases"] if "max |true| " in case.get("note", ""))
    case["note"] = case["note"].replace("max |true| ", "max |true| 9")
    result = compare(read(write(tmp_path, "layer", "LeakyReLU", content)))[0]
    assert "by central differences" in next(c for c in result.cases if c.failures).failures[0]


def test_a_record_that_cannot_be_run_fails(tmp_path):
    content = packed("layer", "Linear", "3.x")
    del content["cases"][0]["input"]
    result = compare(read(write(tmp_path, "layer", "Linear", content)))[0]
    assert result.verdict == FAILS and "KeyError" in result.cases[0].failures[0]


def test_several_passes_over_images_are_compared(tmp_path):
    content = packed("layer", "BatchNorm", "4.4")
    content["cases"] = [case for case in content["cases"] if "steps" in case]
    for case in content["cases"]:
        case["settings"]["InputDimensions"] += [1]
    result = compare(read(write(tmp_path, "layer", "BatchNorm", content)))[0]
    assert [c.failures for c in result.cases] == [[]] * len(content["cases"])


@pytest.mark.parametrize("error, verdict", [(1e-16, EQUAL), (1e-9, FAILS)])
def test_g_is_compared_relative_to_gy(tmp_path, error, verdict):
    content = packed("layer", "TanH", "4.4")
    y = np.tanh(9.0)        # 1 - y^2 is 6e-8, with an error of 1e-16 from rounding
    values = {"input": 9.0, "output": y, "gy": 0.5, "g": 0.5 * (1 - y * y) + error}
    case = content["cases"][0] | {name: {"shape": [1, 1], "data": [value]}
                                  for name, value in values.items()}
    case["settings"]["InputDimensions"] = [1]
    content["cases"] = [case]
    assert compare(read(write(tmp_path, "layer", "TanH", content)))[0].verdict == verdict


@pytest.mark.parametrize("group", ["layer", "networks", "optimizers"])
def test_a_class_that_is_not_there_is_missing(tmp_path, capsys, group):
    content = packed("layer", "Linear", "3.x") | {"class": "NoSuchClass", "group": group}
    assert main(["--vectors", str(write(tmp_path, group, "NoSuchClass", content))]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "NoSuchClass" in line)
    assert line.endswith("missing")


def test_saved_networks_are_listed(tmp_path):
    saved = {"model": "mlp", "mlpack": "mlpack 4.4.1", "parameters": {"shape": [0], "data": []}}
    write(tmp_path, "models", "mlp_predict", saved)
    write(tmp_path, "models", "mlp", {"model": {"cereal_class_version": 0}})
    record, = read(tmp_path)
    assert (record.name, result_of(record).verdict) == ("mlp", MISSING)


def test_all_forms_of_a_directory_give_the_same(tmp_path):
    content = packed("layer", "LeakyReLU", "4.8")
    directories = [
        write(tmp_path / "flat", "layer", "LeakyReLU", content),
        write(tmp_path / "versions" / "4.8", "layer", "LeakyReLU", content).parent,
        tmp_path / "packed"]
    pack.main([str(directories[1]), str(directories[2])])
    assert [path.name for path in directories[2].iterdir()] == ["4.8.zip"]
    for directory in directories:
        result, = compare(read(directory))
        assert (result.record.version, len(result.cases)) == ("4.8", len(content["cases"]))
        assert result.verdict == DIFFERS


def test_packing_the_unpacked_gives_the_same_bytes(tmp_path):
    for version in VERSIONS:
        zipfile.ZipFile(PACKED / f"{version}.zip").extractall(tmp_path / version)
    for path in pack.pack(tmp_path, tmp_path / "again"):
        assert path.read_bytes() == (PACKED / path.name).read_bytes()


def test_version_tells_what_a_file_does_not(tmp_path, capsys):
    content = packed("layer", "Linear", "4.4") | {"mlpack": "our own build"}
    directory = str(write(tmp_path, "layer", "Linear", content))
    assert main(["--vectors", directory]) == 2
    assert "--version" in capsys.readouterr().err
    assert main(["--vectors", directory, "--version", "4.4"]) == 0


@pytest.mark.parametrize("arguments, message", [
    (["--vectors", "no/such/directory"], "no/such/directory is not a directory"),
    (["--class", "Linaer"], "did you mean Linear"),
])
def test_what_cannot_be_compared_is_said(capsys, arguments, message):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_unreadable_files_are_named(tmp_path):
    path = tmp_path / "layer" / "Linear.json"
    path.parent.mkdir()
    path.write_text("{")
    with pytest.raises(RecordsError, match="Linear.json"):
        read(tmp_path)
    path.unlink()
    with pytest.raises(RecordsError, match="no recorded values"):
        read(tmp_path)
    (tmp_path / "3.x.zip").write_bytes(b"no archive")
    with pytest.raises(RecordsError, match="3.x.zip"):
        read(tmp_path)


def test_the_table_fits_80_columns(capsys):
    status = main(["--version", "3.x"])
    lines = capsys.readouterr().out.splitlines()
    assert status == 0 and max(map(len, lines)) <= 80
    assert lines[-1].endswith("FAILS") and "0 FAILS" in lines[-1]


def test_class_and_version_select(capsys):
    assert main(["--class", "LeakyReLU", "--version", "3.x"]) == 0
    printed = capsys.readouterr().out
    assert "smooth_alpha_unusual: differs" in printed and "special: equal" in printed
    assert "4.4" not in printed and printed.count("LeakyReLU") == 1


def test_json(capsys):
    assert main(["--class", "LeakyReLU", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    by_version = {entry["version"]: entry for entry in report["classes"]}
    assert {version: entry["verdict"] for version, entry in by_version.items()} == {
        "3.x": DIFFERS, "4.4": EQUAL, "4.8": DIFFERS}
    reason, = by_version["3.x"]["reasons"]
    assert reason["pass"] == "Backward" and 0.1 < reason["size"]["smooth_alpha_unusual"] < 2
    assert by_version["4.4"]["forward"] < 1e-12 and by_version["4.4"]["gradient"] is None
    assert report["summary"][FAILS] == 0 and report["summary"]["records"] == 3


def test_without_torch_it_says_so(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    for module in ("torch_side", "torch_operations"):
        monkeypatch.delitem(sys.modules, f"mlpack_ann.port.{module}", raising=False)
    assert main(["--class", "Linear", "--torch"]) == 0
    captured = capsys.readouterr()
    assert "PyTorch is not installed" in captured.err and "equal" in captured.out


def test_with_torch_its_value_and_speed_are_added(capsys):
    pytest.importorskip("torch")
    assert main(["--class", "Linear", "--version", "3.x", "--torch", "--json"]) == 0
    entry, = json.loads(capsys.readouterr().out)["classes"]
    assert entry["torch"]["forward"] < 1e-12 and entry["torch"]["backward"] < 1e-12
    assert entry["torch"]["speed"] > 0


def test_usage_and_dispatch(capsys):
    assert command_line([]) == 0
    assert "compare" in capsys.readouterr().out
    assert command_line(["nonsense"]) == 2
    assert command_line(["compare", "--class", "Linear"]) == 0


def test_exit_status_of_the_command(tmp_path):
    content = packed("layer", "Linear", "3.x")
    content["cases"][0]["output"]["data"][0] += 1
    write(tmp_path, "layer", "Linear", content)
    command = [sys.executable, "-m", "mlpack_ann", "compare", "--vectors", str(tmp_path)]
    assert subprocess.run(command, capture_output=True).returncode == 1


@pytest.mark.parametrize("mlpack, ours", [
    ("inSize", "in_size"), ("padW", "pad_w"), ("padWLeft", "pad_w_left"), ("lambda", "lambda_"),
    ("kernelWidth", "kernel_width"), ("Power", "power")])
def test_mechanical_names(mlpack, ours):
    assert snake_case(mlpack) == ours


@pytest.mark.parametrize("ours, recorded, expected", [
    ([1.0, 2.0], [1.0, 2.0], [0, 0]),
    ([np.nan, np.inf], [np.nan, np.inf], [0, 0]),
    ([0.0, np.inf], [np.nan, -np.inf], [np.inf, np.inf]),
    ([1e-3, 1e8], [2e-3, 1e8], [1e-3, 0]),          # one huge element hides nothing
    ([1e-3, 4e-3], [2e-3, 4e-3], [0.25, 0]),        # relative to the largest, where all are small
    ([0.0], [0.0], [0]),
])
def test_deviation(ours, recorded, expected):
    np.testing.assert_allclose(deviation(np.array(ours), np.array(recorded)), expected)
