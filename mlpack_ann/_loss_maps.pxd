"""Run the loops of a loss with a term per element over whole arrays."""
from numpy cimport ndarray

from mlpack_ann._elementwise_loss cimport LossMaps

# The arrays are checked, C-contiguous, of one dtype and one size.
cdef double run(const LossMaps* maps, ndarray p, ndarray t, ndarray terms, ndarray g, double scale,
                bint summed, double a, double b) except *
cdef double run_wide(const LossMaps* maps, ndarray p, ndarray t, double a, double b) except *
