"""Embeddings, feature by feature. Source: mlpack ann/layer/lookup.hpp."""
from mlpack_ann.layer.vocabulary cimport Vocabulary


cdef class Lookup(Vocabulary):
    """``output[n, e, t] = W[e, input[n, t]]``: a vector for each index, as mid-2020's mlpack.

    Parameters
    ----------
    vocab_size : int
        How many vectors there are: indices count from 0 to below it.
    embedding_size : int
        Features of a vector.
    dtype : float32 or float64, default="float64"
        Of weights and output; float32 has at most 2**24 indices.
    rng : numpy.random.Generator, optional
        For the initial weights, drawn from the standard normal distribution.

    Notes
    -----
    Input (batch, ...) of whole numbers, integers or floats; others are a ValueError. Output
    (batch, embedding_size, ...), or flat points for flat points with `input_dimensions` set.
    `parameters` is W in C order, (embedding_size, vocab_size), which is mlpack's column-major
    vocab_size x embedding_size. Backward gives 0: an index has no derivative. mlpack's indices
    count from 1, and its Backward throws.
    """
    def __init__(self, vocab_size, embedding_size, *, dtype="float64", rng=None):
        self._by_feature = True
        super().__init__(vocab_size, embedding_size, dtype, rng)
