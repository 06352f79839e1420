"""Conversions of recorded cases, one small function per class that needs one.

An adapter gets the job that the mechanical rule made and changes it in place, or returns the
jobs that together are the case. Where versions differ and neither is wrong (a parameter order,
a default, targets that count from 1), the adapter converts and says so with `Job.remark`.
"""
from functools import cache
from importlib import import_module
from pathlib import Path

from mlpack_ann.port.job import mechanical

_ADAPTERS = {}


def adapts(group, *names):
    """Register the adapter of these records (file names without suffix), or of a whole group."""
    def register(function):
        _ADAPTERS.update({(group, name): function for name in names or [None]})
        return function
    return register


@cache
def register_all():
    """Import the modules that register adapters."""
    for path in sorted(Path(__file__).parent.glob("*_adapters.py")):
        import_module(f"mlpack_ann.port.{path.stem}")


def jobs_of(case):
    """Return the jobs of a case, in this library's terms; almost always one."""
    register_all()
    job = mechanical(case)
    group, name = case.record.group, case.record.name
    adapter = _ADAPTERS.get((group, name)) or _ADAPTERS.get((group, None))
    return (adapter(job) if adapter else None) or [job]
