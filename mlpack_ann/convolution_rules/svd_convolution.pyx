"""Convolution by separable filters. Source: mlpack ann/convolution_rules/svd_convolution.hpp."""
import numpy as np

from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport ndarray
from mlpack_ann._planes cimport Geometry
from mlpack_ann.convolution_rules.naive_convolution cimport DirectRule


cdef class SVDConvolution(DirectRule):
    """Correlate images with filters that are taken apart into products of a column and a row.

    A filter of rank r is the sum of r such products, ``sum(s[i] * outer(u[i], v[i]))``, its
    singular value decomposition. The image is correlated with the columns, the results with the
    rows: r * (rows + columns) multiplications for each output, instead of rows * columns.

    Parameters
    ----------
    border_mode : FullConvolution, ValidConvolution, "full" or "valid", default="full"
        Whether the filter reaches beyond the image; kept as "full" or "valid".
    rank : int, optional
        Take no more products than this, those of the largest singular values: the nearest filter of
        this rank instead of the filter itself. Omitted, all that differ from rounding are taken,
        which gives the numbers of the other rules.

    Notes
    -----
    Singular values of at most min(rows, columns) times the dtype's precision times the largest
    count as rounding. Where the products would be no fewer than the elements of the filter, and
    where these are not all finite, the sums are formed as they stand. An infinite pixel may give
    NaN where they would give infinity.

    References
    ----------
    Rigamonti, Sironi, Lepetit and Fua (2013), Learning separable filters.
    """
    cdef Py_ssize_t _rank                   # 0 for all

    def __init__(self, border_mode="full", rank=None):
        limit = 0 if rank is None else integer(rank, self, "rank")
        super().__init__(border_mode)
        self._rank = limit

    @property
    def rank(self):
        """int, or None: as given to the constructor."""
        return self._rank or None

    cdef int _convolve(self, const Geometry* k, ndarray x, ndarray w, ndarray y) except -1:
        cdef Py_ssize_t o
        columns, rows = self._products(w)
        if rows is None:
            return self._direct(k, x, w, y)
        if k.in_channels == k.groups:
            return self._passes(k, x, columns, rows, y)
        for o in range(k.out_channels):
            self._passes(k, x, columns[o:o + 1], rows[o:o + 1], (<object>y)[:, o:o + 1])
        return 0

    def _products(self, w):
        """Return the columns of the filters (out, in, rank, rows), with the singular values as
        factors, and the rows (out, in, rank, columns); None where they are better left whole."""
        height, width = w.shape[2:]
        if not np.isfinite(w).all():
            return None, None
        u, s, v = np.linalg.svd(w.astype(np.float64, copy=False), full_matrices=False)
        s[s <= min(height, width) * np.finfo(w.dtype).eps * s[..., :1]] = 0
        found = max(1, int(np.count_nonzero(s, axis=-1).max()))
        rank = min(found, self._rank or found)
        if rank == found and rank * (height + width) >= height * width:
            return None, None
        columns = (u * s[..., None, :]).swapaxes(-1, -2)[..., :rank, :]
        return (np.ascontiguousarray(columns, w.dtype),
                np.ascontiguousarray(v[..., :rank, :], w.dtype))

    cdef int _passes(self, const Geometry* k, ndarray x, ndarray columns, ndarray rows,
                     ndarray y) except -1:
        """Fill y: all channels by their own columns, and each output by the rows that it has."""
        cdef Geometry first = k[0], second = k[0]
        batch, channels, _, width = (<object>x).shape
        outputs, _, rank, _ = (<object>rows).shape
        between = outputs * (<object>rows).shape[1] * rank
        first.kernel_w = first.stride_w = first.dilation_w = 1
        first.left = first.right = 0
        first.in_channels, first.out_channels, first.groups = channels, between, channels
        second.kernel_h = second.stride_h = second.dilation_h = 1
        second.top = second.bottom = 0
        second.in_channels, second.out_channels, second.groups = between, outputs, outputs
        middle = np.empty((batch, between, (<object>y).shape[2], width), (<object>x).dtype)
        self._direct(&first, x, (<object>columns).reshape(between, 1, -1, 1), middle)
        return self._direct(&second, middle, (<object>rows).reshape(outputs, between // outputs, 1,
                                                                    -1), y)
