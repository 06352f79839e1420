"""Judging a case: which values are equal, which differ for a known reason, which FAIL."""
from dataclasses import dataclass, field

import numpy as np

from mlpack_ann.port.adapters import jobs_of
from mlpack_ann.port.differences import rows_for
from mlpack_ann.port.job import MissingClass
from mlpack_ann.port.passes import BACKWARD, GRADIENT, can_run, run

EQUAL, DIFFERS, MISSING, FAILS = "equal", "differs", "missing", "FAILS"

TOLERANCE = 1e-10       # of values that mlpack and this library compute by formula, in double
NUMERIC = 1e-6          # of central differences
PRINTED = 1e-4          # of central differences printed with six digits, in notes


@dataclass
class Judged:
    """The verdict on one case.

    `difference` is the largest one of each pass, `rows` the rows of the table that explain a
    difference with the size each explains, `thrown` what mlpack throws, `missing` what the library
    lacks, `failures` all that nothing explains.
    """

    name: str
    verdict: str = EQUAL
    difference: dict = field(default_factory=dict)
    rows: dict = field(default_factory=dict)
    remarks: list = field(default_factory=list)
    thrown: list = field(default_factory=list)
    missing: str = ""
    failures: list = field(default_factory=list)


def judge(case):
    """Run a case and return what is to be said of it."""
    judged = Judged(case.name)
    try:
        _judge(judged, case)
    except MissingClass as missing:
        judged.verdict, judged.missing = MISSING, str(missing)
        return judged
    except Exception as error:      # whatever a broken class raises is a finding, not the end
        judged.failures.append(f"{type(error).__name__}: {error}")
    if judged.failures:
        judged.verdict = FAILS
    elif judged.rows or judged.thrown:
        judged.verdict = DIFFERS
    return judged


def _judge(judged, case):
    if not can_run(case.record.group):
        raise MissingClass(f"{case.record.group} is not compared yet")
    pairs = [(job, run(job)) for job in jobs_of(case)]
    judged.thrown = _thrown(case.note)
    for job, checks in pairs:
        judged.remarks += [remark for remark in job.remarks if remark not in judged.remarks]
        for check in checks:
            _compare(judged, job, check)
    _compare_with_truth(judged, [check for _, checks in pairs for check in checks])


def deviation(ours, recorded, scale=0.0):
    """Return the relative difference of every element; arrays of one shape.

    Each element is compared relative to its own magnitude, but to no less than the smaller of 1
    and the largest magnitude recorded (or `scale`), so that neither rounding of small elements
    nor one huge element decides. It is infinite where only one of the two is finite, or NaN.
    """
    finite = np.isfinite(ours) & np.isfinite(recorded)
    magnitude = np.abs(recorded, where=finite, out=np.zeros(recorded.shape))
    floor = min(1.0, magnitude.max(initial=scale)) or 1.0
    with np.errstate(invalid="ignore", over="ignore"):
        relative = np.abs(ours - recorded) / np.maximum(magnitude, floor)
    same = (ours == recorded) | (np.isnan(ours) & np.isnan(recorded))
    return np.where(same, 0.0, np.where(finite, relative, np.inf))


def _compare(judged, job, check):
    if check.recorded is None:
        return              # there may be a truth to compare with
    ours, recorded = np.asarray(check.ours, float), np.asarray(check.recorded, float)
    if ours.shape == recorded.shape:
        likely = check.chance > 0 and np.abs(ours - recorded) <= check.chance
        apart = np.where(check.undefined | likely, 0.0, deviation(ours, recorded, check.scale))
    else:
        apart = np.full(recorded.shape, np.inf)
    largest = float(apart.max(initial=0.0))
    judged.difference[check.pass_] = max(judged.difference.get(check.pass_, 0.0), largest)
    unexplained = apart > TOLERANCE
    for row in rows_for(job, check):
        if not unexplained.any():
            break
        explained = unexplained & row.covers(job, check)
        if explained.any():
            judged.rows.setdefault(row, 0.0)
            judged.rows[row] = max(judged.rows[row], _size(ours, recorded, explained))
            unexplained &= ~explained
    if unexplained.any():
        judged.failures.append(_describe(check, ours, recorded, apart, unexplained))


def _size(ours, recorded, explained):
    """Return the largest explained difference over the largest value; inf if not comparable."""
    if ours.shape != recorded.shape:
        return np.inf
    with np.errstate(invalid="ignore"):
        apart = np.abs(ours - recorded)[explained].max()
    largest = max(np.abs(ours).max(), np.abs(recorded).max())
    return float(apart / largest) if np.isfinite(apart) and np.isfinite(largest) else np.inf


def _describe(check, ours, recorded, apart, unexplained):
    what = f"{check.pass_}: {check.item}"
    if ours.shape != recorded.shape:
        return f"{what} has shape {ours.shape}, recorded {recorded.shape}"
    at = np.unravel_index(np.argmax(np.where(unexplained, apart, -1.0)), apart.shape)
    where = f" at {tuple(map(int, at))}" if at else ""
    return (f"{what}{where} is {ours[at]:.10g}, recorded {recorded[at]:.10g}"
            f" ({apart[at]:.1e} apart, {int(unexplained.sum())} of {apart.size} elements)")


def _compare_with_truth(judged, checks):
    """Compare derivatives with the central differences that were recorded beside mlpack's own.

    Only where both libraries' Forward agree, else they are differences of another function.
    """
    if any(np.shape(check.ours) != np.shape(check.recorded)
           or deviation(check.ours, check.recorded).max(initial=0.0) > TOLERANCE
           for check in checks if check.item in ("output", "loss")):
        return
    for pass_ in (BACKWARD, GRADIENT):
        mine = [check for check in checks if check.pass_ == pass_]
        for check in mine:
            if check.truth is not None:
                _against_differences(judged, check)
        if mine and mine[0].extrema is not None:
            _against_note(judged, mine)


def _against_differences(judged, check):
    ours, truth = check.ours, check.truth
    known = ~np.broadcast_to(check.truth_undefined, truth.shape)
    error = np.abs(ours - truth)[known].max(initial=0.0)
    scale = np.abs(truth[known]).max(initial=0.0) or 1.0
    if not error <= NUMERIC * scale:
        judged.failures.append(f"{check.pass_}: {check.item} is {error / scale:.1e} from the "
                               "recorded central differences")


def _against_note(judged, checks):
    """A note gives the largest difference of mlpack's value from the truth, and its largest."""
    difference, true = checks[0].extrema
    ours = np.concatenate([np.ravel(check.ours) for check in checks])
    recorded = np.concatenate([np.ravel(check.recorded) for check in checks])
    scale = max(difference, true)
    if abs(np.abs(ours).max() - true) > PRINTED * scale:
        judged.failures.append(f"{checks[0].pass_}: largest value is {np.abs(ours).max():.6g}, "
                               f"by central differences {true:.6g}")
    if ours.shape == recorded.shape:
        apart = np.abs(ours - recorded).max()
        if abs(apart - difference) > PRINTED * scale:
            judged.failures.append(f"{checks[0].pass_}: largest difference is {apart:.6g}, "
                                   f"by central differences {difference:.6g}")


def _thrown(note):
    """Return the passes that mlpack throws in, as the note says."""
    parts = note.split("throws: ")
    return [f"{before.split()[-1]} throws: {after.split(';')[0].strip()}"
            for before, after in zip(parts, parts[1:])]
