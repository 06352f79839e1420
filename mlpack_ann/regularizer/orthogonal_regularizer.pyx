"""Regularisation towards orthogonal weights.

Source: mlpack ann/regularizer/orthogonal_regularizer.hpp.
"""
import numpy as np

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann.regularizer.regularizer cimport Regularizer

import_array()

cdef Py_ssize_t BLOCK = 256                 # columns at a time, which bounds the memory


cdef class OrthogonalRegularizer(Regularizer):
    """Adds the derivative of ``factor * sum(abs(W.T @ W - I))``.

    Parameters
    ----------
    factor : float, default=1.0
        What the penalty is multiplied by.

    Notes
    -----
    W is (in, out), as a layer's weights are in C order: the columns are drawn to length 1 and at
    right angles to each other. A flat weight is one row, each of whose elements is a column. The
    derivative of ``abs`` at 0 is 0.

    References
    ----------
    Brock, Lim, Ritchie and Weston (2017), Neural photo editing with introspective adversarial
    networks.
    """
    def __init__(self, factor=1.0):
        super().__init__(factor)

    cdef int _add(self, ndarray weight, ndarray gradient) except -1:
        if weight.ndim > 2:
            raise ValueError(f"{type(self).__name__}: weight has shape {(<object>weight).shape}, "
                             "expected (in, out) or (n,)")
        w, out = np.atleast_2d(weight), np.atleast_2d(gradient)     # views
        for start in range(0, w.shape[1], BLOCK):
            columns = slice(start, start + BLOCK)
            product = w.T @ w[:, columns]
            product[np.arange(start, start + product.shape[1]), np.arange(product.shape[1])] -= 1
            out[:, columns] += (2 * self.factor) * (w @ np.sign(product))
        return 0
