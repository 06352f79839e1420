"""Repetition along axes. Source: mlpack ann/layer/repeat.hpp."""
from mlpack_ann._validation import dimensions, flag

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._blocks cimport Blocks, add_loop, add_pair, copy_blocks, no_blocks, sum_blocks
from mlpack_ann._points cimport read_point
from mlpack_ann._validation cimport MAX_NDIM, Shape, as_tuple, read_shape
from mlpack_ann.layer.layer cimport Layer

import_array()

cdef double LARGEST = 2.0 ** 48             # elements of a point; products up to it are exact


cdef class Repeat(Layer):
    """Repeat each point along its axes.

    Parameters
    ----------
    multiples : tuple of int
        How often, for each of the last axes of a point; the axes before are left as they are.
        mlpack counts axes from the last.
    interleave : bool, default=False
        Whether to repeat element by element along an axis (a, a, b, b), as ``numpy.repeat``;
        otherwise the axis as a whole (a, b, a, b), as ``numpy.tile``.

    Notes
    -----
    Input (batch, ...), output alike with each axis as often as said. Flat points may stand for
    those of `input_dimensions`, and give flat ones. The derivative sums over the copies; mlpack's
    averages.
    """
    cdef readonly tuple multiples
    cdef readonly bint interleave

    def __init__(self, multiples, interleave=False):
        self._built = False
        self.multiples = dimensions(multiples, self, "multiples")
        if self.multiples is None:
            raise TypeError(f"{type(self).__name__}: multiples is None, expected a tuple of "
                            "integers")
        self.interleave = flag(interleave, self, "interleave")
        super().__init__()

    cdef bint _complete(self):
        return self.multiples is not None

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Shape point
        cdef Py_ssize_t times[MAX_NDIM]
        cdef double size = 1
        cdef int i
        self._read(inner, &point, &times[0])
        for i in range(point.ndim):
            point.dims[i] *= times[i]
            size *= point.dims[i]
            if size > LARGEST:
                raise ValueError(f"{type(self).__name__}: input has shape {as_tuple(inner)}, its "
                                 "output would be larger than memory")
        outer[0] = inner[0]
        if inner.ndim != point.ndim + 1:    # flat
            outer.dims[1] = <Py_ssize_t>size
            return 0
        for i in range(point.ndim):
            outer.dims[1 + i] = point.dims[i]
        return 0

    cdef int _read(self, const Shape* batch, Shape* point, Py_ssize_t* times) except -1:
        """Fill in the axes of a point, and how often each is repeated, or refuse the batch."""
        cdef int count = <int>len(self.multiples), i
        if not read_point(batch, self._input_dimensions, 0, point) or point.ndim < count:
            dims = "" if self._input_dimensions is None else (
                f", or flat points of input_dimensions {self._input_dimensions}")
            return self._refuse_shape(batch, f"(batch, ...) with at least {count} axes in a "
                                             f"point{dims}")
        for i in range(point.ndim):
            times[i] = 1 if i < point.ndim - count else self.multiples[i - point.ndim + count]
        return 0

    cdef int _loops(self, ndarray x, bint back, Blocks* b) except -1:
        """The loops from the input to the output, or `back`."""
        cdef Shape batch, point
        cdef Py_ssize_t times[MAX_NDIM]
        cdef Py_ssize_t inner = 1, outer = 1
        cdef int i
        read_shape(x, &batch)
        self._read(&batch, &point, &times[0])
        for i in range(point.ndim):
            inner *= point.dims[i]
            outer *= point.dims[i] * times[i]
        add_pair(b, batch.dims[0], inner, outer, back)
        for i in range(point.ndim):
            if point.dims[i] == 0:
                add_loop(b, 0, 1, 1)        # nothing to do
                return 0
            inner //= point.dims[i]
            outer //= point.dims[i] * times[i]
            if self.interleave:
                add_pair(b, point.dims[i], inner, times[i] * outer, back)
                add_pair(b, times[i], 0, outer, back)
            else:
                add_pair(b, times[i], 0, point.dims[i] * outer, back)
                add_pair(b, point.dims[i], inner, outer, back)
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Blocks b = no_blocks()
        self._loops(x, False, &b)
        copy_blocks(&b, x, 0, y, 0)
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Blocks b = no_blocks()
        self._loops(x, True, &b)
        sum_blocks(&b, gy, g)
        return 0
