"""Sum of layers. Source: mlpack ann/layer/add_merge.hpp."""
from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._merge cimport add, add_to
from mlpack_ann.layer.container cimport Place
from mlpack_ann.layer.merge cimport Merge

import_array()


cdef class AddMerge(Merge):
    """``output = layer_1(input) + layer_2(input) + ...``

    Parameters
    ----------
    model : bool, default=False
        Whether `Model()` gives the layers; their weights are among the `parameters` in any case.
    run : bool, default=True
        Must be True: mlpack's False merges outputs that layers keep from elsewhere.
    layers : iterable of Layer, optional
        The first layers; `Add` appends others.

    Notes
    -----
    Input: (batch, ...) as all layers take it; output: of the one shape that all give. With
    `input_dimensions` set, input and output are flat points. `parameters` is the weights of the
    layers, in their order. Backward must follow Forward of that input.
    """
    def __init__(self, model=False, run=True, *, layers=()):
        super().__init__(model, run, layers)

    cdef int _merge(self, tuple places, ndarray y) except -1:
        cdef Place first = places[0], place
        cdef Py_ssize_t i
        if len(places) == 1:
            y[...] = first.output
            return 0
        place = places[1]
        add(first.output, place.output, y)
        for i in range(2, len(places)):
            place = places[i]
            add_to(place.output, y)
        return 0
