"""Benchmarks: one table of cases, for ``pytest benchmarks`` and ``python -m mlpack_ann bench``.

`case` says what a case is; `elementwise`, `layers` and `losses` are the parts of the table, `table`
the whole. The rest of the package imports nothing from here.
"""
