"""Radial basis functions. Source: mlpack ann/layer/radial_basis_function.hpp."""
import numpy as np

from cython cimport floating
from libc.math cimport sqrt
from libc.string cimport memcpy

from mlpack_ann._validation import as_array, integer, number, shown
from mlpack_ann.activation_functions import GaussianFunction

from mlpack_ann._arrays cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_TYPE, import_array,
                                 ndarray)
from mlpack_ann._maps cimport run_backward, run_forward
from mlpack_ann._math cimport sqrt_
from mlpack_ann._parallel cimport in_parts, parts_of
from mlpack_ann._product cimport whole_vectors
from mlpack_ann._scratch cimport Scratch
from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.activation_functions.activation cimport Activation
from mlpack_ann.layer.container cimport kept
from mlpack_ann.layer.layer cimport Layer

import_array()

cdef extern from *:
    """
    #define T float
    #define NAME(f) f##_float
    #include "_distances.h"
    #undef T
    #undef NAME
    #define T double
    #define NAME(f) f##_double
    #include "_distances.h"
    #undef T
    #undef NAME
    """
    void squares_float(const float*, Py_ssize_t, Py_ssize_t, const float*, Py_ssize_t, Py_ssize_t,
                       float*, Py_ssize_t) noexcept nogil
    void squares_double(const double*, Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t,
                        Py_ssize_t, double*, Py_ssize_t) noexcept nogil
    void differences_float(const float*, Py_ssize_t, Py_ssize_t, const float*, Py_ssize_t,
                           const float*, Py_ssize_t, Py_ssize_t, float*, Py_ssize_t) noexcept nogil
    void differences_double(const double*, Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t,
                            const double*, Py_ssize_t, Py_ssize_t, double*,
                            Py_ssize_t) noexcept nogil

cdef enum:
    BLOCK = 64                              # rows at a time


cdef struct Task:
    bint wide
    Py_ssize_t features, centres            # of a point
    Py_ssize_t padded                       # columns of w: whole vectors
    const void* w                           # Forward: the centres, (features, padded); Backward:
    const void* x                           # (centres, padded)
    const void* gy                          # Backward only
    void* scaled                            # distances
    void* result
    void* blocks                            # for each part: rows of whole vectors
    Py_ssize_t block
    double scale


cdef void distances(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        scaled_distances(t, part, start, stop, <double*>t.scaled)
    else:
        scaled_distances(t, part, start, stop, <float*>t.scaled)


cdef void scaled_distances(const Task* t, int part, Py_ssize_t start, Py_ssize_t stop,
                           floating* scaled) noexcept nogil:
    """scaled = scale * the distances of some points from all centres."""
    cdef Py_ssize_t vectors = t.padded // whole_vectors(1, sizeof(floating)), n, i, j
    cdef const floating* x = <const floating*>t.x
    cdef floating* squares = <floating*>t.blocks + part * t.block
    cdef floating scale = <floating>t.scale
    while start < stop:
        n = min(<Py_ssize_t>BLOCK, stop - start)
        if floating is double:
            squares_double(x + start * t.features, n, t.features, <const double*>t.w, t.padded,
                           vectors, squares, t.padded)
        else:
            squares_float(x + start * t.features, n, t.features, <const float*>t.w, t.padded,
                          vectors, squares, t.padded)
        for i in range(n):
            for j in range(t.centres):
                scaled[(start + i) * t.centres + j] = scale * sqrt_(squares[i * t.padded + j])
        start += n


cdef void slopes(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        sums_of_differences(t, part, start, stop, <double*>t.result)
    else:
        sums_of_differences(t, part, start, stop, <float*>t.result)


cdef void sums_of_differences(const Task* t, int part, Py_ssize_t start, Py_ssize_t stop,
                              floating* g) noexcept nogil:
    """g = the sum of q * (x - centre), with q = scale^2 / scaled * gy, which is by the scaled
    distance; 0 at a centre, where the distance has no derivative."""
    cdef Py_ssize_t vectors = t.padded // whole_vectors(1, sizeof(floating)), n, i, first
    cdef const floating* x = <const floating*>t.x
    cdef const floating* gy = <const floating*>t.gy
    cdef const floating* scaled = <const floating*>t.scaled
    cdef floating* at = <floating*>t.blocks + part * t.block
    cdef floating* sums = at + BLOCK * t.padded
    cdef floating* q = sums + BLOCK * t.padded
    cdef floating factor = <floating>(t.scale * t.scale)
    while start < stop:
        n, first = min(<Py_ssize_t>BLOCK, stop - start), start * t.centres
        for i in range(n * t.centres):
            q[i] = factor * gy[first + i] / scaled[first + i] if scaled[first + i] != 0 else 0
        for i in range(n):
            memcpy(at + i * t.padded, x + (start + i) * t.features, t.features * sizeof(floating))
        if floating is double:
            differences_double(q, n, t.centres, at, t.padded, <const double*>t.w, t.padded, vectors,
                               sums, t.padded)
        else:
            differences_float(q, n, t.centres, at, t.padded, <const float*>t.w, t.padded, vectors,
                              sums, t.padded)
        for i in range(n):
            memcpy(g + (start + i) * t.features, sums + i * t.padded,
                   t.features * sizeof(floating))
        start += n


cdef class RBF(Layer):
    """``output[n, i] = f(sqrt(betas) * |input[n] - centres[i]|)``, with ``f(z) = exp(-z**2)`` or
    another activation function.

    Parameters
    ----------
    in_size : int, optional
        Features of a point; what `centres` say if omitted.
    out_size : int, optional
        Number of centres; what `centres` say if omitted.
    centres : array_like of shape (out_size, in_size)
        Of numbers; from k-means, say. They are no parameters: training leaves them.
    betas : float, default=0
        How fast the functions fall with the squared distance; for 0, ``sqrt(2 * out_size)`` over
        the largest distance of two centres.
    activation : Activation, optional
        f, from `mlpack_ann.activation_functions`; `GaussianFunction` if omitted.

    Notes
    -----
    Input (batch, in_size), output (batch, out_size), float32 or float64. At a centre, where the
    distance has no derivative, that of the output is taken to be 0, which it is for every f with
    ``f'(0) = 0``. mlpack's Backward computes nothing.

    References
    ----------
    Broomhead and Lowe (1988), Multivariable functional interpolation and adaptive networks.
    """
    cdef readonly Py_ssize_t in_size, out_size
    cdef readonly double betas              # as used, never 0
    cdef readonly Activation activation
    cdef ndarray _centres                   # float64
    cdef list _columns, _rows               # (in, out) and (out, in) in whole vectors, by dtype
    cdef ndarray _scaled                    # of the latest Forward; kept
    cdef ndarray _by_scaled                 # kept: the derivative by it
    cdef Scratch _scratch

    def __init__(self, in_size=None, out_size=None, centres=None, betas=0.0, activation=None):
        self._built = False
        self._scratch = Scratch()
        self._scaled = self._by_scaled = None
        points = as_array(centres, self, "centres")
        if points.dtype.kind not in "biuf":
            raise TypeError(f"{type(self).__name__}: centres is {points.dtype}, expected real "
                            "numbers")
        expected = tuple(["out_size" if out_size is None else integer(out_size, self, "out_size"),
                          "in_size" if in_size is None else integer(in_size, self, "in_size")])
        if (points.ndim != 2 or 0 in points.shape or any(
                size not in (name, given) for size, name, given in
                zip(expected, ("out_size", "in_size"), points.shape))):
            raise ValueError(f"{type(self).__name__}: centres has shape {points.shape}, expected "
                             f"({expected[0]}, {expected[1]})")
        points = np.array(points, np.float64, order="C")
        if not np.isfinite(points).all():
            raise ValueError(f"{type(self).__name__}: centres has infinite numbers or NaN, "
                             "expected finite ones")
        activation = GaussianFunction() if activation is None else activation
        if (not isinstance(activation, Activation)
                or (<Activation>activation)._maps.forward64 is NULL):
            raise TypeError(f"{type(self).__name__}: activation is {shown(activation)}, expected "
                            "an Activation with a formula")
        self.activation = activation
        self.betas = number(betas, self, "betas", minimum=0) or self._width(points)
        self.out_size, self.in_size = points.shape
        self._centres = points
        self._columns = [whole(points.T, dtype) for dtype in (np.float32, np.float64)]
        self._rows = [whole(points, dtype) for dtype in (np.float32, np.float64)]
        super().__init__()

    cdef bint _complete(self):
        return self._rows is not None

    @property
    def centres(self):
        """(out_size, in_size) float64. A copy."""
        return None if self._centres is None else self._centres.copy()

    def _width(self, points):
        """Return the betas that the distances of centres suggest."""
        with np.errstate(over="ignore"):
            largest = max(np.square(points - point).sum(1).max() for point in points)
        if not 0 < largest < np.inf:
            raise ValueError(f"{type(self).__name__}: betas is 0, expected a number above 0 for "
                             "centres without distances between them, or with infinite ones")
        return sqrt(2 * len(points)) / sqrt(largest)

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        if inner.ndim != 2 or inner.dims[1] != self.in_size:
            return self._refuse_shape(inner, f"(batch, {self.in_size})")
        outer.ndim = 2
        outer.dims[0], outer.dims[1] = inner.dims[0], self.out_size
        return 0

    cdef int _prepare(self, Task* t, ndarray x, list centres, Py_ssize_t size) except -1:
        """Fill in the task, with scratch memory of this size for each part."""
        cdef ndarray w
        t.wide = PyArray_TYPE(x) == NPY_DOUBLE
        w = centres[t.wide]
        t.features, t.centres, t.padded = self.in_size, self.out_size, PyArray_DIM(w, 1)
        t.x, t.w, t.scaled = PyArray_DATA(x), PyArray_DATA(w), PyArray_DATA(self._scaled)
        t.scale = sqrt(self.betas)
        t.block = size
        t.blocks = self._scratch.take(0, parts_of(PyArray_DIM(x, 0), self._weight()) * size
                                      * (sizeof(double) if t.wide else sizeof(float)))
        return 0

    cdef double _weight(self):
        """Of a point, for in_parts."""
        return self.out_size * (1 + self.in_size / 8.0)

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Task t
        cdef Shape shape
        read_shape(y, &shape)
        self._scaled = kept(self._scaled, &shape, PyArray_TYPE(x))
        self._prepare(&t, x, self._columns, BLOCK * (<ndarray>self._columns[0]).shape[1])
        in_parts(distances, &t, shape.dims[0], self._weight())
        self._remember(x)
        return run_forward(&self.activation._maps, self._scaled, y, 0, 0)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Task t
        cdef Shape shape
        self._require_forward(x)
        if PyArray_TYPE(self._scaled) != PyArray_TYPE(x):
            raise RuntimeError(f"{type(self).__name__}: input is {x.dtype}, expected the dtype of "
                               "the latest Forward")
        read_shape(y, &shape)
        self._by_scaled = kept(self._by_scaled, &shape, PyArray_TYPE(x))
        run_backward(&self.activation._maps, self._scaled, y, gy, self._by_scaled, 0, 0)
        self._prepare(&t, x, self._rows,
                      BLOCK * (2 * (<ndarray>self._rows[0]).shape[1] + self.out_size))
        t.gy, t.result = PyArray_DATA(self._by_scaled), PyArray_DATA(g)
        in_parts(slopes, &t, shape.dims[0], self._weight())
        return 0


def whole(matrix, dtype):
    """Return a copy whose columns are filled up to whole vectors."""
    rows, columns = matrix.shape
    padded = np.zeros((rows, whole_vectors(columns, dtype().itemsize)), dtype)
    with np.errstate(over="ignore"):
        padded[:, :columns] = matrix
    return padded
