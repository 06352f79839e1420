"""Nguyen's and Widrow's weights. Source: mlpack ann/init_rules/nguyen_widrow_init.hpp."""
import numpy as np

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._draws cimport draw_uniform
from mlpack_ann._validation import flag
from mlpack_ann.init_rules.init_rule cimport MatrixRule
from mlpack_ann.init_rules.random_init import bounds

import_array()


cdef class NguyenWidrowInitialization(MatrixRule):
    """Uniform, scaled by ``0.7 * cols**(1 / rows)`` over the norm of W.

    Parameters
    ----------
    lower_bound : float, default=-0.5
    upper_bound : float, default=0.5
        At least `lower_bound`, and not both 0.
    per_neuron : bool, default=False
        False: the norm is W's largest singular value, as mlpack has it. True: the weights of each
        neuron, a column, are divided by their own length, as in the paper.
    rng : numpy.random.Generator, optional
        Where the numbers come from; see `mlpack_ann.RandomSeed`.

    Notes
    -----
    The active regions of the neurons are spread over the inputs' range, -1 to 1. For a network
    this rule is called once, with all weights as one column.

    References
    ----------
    Nguyen and Widrow (1990), Improving the learning speed of 2-layer neural networks by choosing
    initial values of the adaptive weights.
    """
    use_layer = False
    cdef readonly double lower_bound, upper_bound
    cdef readonly bint per_neuron

    def __init__(self, lower_bound=-0.5, upper_bound=0.5, per_neuron=False, *, rng=None):
        low, high = bounds(lower_bound, upper_bound, self)
        if low == high == 0:
            raise ValueError(f"{type(self).__name__}: lower_bound and upper_bound are 0, expected "
                             "weights that have a length")
        self.per_neuron = flag(per_neuron, self, "per_neuron")
        self.lower_bound, self.upper_bound = low, high
        super().__init__(rng=rng)

    cdef int _fill_matrix(self, ndarray w, object generator) except -1:
        cdef double largest = max(abs(self.lower_bound), abs(self.upper_bound))
        rows, cols = w.shape[0], w.shape[1]
        beta = 0.7 * cols ** (1 / <double>rows)
        # The norm takes the bounds' scale out again; without it nothing overflows.
        draw = np.empty((rows, cols), w.dtype)
        draw_uniform(generator, draw, self.lower_bound / largest, self.upper_bound / largest)
        if self.per_neuron:
            lengths = np.sqrt(np.einsum("rc,rc->c", draw, draw, dtype=np.float64))
            factor = (beta / np.where(lengths > 0, lengths, 1)).astype(w.dtype)
        else:
            factor = w.dtype.type(beta / (spectral_norm(draw) or 1))
        np.multiply(draw, factor, out=w)
        return 0


def spectral_norm(w):
    """Return the largest singular value, by the eigenvalues of the smaller product."""
    w = w.astype(np.float64, copy=False)
    product = w.T @ w if w.shape[0] > w.shape[1] else w @ w.T
    return float(np.sqrt(np.linalg.eigvalsh(product).max()))
