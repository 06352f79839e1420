"""Dropout. Source: mlpack ann/layer/dropout.hpp."""
from mlpack_ann.layer.masked cimport Masked


cdef class Dropout(Masked):
    """``output = mask * input / (1 - ratio)``, with a random mask of zeros and ones.

    In inference mode the output is the input.

    Parameters
    ----------
    ratio : float, default=0.5
        Probability that an element is dropped, from 0 to 1; at 1 the output is 0.
    rng : numpy.random.Generator, optional
        Where masks come from.

    Notes
    -----
    Input and output: (batch, ...), any shape. Each Forward in training mode draws a new mask of the
    input's shape, the same for float32 and float64, unless `mask` is assigned; `mask` tells which,
    and Backward uses that of the latest Forward.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), Dropout: a simple way to
    prevent neural networks from overfitting.
    """
    def __init__(self, ratio=0.5, *, rng=None):
        super().__init__(ratio, rng)
