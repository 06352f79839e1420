"""Orthogonal weights. Source: mlpack ann/init_rules/orthogonal_init.hpp."""
import numpy as np

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._draws cimport draw_normal
from mlpack_ann._validation import number
from mlpack_ann.init_rules.init_rule cimport MatrixRule

import_array()


cdef class OrthogonalInitialization(MatrixRule):
    """A random orthogonal matrix, times `gain`: ``W.T @ W = gain**2 * I``.

    With fewer rows than cols it is the rows that are orthogonal, ``W @ W.T = gain**2 * I``.

    Parameters
    ----------
    gain : float, default=1.0
    rng : numpy.random.Generator, optional
        Where the numbers come from; see `mlpack_ann.RandomSeed`.

    Notes
    -----
    Every direction is as likely as any other: W is the orthogonal factor of a matrix of normal
    numbers, with the signs that make that so. mlpack takes the left singular vectors of a matrix
    of numbers between 0 and 1, the first of which is nearly constant, and with fewer rows than
    cols returns (rows, rows).

    References
    ----------
    Saxe, McClelland and Ganguli (2014), Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks. Mezzadri (2007), How to generate random matrices from the
    classical compact groups.
    """
    cdef readonly double gain

    def __init__(self, gain=1.0, *, rng=None):
        self.gain = number(gain, self, "gain")
        super().__init__(rng=rng)

    cdef int _fill_matrix(self, ndarray w, object generator) except -1:
        long_, short = max(w.shape[0], w.shape[1]), min(w.shape[0], w.shape[1])
        draw = np.empty((long_, short), w.dtype)
        draw_normal(generator, draw, 0, 1)
        q, r = np.linalg.qr(draw)
        factor = np.copysign(w.dtype.type(self.gain), np.diagonal(r))
        np.multiply(q, factor, out=w if w.shape[0] >= w.shape[1] else w.T)
        return 0
