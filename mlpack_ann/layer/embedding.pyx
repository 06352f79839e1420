"""Embeddings, vector by vector. Source: mlpack ann/layer/embedding.hpp."""
from mlpack_ann.layer.vocabulary cimport Vocabulary


cdef class Embedding(Vocabulary):
    """``output[n, t] = W[input[n, t]]``: a vector for each index.

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
    (batch, ..., embedding_size), or flat points for flat points with `input_dimensions` set.
    `parameters` is W in C order, (vocab_size, embedding_size). Backward gives 0: an index has no
    derivative.
    """
    def __init__(self, vocab_size, embedding_size, *, dtype="float64", rng=None):
        super().__init__(vocab_size, embedding_size, dtype, rng)
