"""``python -m mlpack_ann compare``: every class against values recorded from mlpack."""
import argparse
import difflib
import json
import sys
from pathlib import Path

from mlpack_ann.port.differences import TABLE
from mlpack_ann.port.judge import FAILS, judge
from mlpack_ann.port.records import PACKED, VERSIONS, RecordsError, read
from mlpack_ann.port.report import Result, as_json, table


def compare(records):
    """Return a `Result` for each record."""
    return [Result(record, [judge(case) for case in record.cases]) for record in records]


def stale_rows(results):
    """Return the rows of the table of differences that explain nothing in these results."""
    used = {row for result in results for row in result.rows}
    return [row for row in TABLE if row not in used]


def select(records, name):
    """Return the records of the class called `name`, or raise `RecordsError`."""
    chosen = [record for record in records if name in (record.cls, record.name)]
    if not chosen:
        close = difflib.get_close_matches(name, sorted({record.cls for record in records}))
        hint = f"; did you mean {', '.join(close)}?" if close else ""
        raise RecordsError(f"no recorded class {name!r}{hint}")
    return chosen


def parser():
    options = argparse.ArgumentParser(prog="python -m mlpack_ann compare", description=(
        "Compare every class with values recorded from running mlpack's own. The exit status is "
        "1 if any class FAILS: neither equal nor listed in the table of differences."))
    options.add_argument("--vectors", type=Path, default=PACKED, metavar="DIR",
                         help="recorded values to compare with (default: the package's own)")
    options.add_argument("--class", dest="name", metavar="NAME",
                         help="only this class, with every case")
    options.add_argument("--version", choices=VERSIONS, help="only this mlpack version")
    options.add_argument("--json", action="store_true", help="print JSON")
    options.add_argument("--torch", action="store_true",
                         help="add PyTorch's value and speed where it has the operation")
    return options


def main(arguments=None):
    options = parser().parse_args(arguments)
    try:
        records = read(options.vectors, options.version)
        if options.name:
            records = select(records, options.name)
    except RecordsError as error:
        print(f"mlpack_ann compare: {error}", file=sys.stderr)
        return 2
    results = compare(records)
    if options.torch:
        add_torch(results)
    if options.json:
        print(json.dumps(as_json(results), indent=1, allow_nan=False))
    else:
        print(table(results, details=options.name is not None))
    return int(any(result.verdict == FAILS for result in results))


def add_torch(results):
    """Compare with PyTorch as well, or say on stderr why not."""
    try:
        from mlpack_ann.port import torch_side
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        print("mlpack_ann compare: PyTorch is not installed, so --torch adds nothing "
              "(pip install torch)", file=sys.stderr)
        return
    for result in results:
        result.torch = torch_side.compare(result.record)
