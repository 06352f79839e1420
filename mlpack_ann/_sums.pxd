"""Sums over whole arrays, by threads."""
from numpy cimport ndarray

# Checked, C-contiguous arrays of one dtype and one size.
cdef double sum_all(ndarray x) noexcept
cdef double dot_negative(ndarray x, ndarray y) noexcept
