"""The port comparison: this library against values recorded from running mlpack.

=================  ========================================================================
`records`          reading recorded values: the packed ones of the package, or any directory
`pack`             packing a directory of recorded values
`job`              one recorded case in this library's terms
`adapters`         conversions, where the mechanical rule of `job` is not enough;
                   `layer_adapters` and `loss_adapters` hold them
`draws`            what chance leaves open of random values
`passes`           running a job: what the library gives, beside what was recorded
`differences`      THE table of differences: where mlpack is wrong, and how;
                   `does` has the formulas of what it computes instead
`judge`            equal, differs, missing or FAILS
`report`           the printed table and its JSON form
`torch_side`       PyTorch's values and speed, for ``--torch``; `torch_operations` its operations
`compare`          the command ``python -m mlpack_ann compare``
=================  ========================================================================
"""
