"""Pack recorded values: ``python -m mlpack_ann.port.pack DIR [OUT]``.

DIR holds ``<version>/<group>/<Class>.json``; OUT (by default the package's own ``vectors``)
gets one ``<version>.zip`` each. The files are stored as they are, so unzipping gives them back;
saved networks (group ``models``) are left out. Packing the same files gives the same bytes.
"""
import argparse
import sys
import zipfile
from pathlib import Path

from mlpack_ann.port.records import GROUPS, PACKED, VERSIONS

_DATE = (2020, 8, 12, 0, 0, 0)


def pack(directory, out=PACKED):
    """Write ``out/<version>.zip`` for every version in `directory`; return the paths written."""
    directory, out = Path(directory), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for version in VERSIONS:
        files = sorted(path for group in GROUPS if group != "models"
                       for path in (directory / version / group).glob("*.json"))
        if not files:
            continue
        written.append(out / f"{version}.zip")
        with zipfile.ZipFile(written[-1], "w") as archive:
            for path in files:
                entry = zipfile.ZipInfo(f"{path.parent.name}/{path.name}", _DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes(), compresslevel=9)
    return written


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m mlpack_ann.port.pack",
                                     description=__doc__.partition("\n")[0])
    parser.add_argument("directory", type=Path, help="holds <version>/<group>/<Class>.json")
    parser.add_argument("out", type=Path, nargs="?", default=PACKED,
                        help="where the archives go (default: the package's own)")
    options = parser.parse_args(arguments)
    written = pack(options.directory, options.out)
    if not written:
        print(f"{options.directory} holds no recorded values", file=sys.stderr)
        return 2
    for path in written:
        print(f"{path}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
