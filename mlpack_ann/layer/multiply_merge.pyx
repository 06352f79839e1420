"""Product of layers. Source: mlpack ann/layer/multiply_merge.hpp."""
from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._merge cimport multiply
from mlpack_ann.layer.container cimport Place
from mlpack_ann.layer.merge cimport Merge

import_array()


cdef class MultiplyMerge(Merge):
    """``output = layer_1(input) * layer_2(input) * ...``, elementwise.

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
        cdef Place place
        cdef Py_ssize_t i
        place = places[0]
        if len(places) == 1:
            y[...] = place.output
        for i in range(1, len(places)):
            place = places[i]
            multiply((<Place>places[0]).output if i == 1 else y, place.output, y)
        return 0

    cdef int _split(self, tuple places, ndarray gy) except -1:
        cdef Place place, other
        cdef ndarray source
        for place in places:
            source = gy
            for other in places:
                if other is not place:
                    multiply(source, other.output, place.error_like_output())
                    source = place.error
        return 0
