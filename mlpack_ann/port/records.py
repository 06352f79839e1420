"""Recorded values of mlpack: reading them.

A source of records is a directory with, in any mixture,

- ``<version>.zip``: packed records, ``<group>/<Class>.json`` inside (see `pack`);
- ``<version>/<group>/<Class>.json``;
- ``<group>/<Class>.json``, whose version is told by the caller or by the file's ``mlpack`` entry.

Arrays are ``{"shape": [...], "data": [...]}`` in mlpack's column-major memory order, which read
in C order has the shape written: [points, features] for a matrix.
"""
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

VERSIONS = ("3.x", "4.4", "4.8")
GROUPS = ("layer", "loss_functions", "activation_functions", "regularizer", "init_rules",
          "convolution_rules", "dists", "networks", "optimizers", "models")
PACKED = Path(__file__).parent / "vectors"


class RecordsError(ValueError):
    """A source of records that cannot be read; the message says which file and why."""


@dataclass(frozen=True, eq=False)
class Case:
    """One recorded case; `values` is its JSON object with arrays decoded."""

    record: "Record"
    name: str
    values: dict

    @property
    def args(self):
        return self.values.get("args", {})

    @property
    def settings(self):
        return self.values.get("settings", {})

    @property
    def state(self):
        return self.values.get("state", {})

    @property
    def note(self):
        return self.values.get("note", "")

    @property
    def training(self):
        return self.values.get("training", True)

    def __contains__(self, key):
        return key in self.values

    def __getitem__(self, key):
        return self.values[key]


@dataclass(eq=False)
class Record:
    """The recorded cases of one class and version; `name` is the file's, `cls` mlpack's."""

    version: str
    group: str
    name: str
    cls: str
    mlpack: str
    cases: list


def read(directory=PACKED, version=None):
    """Return the records of a directory, sorted by group, name and version.

    Parameters
    ----------
    directory : path
        Where the records are.
    version : one of `VERSIONS`, optional
        Only this version; also the version of records that lie in no version's folder.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise RecordsError(f"{directory} is not a directory")
    records = []
    for label, folder, path, text in _files(directory):
        if version is None or folder in (None, version):
            record = _record(label, path, text, folder or version)
            if record is not None:
                records.append(record)
    if not records:
        wanted = "" if version is None else f" of mlpack {version}"
        raise RecordsError(f"{directory} holds no recorded values{wanted}")
    return sorted(records, key=lambda r: (GROUPS.index(r.group), r.name, r.version))


def _files(directory):
    """Yield (label for messages, version of the folder or None, (group, stem), text)."""
    for path in sorted(directory.glob("*.zip")):
        try:
            with zipfile.ZipFile(path) as archive:
                contents = {name: archive.read(name) for name in sorted(archive.namelist())}
        except zipfile.BadZipFile as error:
            raise RecordsError(f"{path}: {error}") from None
        for name, text in contents.items():
            group, _, file = name.partition("/")
            yield f"{path}:{name}", path.stem, (group, Path(file).stem), text
    for path in sorted(directory.rglob("*.json")):
        parts = path.relative_to(directory).parts
        if len(parts) < 2 or parts[-2] not in GROUPS:
            continue
        folder = parts[-3] if len(parts) > 2 and parts[-3] in VERSIONS else None
        yield str(path), folder, (parts[-2], path.stem), path.read_bytes()


def _record(label, path, text, version):
    group, stem = path
    if group == "models" and not stem.endswith("_predict"):
        return None         # the saved network itself, not a record
    try:
        content = json.loads(text, object_hook=_decode)
    except ValueError as error:
        raise RecordsError(f"{label} is not a record: {error}") from None
    version = version or version_of(content.get("mlpack", ""))
    if version not in VERSIONS:
        raise RecordsError(f"{label} does not say its mlpack version; --version tells it")
    record = Record(version, group, stem.removesuffix("_predict") if group == "models" else stem,
                    content.get("class", stem), content.get("mlpack", ""), [])
    cases = content.get("cases", [content])
    record.cases = [Case(record, case.get("name", stem), case) for case in cases]
    return record


def version_of(mlpack):
    """Return the version meant by a file's ``mlpack`` entry ("mlpack 4.4.1, ..."), or None."""
    match = re.match(r"mlpack (\d+\.(?:x|\d+))", mlpack)
    return match.group(1) if match and match.group(1) in VERSIONS else None


_SPECIAL = {"nan", "inf", "-inf"}


def _decode(values):
    """Turn one JSON object into an array where it is one, and "nan", "inf" into numbers."""
    if values.keys() == {"shape", "data"}:
        return np.array([float(v) for v in values["data"]]).reshape(values["shape"])
    return {key: float(value) if isinstance(value, str) and value in _SPECIAL else value
            for key, value in values.items()}
