"""Options of `pytest benchmarks`, and how a row of the table becomes timed tests."""
import pytest

from mlpack_ann.bench import table
from mlpack_ann.bench.case import how, quiet

QUICK = {"benchmark_max_time": "0.01", "benchmark_min_rounds": 3}
FULL = {"benchmark_max_time": "0.2"}        # there are many rows


def pytest_addoption(parser):
    group = parser.getgroup("mlpack_ann")
    group.addoption("--quick", action="store_true",
                    help="only the first size of each case, timed briefly")
    group.addoption("--dtype", choices=table.DTYPES, action="append", help="default: both")
    group.addoption("--threads", type=int, default=1, help="of all libraries; default 1")


def pytest_configure(config):
    """Choose other defaults than pytest-benchmark's, for what the command line does not say."""
    said = " ".join(map(str, config.invocation_params.args))
    for name, value in (QUICK if config.option.quick else FULL).items():
        if "--" + name.replace("_", "-") not in said:
            setattr(config.option, name, value)
    config.option.benchmark_disable_gc = True
    config.option.benchmark_columns = ["min", "median", "iqr", "rounds", "iterations"]


def pytest_generate_tests(metafunc):
    if "call" in metafunc.fixturenames:
        option = metafunc.config.option
        rows = table.rows(metafunc.module.CASES, option.quick, option.dtype or table.DTYPES)
        timed = [(row, library) for row in rows for library in row.libraries]
        names = [f"{row.name} {library}".replace(" ", "-") for row, library in timed]
        metafunc.parametrize("call", timed, indirect=True, ids=names)


@pytest.fixture
def call(request, benchmark):
    """What is timed: a function without arguments, its arrays made and warm."""
    row, library = request.param
    benchmark.group = row.name
    with quiet(request.config.option.threads):
        made = row.calls([library])[library]
        benchmark.extra_info.update(library=library, kind=how(made),
                                    threads=request.config.option.threads)
        made()
        yield made
