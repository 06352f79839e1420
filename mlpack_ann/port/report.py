"""The report of a comparison: a table for people, the same as JSON for programs."""
import math
import textwrap
from dataclasses import dataclass

from mlpack_ann.port.judge import DIFFERS, EQUAL, FAILS, MISSING
from mlpack_ann.port.passes import PASSES
from mlpack_ann.port.records import Record

WIDTH = 80
NAME = 27
LEGEND = ("Differences are relative, the largest of all cases; - means not recorded, inf another "
          "shape or one of two values not finite.")


@dataclass
class Result:
    """What is to be said of one record; `torch` is what PyTorch gives, where asked for."""

    record: Record
    cases: list
    torch: object = None

    @property
    def verdict(self):
        verdicts = {case.verdict for case in self.cases}
        return next((v for v in (FAILS, MISSING, DIFFERS) if v in verdicts), EQUAL)

    def difference(self, pass_):
        """Return the largest difference of a pass, or None where none is recorded."""
        return max((case.difference[pass_] for case in self.cases if pass_ in case.difference),
                   default=None)

    @property
    def rows(self):
        """The rows of the table that explain a difference, with the sizes measured."""
        rows = {}
        for case in self.cases:
            for row, size in case.rows.items():
                rows.setdefault(row, []).append((size, case.name))
        return rows

    def _gather(self, attribute):
        return list(dict.fromkeys(text for case in self.cases
                                  for text in getattr(case, attribute)))

    @property
    def remarks(self):
        return self._gather("remarks")

    @property
    def thrown(self):
        return self._gather("thrown")


def summary(results):
    """Return the counts of the summary line."""
    counts = {"records": len(results), "cases": sum(len(result.cases) for result in results)}
    return counts | {verdict: sum(result.verdict == verdict for result in results)
                     for verdict in (EQUAL, DIFFERS, MISSING, FAILS)}


def summary_line(results):
    n = summary(results)
    return (f"{n['records']} classes and versions, {n['cases']} cases: {n[EQUAL]} equal, "
            f"{n[DIFFERS]} differ for a known reason, {n[MISSING]} missing, {n[FAILS]} FAILS")


def number(difference):
    """Return a difference in at most seven characters."""
    if difference is None:
        return "-"
    return "0" if difference == 0 else f"{difference:.1e}"


def sizes(measured):
    """Return the range of the sizes of a difference, where they can be compared."""
    finite = [size for size in measured if math.isfinite(size)]
    if not finite:
        return ""
    low, high = f"{min(finite):.2g}", f"{max(finite):.2g}"
    return f" (size {low})" if low == high else f" (size {low} to {high})"


def table(results, details=False):
    """Return the printed report; with `details`, one line for each case as well."""
    lines = [_columns("class", "mlpack", "cases", *PASSES, "verdict"), "-" * WIDTH]
    group = None
    for result in results:
        if result.record.group != group:
            group = result.record.group
            lines.append(f"{group}:")
        lines += _result_lines(result, details)
    return "\n".join([*lines, "-" * WIDTH, *textwrap.wrap(LEGEND, WIDTH), "",
                      *textwrap.wrap(summary_line(results), WIDTH)])


def _columns(name, version, cases, forward, backward, gradient, verdict):
    row = f"{version:<7}{cases:>5} {forward:>8} {backward:>8} {gradient:>8}  {verdict}"
    return f"{name:<{NAME}} {row}" if len(name) <= NAME else f"{name}\n{'':<{NAME}} {row}"


def _result_lines(result, details):
    verdict = result.verdict + (":" if result.verdict in (DIFFERS, FAILS) else "")
    yield _columns(display_name(result.record), result.record.version, len(result.cases),
                   *(number(result.difference(pass_)) for pass_ in PASSES), verdict)
    for row, measured in result.rows.items():
        yield from _indented(f"{row.pass_}: {row.mlpack}; right: {row.right}"
                             f"{sizes(size for size, _ in measured)}")
    for text in (*(f"mlpack's {thrown}" for thrown in result.thrown), *result.remarks):
        yield from _indented(text)
    if result.torch is not None:
        yield from _indented(f"PyTorch: {result.torch}")
    for case in result.cases:
        if details:
            passes = ", ".join(f"{name} {number(d)}" for name, d in case.difference.items())
            yield from _indented(f"{case.name}: {case.verdict} {passes}")
        for failure in case.failures:
            yield from _indented(f"FAILS {case.name}: {failure}")
    missing = list(dict.fromkeys(case.missing for case in result.cases if case.missing))
    if details or len(missing) > 1:
        for text in missing:
            yield from _indented(text)


def _indented(text):
    return textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="      ")


def display_name(record):
    return record.name.replace(".before_redesign", ", before #2495")


def as_json(results):
    """Return the report as an object for `json.dumps`."""
    return {"summary": summary(results), "classes": [_result_json(r) for r in results]}


def _result_json(result):
    record = result.record
    entry = {
        "group": record.group, "class": record.name, "version": record.version,
        "mlpack": record.mlpack, "cases": len(result.cases), "verdict": result.verdict,
        **{pass_.lower(): _finite(result.difference(pass_)) for pass_ in PASSES},
        "reasons": [{"pass": row.pass_, "mlpack": row.mlpack, "right": row.right,
                     "size": {name: _finite(size) for size, name in measured}}
                    for row, measured in result.rows.items()],
        "throws": result.thrown, "remarks": result.remarks,
        "missing": sorted({case.missing for case in result.cases if case.missing}),
        "failures": {case.name: case.failures for case in result.cases if case.failures},
    }
    if result.torch is not None:
        entry["torch"] = result.torch.as_json()
    return entry


def _finite(value):
    """JSON has no infinity: write it as the records do."""
    return "inf" if value is not None and math.isinf(value) else value
