"""Positional encoding. Source: mlpack ann/layer/positional_encoding.hpp."""
import numpy as np

from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray
from mlpack_ann._copies cimport add_row, copy_all
from mlpack_ann._points cimport point_size
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

import_array()

cdef double LARGEST = 2.0 ** 48             # elements of an encoding


cdef class PositionalEncoding(Layer):
    """Add sines and cosines of an element's position in its sequence.

    ``output[n, t, 2 * i] = input[n, t, 2 * i] + sin(t / 10000**(2 * i / embed_dim))``, and with the
    cosine for ``2 * i + 1``.

    Parameters
    ----------
    embed_dim : int
        Features of an element of a sequence.
    max_sequence_length : int
        Elements of the longest sequences.

    Notes
    -----
    Input and output: (batch, length, embed_dim) of a length up to `max_sequence_length`, or such
    points flat, (batch, length * embed_dim). mlpack's takes the longest only, and no odd
    `embed_dim`, for which there is one sine more than cosines.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need.
    """
    cdef readonly Py_ssize_t embed_dim, max_sequence_length
    cdef ndarray _wide, _narrow             # what is added, as float64 and float32

    def __init__(self, embed_dim, max_sequence_length):
        self._built = False
        self.embed_dim = integer(embed_dim, self, "embed_dim")
        self.max_sequence_length = integer(max_sequence_length, self, "max_sequence_length")
        if self.embed_dim * self.max_sequence_length > LARGEST:
            raise ValueError(f"{type(self).__name__}: embed_dim and max_sequence_length are "
                             f"{self.embed_dim} and {self.max_sequence_length}, more together than "
                             "memory could hold")
        rates = 10000.0 ** (-2.0 * np.arange((self.embed_dim + 1) // 2) / self.embed_dim)
        angles = np.arange(self.max_sequence_length)[:, None] * rates
        self._wide = np.empty((self.max_sequence_length, self.embed_dim))
        np.sin(angles, out=self._wide[:, ::2])
        np.cos(angles[:, :self.embed_dim // 2], out=self._wide[:, 1::2])
        self._narrow = self._wide.astype(np.float32)
        super().__init__()

    cdef bint _complete(self):
        return self._narrow is not None

    @property
    def positional_encoding(self):
        """(max_sequence_length, embed_dim) float64: what is added. A copy."""
        self._check_built()
        return self._wide.copy()

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Py_ssize_t size = point_size(inner)
        if (not (inner.ndim == 2 or (inner.ndim == 3 and inner.dims[2] == self.embed_dim))
                or size % self.embed_dim != 0 or size // self.embed_dim > self.max_sequence_length):
            return self._refuse_shape(
                inner, f"(batch, length, {self.embed_dim}) or (batch, length * {self.embed_dim}), "
                       f"with a length of at most {self.max_sequence_length}")
        outer[0] = inner[0]
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        add_row(x, self._wide if PyArray_TYPE(x) == NPY_DOUBLE else self._narrow, y)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        copy_all(gy, g)
        return 0
