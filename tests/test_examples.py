"""The examples run from anywhere, twice with the same result, and show what they say."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mlpack_ann

pytest.importorskip("matplotlib", reason="the examples draw with matplotlib")
EXAMPLES = Path(__file__).parent.parent / "examples"
PACKAGE = Path(mlpack_ann.__file__).parent.parent
PNG = b"\x89PNG\r\n\x1a\n"


def run(name, folder, *arguments):
    """Return the lines that an example prints when it is called in `folder`."""
    paths = os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")])
    process = subprocess.run([sys.executable, EXAMPLES / f"{name}.py", *arguments], cwd=folder,
                             env={**os.environ, "PYTHONPATH": paths}, timeout=300,
                             capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return process.stdout.splitlines()          # a carriage return ends a line too


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Return a function that gives an example's lines, and runs it when first asked."""
    known = {}

    def lines(name):
        if name != "normalisation":
            pytest.importorskip("sklearn", reason="the images come with scikit-learn")
        if name not in known:
            folder = tmp_path_factory.mktemp(name)
            known[name] = folder, run(name, folder)
        return known[name]

    return lines


def numbers(line):
    return [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?", line)]


@pytest.mark.parametrize("name", ["normalisation", "unpooling", "digits"])
def test_runs_anywhere_and_repeats_itself(name, printed, tmp_path):
    folder, lines = printed(name)
    assert [path.name for path in folder.iterdir()] == [f"{name}.png"]
    assert lines[-1] == f"picture: {name}.png"

    (tmp_path / "pictures").mkdir()
    given = tmp_path / "pictures" / "given.png"
    again = run(name, tmp_path, given)
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]
    assert again[-1] == f"picture: {given}"
    untimed = [[re.sub(r"\d+\.\d s$", "", line) for line in each[:-1]] for each in (lines, again)]
    assert untimed[0] == untimed[1]

    for picture in (folder / f"{name}.png", given):
        assert picture.read_bytes().startswith(PNG)
        assert picture.stat().st_size < 200_000             # quick to load in the README


def test_norms_agree_on_one_image_only(printed):
    lines = printed("normalisation")[1]
    one, four = [numbers(line)[0] for line in lines if "largest difference" in line]
    assert one < 1e-12 and four > 0.1
    batch, instance = [[numbers(line) for line in lines if line.lstrip().startswith(norm)]
                       for norm in ("BatchNorm", "InstanceNorm")]
    assert batch[0] == instance[0]
    for mean, spread in batch + instance:
        assert mean == 0 and spread == pytest.approx(1, abs=0.01)


def test_unpooling_restores_odd_sizes(printed):
    for line in printed("unpooling")[1][1:3]:
        height, width, *pooled, restored_height, restored_width, kept, pixels = numbers(line)
        assert [restored_height, restored_width] == [height, width] and height * width == pixels
        assert pooled == [height // 2, width // 2] and pooled[0] * pooled[1] == kept
        assert height % 2 or width % 2


def test_digits_are_read(printed):
    lines = printed("digits")[1]
    learnt, held_out = numbers(lines[0])
    assert learnt + held_out == 1797 and held_out == pytest.approx(1797 / 3)
    progress = [line for line in lines if line.startswith("epoch")]
    epoch, epochs, loss, right, seconds = numbers(progress[-1])
    assert len(progress) == epoch == epochs
    assert right >= 97
    assert loss < numbers(progress[0])[2] / 10
