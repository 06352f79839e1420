"""Linear layer without a bias. Source: mlpack ann/layer/linear_no_bias.hpp."""
from mlpack_ann import _random
from mlpack_ann._validation import integer
from mlpack_ann.regularizer.regularizer import regularizer_or_none

from mlpack_ann._arrays cimport import_array, ndarray
from mlpack_ann._gemm cimport product, product_by_transposed, transposed_product
from mlpack_ann._scratch cimport Scratch
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef class LinearNoBias(Layer):
    """``output = input @ W``.

    Parameters
    ----------
    in_size : int, optional
        Features of a point; taken from the first input if omitted (give `out_size` by keyword).
    out_size : int
        Features of an output point.
    regularizer : object, optional
        Its ``Evaluate(parameters, gradient)`` is added to the gradient; see
        `mlpack_ann.regularizer`.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights, drawn uniformly from ``+-1 / sqrt(in_size)``.

    Notes
    -----
    Input (batch, in_size), output (batch, out_size). `parameters` is W in C order, (in_size,
    out_size), which is mlpack's column-major out_size x in_size.
    """
    def __init__(self, in_size=None, out_size=None, regularizer=None, *, dtype="float64", rng=None):
        self._built, self._unsized = False, True
        self._scratch = Scratch()
        self._in_size = 0 if in_size is None else integer(in_size, self, "in_size")
        self.out_size = integer(out_size, self, "out_size")
        self.regularizer = regularizer_or_none(regularizer, self)
        super().__init__(dtype, rng)
        if in_size is not None:
            self._allocate(self._size())

    cdef bint _complete(self):
        return self.out_size > 0

    @property
    def in_size(self):
        """int: features of a point; None until the first input tells."""
        return None if self._unsized else self._in_size or None

    @property
    def weight(self):
        """(in_size, out_size): W, a live view of the parameters; None before the size is known."""
        return None if self._parameters is None else self._weight[:]

    cdef object _size(self):
        return <object>self._in_size * self.out_size    # Python integers do not overflow

    cdef int _infer(self, const Shape* inner) except -1:
        if inner.ndim != 2 or inner.dims[1] == 0:
            return self._refuse_shape(inner, "(batch, features)")
        self._in_size = inner.dims[1]
        return self._allocate(self._size())

    cdef int _bind(self) except -1:
        flat = self._parameters[:self._in_size * self.out_size]
        self._weight = flat.reshape(self._in_size, self.out_size)
        return 0

    cdef int _initialise(self) except -1:
        bound = self._in_size ** -0.5
        self._parameters[:] = _random.generator(self.rng).uniform(-bound, bound, self._size())
        return 0

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        if inner.ndim != 2 or (inner.dims[1] != self._in_size and not self._unsized):
            return self._refuse_shape(inner, f"(batch, {self.in_size or 'in_size'})")
        outer.ndim = 2
        outer.dims[0], outer.dims[1] = inner.dims[0], self.out_size
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        return product(x, self._weight, None, y, self._scratch)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return product_by_transposed(gy, self._weight, g, self._scratch)

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        weight = gradient[:self._in_size * self.out_size].reshape(self._in_size, self.out_size)
        transposed_product(x, error, weight, self._scratch)
        if self.regularizer is not None:
            self.regularizer.Evaluate(self.parameters, gradient)
        return 0
