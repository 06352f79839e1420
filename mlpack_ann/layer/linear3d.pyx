"""Linear layer of sequences. Source: mlpack ann/layer/linear3d.hpp."""
from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.image_layer cimport LARGEST
from mlpack_ann.layer.linear cimport Linear

import_array()


cdef class Linear3D(Linear):
    """``output = input @ W + b``, the same W and b for every row of features of a point.

    Parameters
    ----------
    in_size : int, optional
        Features of a row; taken from the first input's last axis if omitted (give `out_size` by
        keyword).
    out_size : int
        Features of an output row.
    regularizer : object, optional
        Its ``Evaluate(parameters, gradient)`` is added to the gradient; see
        `mlpack_ann.regularizer`.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights and bias, drawn uniformly from ``+-1 / sqrt(in_size)``.

    Notes
    -----
    Input (batch, ..., in_size), output (batch, ..., out_size); or such points flat, (batch, rows *
    in_size), which give (batch, rows * out_size). `parameters` is W in C order, (in_size,
    out_size), then b (out_size).
    """
    def __init__(self, in_size=None, out_size=None, regularizer=None, *, dtype="float64", rng=None):
        super().__init__(in_size, out_size, regularizer, dtype=dtype, rng=rng)

    cdef int _infer(self, const Shape* inner) except -1:
        self._in_size = inner.dims[inner.ndim - 1]
        return self._allocate(self._size())

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef int last = inner.ndim - 1
        cdef Py_ssize_t size = inner.dims[last] if self._unsized else self._in_size
        if (inner.ndim < 2 or inner.dims[last] == 0 or inner.dims[last] % size != 0
                or (inner.ndim > 2 and inner.dims[last] != size)
                or <double>inner.dims[last] / size * self.out_size > LARGEST):
            size = self.in_size or 0
            return self._refuse_shape(
                inner, f"(batch, ..., {size}) or (batch, rows * {size})" if size else
                       "(batch, ..., in_size)")
        outer[0] = inner[0]
        outer.dims[last] = inner.dims[last] // size * self.out_size
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        return Linear._forward(self, rows(x, self._in_size), rows(y, self.out_size))

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return Linear._backward(self, x, y, rows(gy, self.out_size), rows(g, self._in_size))

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        return Linear._gradient(self, rows(x, self._in_size), rows(error, self.out_size), gradient)


cdef ndarray rows(ndarray a, Py_ssize_t size):
    """Return a view with this many features in a row."""
    return (<object>a).reshape(a.size // size, size)
