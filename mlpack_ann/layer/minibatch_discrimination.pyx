"""Minibatch discrimination. Source: mlpack ann/layer/minibatch_discrimination.hpp."""
from cython cimport floating
from libc.string cimport memcmp, memcpy, memset
from numpy cimport PyArray_ITEMSIZE

from mlpack_ann._validation import integer

from mlpack_ann._arrays cimport (NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_TYPE, import_array,
                                 ndarray)
from mlpack_ann._gemm cimport product, product_by_transposed, transposed_product
from mlpack_ann._math cimport decay_
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._product cimport VECTOR_BYTES, to_pixels, to_planes, whole_vectors
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.container cimport kept
from mlpack_ann.layer.linear_no_bias cimport LinearNoBias

import_array()

cdef extern from *:
    """
    #define T float
    #define NAME(f) f##_float
    #include "_pairs.h"
    #undef T
    #undef NAME
    #define T double
    #define NAME(f) f##_double
    #include "_pairs.h"
    #undef T
    #undef NAME
    """
    void pair_distances_float(int, const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t,
                              float*) noexcept nogil
    void pair_distances_double(int, const double*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t,
                               double*) noexcept nogil
    void pair_signs_float(int, const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t,
                          const float*, float*) noexcept nogil
    void pair_signs_double(int, const double*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t,
                           const double*, double*) noexcept nogil

cdef enum:
    LANES = 16                              # of the widest vector
    MOST = 4                                # others at a time: PAIRS_MOST

cdef enum:                                  # what a piece of scratch memory is for: behind _gemm's
    TURNED = 8, SLOPES, NEW_SLOPES, BY_TURNED


cdef struct Task:
    bint wide
    Py_ssize_t points, padded               # the latter in whole vectors
    Py_ssize_t outputs, features            # of a point; numbers that each goes by
    const void* m                           # (features, outputs, padded)
    const void* slopes                      # (outputs, padded), Backward only
    void* out                               # Forward: y, from its first output on; or like m
    Py_ssize_t width                        # of y


cdef inline void distances(int count, const floating* m, const Task* t, Py_ssize_t i, Py_ssize_t j,
                           floating* out) noexcept nogil:
    if floating is double:
        pair_distances_double(count, m, t.outputs * t.padded, t.features, i, j, out)
    else:
        pair_distances_float(count, m, t.outputs * t.padded, t.features, i, j, out)


cdef void compare(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    """Fill the outputs of some vectors of points, one output at a time."""
    cdef const Task* t = <const Task*>task
    cdef Py_ssize_t item
    for item in range(start, stop):
        if t.wide:
            closeness(t, item, <double*>t.out)
        else:
            closeness(t, item, <float*>t.out)


cdef void closeness(const Task* t, Py_ssize_t item, floating* y) noexcept nogil:
    """Sums of exp(-distance) over all points; that of a point from itself is 1."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // sizeof(floating), vectors = t.padded // lanes, j = 0
    cdef Py_ssize_t output = item // vectors, i = item % vectors * lanes, l
    cdef const floating* m = <const floating*>t.m + output * t.padded
    cdef floating[MOST * LANES] close
    cdef floating[LANES] total
    cdef int count, q
    memset(total, 0, sizeof(total))
    while j < t.points:
        count = MOST if t.points - j >= MOST else 1
        distances(count, m, t, i, j, close)
        for l in range(count * lanes):
            close[l] = decay_(close[l])
        for q in range(count):
            for l in range(lanes):
                total[l] += close[q * lanes + l]
        j += count
    for l in range(min(lanes, t.points - i)):
        y[(i + l) * t.width + output] = total[l]


cdef void differentiate(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    """Fill the derivative by m of some vectors of points, one output at a time."""
    cdef const Task* t = <const Task*>task
    cdef Py_ssize_t item
    for item in range(start, stop):
        if t.wide:
            slopes(t, item, <double*>t.out)
        else:
            slopes(t, item, <float*>t.out)


cdef void slopes(const Task* t, Py_ssize_t item, floating* by_m) noexcept nogil:
    """Both points of a pair move the outputs of both: -(gy_i + gy_j) * exp(-distance) * sign."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // sizeof(floating), vectors = t.padded // lanes, j = 0
    cdef Py_ssize_t output = item // vectors, i = item % vectors * lanes, l, c
    cdef Py_ssize_t step = t.outputs * t.padded
    cdef const floating* m = <const floating*>t.m + output * t.padded
    cdef const floating* gy = <const floating*>t.slopes + output * t.padded
    cdef floating* out = by_m + output * t.padded
    cdef floating[MOST * LANES] close
    cdef int count, q
    for c in range(t.features):
        memset(out + c * step + i, 0, lanes * sizeof(floating))
    while j < t.points:
        count = MOST if t.points - j >= MOST else 1
        distances(count, m, t, i, j, close)
        for l in range(count * lanes):
            close[l] = decay_(close[l])
        for q in range(count):
            for l in range(lanes):
                close[q * lanes + l] *= gy[i + l] + gy[j + q]
        if floating is double:
            pair_signs_double(count, m, step, t.features, i, j, close, out)
        else:
            pair_signs_float(count, m, step, t.features, i, j, close, out)
        j += count


cdef void turn(const floating* gy, Py_ssize_t width, const Task* t, floating* out) noexcept nogil:
    """From (points, outputs) within rows of `width` to (outputs, padded)."""
    cdef Py_ssize_t i, b
    memset(out, 0, t.outputs * t.padded * sizeof(floating))
    for i in range(t.points):
        for b in range(t.outputs):
            out[b * t.padded + i] = gy[i * width + b]


cdef void add_front(const floating* gy, Py_ssize_t width, floating* g, Py_ssize_t points,
                    Py_ssize_t size) noexcept nogil:
    """g += the first columns of gy; NumPy would need a buffer."""
    cdef Py_ssize_t i, j
    for i in range(points):
        for j in range(size):
            g[i * size + j] += gy[i * width + j]


cdef class MiniBatchDiscrimination(LinearNoBias):
    """The input, and behind it how close each point of the batch is to the others.

    With ``M = input @ W`` as (batch, features, outputs), output b of point n is ``sum over points m
    of exp(-sum over features c of |M[n, c, b] - M[m, c, b]|)``, which is 1 for a point alone.

    Parameters
    ----------
    in_size : int, optional
        Features of a point; taken from the first input if omitted (give the others by keyword).
    out_size : int
        Features of an output point, the input's included: above `in_size`.
    features : int
        Numbers that each of the outputs compares.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights, drawn uniformly from ``+-1 / sqrt(in_size)``.

    Notes
    -----
    Input (batch, in_size), output (batch, out_size). `parameters` is W in C order, (in_size,
    features, out_size - in_size). Where two points have the same M there is no derivative; sign(0)
    = 0 is taken.

    References
    ----------
    Salimans, Goodfellow, Zaremba, Cheung, Radford and Chen (2016), Improved techniques for training
    GANs.
    """
    cdef readonly Py_ssize_t features
    cdef ndarray _by_m                      # (batch, features * outputs): M, then derivatives by it
    cdef bint _known                        # whether that is by M, for what SLOPES holds

    def __init__(self, in_size=None, out_size=None, features=None, *, dtype="float64", rng=None):
        self._built = False
        given = None if in_size is None else integer(in_size, self, "in_size")
        total = integer(out_size, self, "out_size")
        self.features = integer(features, self, "features")
        if given is not None and given >= total:
            raise ValueError(f"{type(self).__name__}: out_size is {total}, expected an integer "
                             f"above in_size, {given}")
        if total * self.features >= 2**31:
            raise ValueError(f"{type(self).__name__}: out_size and features are {total} and "
                             f"{self.features}, expected a product below 2**31")
        self._by_m = None
        super().__init__(given, total, dtype=dtype, rng=rng)

    cdef Py_ssize_t _columns(self):
        """Of W as a matrix."""
        return (self.out_size - self._in_size) * self.features

    cdef object _size(self):
        return <object>self._in_size * self._columns()

    cdef int _bind(self) except -1:
        self._weight = self._parameters.reshape(self._in_size, self._columns())
        return 0

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        LinearNoBias._output_shape(self, inner, outer)
        if inner.dims[1] >= self.out_size:
            return self._refuse_shape(inner, f"(batch, in_size) with in_size < {self.out_size}")
        return 0

    cdef int _prepare(self, Task* t, ndarray x) except -1:
        cdef Shape shape
        cdef Py_ssize_t item = PyArray_ITEMSIZE(x)
        t.wide, t.points = PyArray_TYPE(x) == NPY_DOUBLE, PyArray_DIM(x, 0)
        t.outputs, t.features = self.out_size - self._in_size, self.features
        t.padded, t.width = whole_vectors(t.points, item), self.out_size
        t.m = self._scratch.take(TURNED, self._columns() * t.padded * item)
        shape.ndim, shape.dims[0], shape.dims[1] = 2, t.points, self._columns()
        self._by_m = kept(self._by_m, &shape, PyArray_TYPE(x))
        return 0

    cdef double _weight_of(self, const Task* t):
        """Of an output of a vector of points, for in_parts."""
        return t.points * (t.features + 8) * 2.0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Task t
        cdef Py_ssize_t columns = self._columns()
        self._prepare(&t, x)
        self._known = False
        self._remember(x)
        if t.points == 0:
            return 0
        product(x, self._weight, None, self._by_m, self._scratch)
        y[:, :self._in_size] = x
        t.out = <char*>PyArray_DATA(y) + self._in_size * PyArray_ITEMSIZE(y)
        if t.wide:
            to_pixels(<double*>PyArray_DATA(self._by_m), columns, t.points, columns, <double*>t.m,
                      t.padded, columns, 0)
        else:
            to_pixels(<float*>PyArray_DATA(self._by_m), columns, t.points, columns, <float*>t.m,
                      t.padded, columns, 0)
        in_parts(compare, &t, t.outputs * (t.padded * PyArray_ITEMSIZE(x) // VECTOR_BYTES),
                 self._weight_of(&t))
        return 0

    cdef int _differentiate(self, ndarray x, ndarray gy, bint backward) except -1:
        """Make `_by_m` the derivative by M. The Gradient after a Backward finds it there, if it is
        of the same error."""
        cdef Task t
        cdef bint known = self._known and not backward
        cdef Py_ssize_t columns = self._columns(), item = PyArray_ITEMSIZE(x), size
        cdef const char* behind = <const char*>PyArray_DATA(gy) + self._in_size * item
        self._require_forward(x)
        self._prepare(&t, x)
        self._known = False
        if t.points == 0:
            return 0
        size = t.outputs * t.padded * item
        t.slopes = self._scratch.take(NEW_SLOPES, size)
        if t.wide:
            turn(<const double*>behind, self.out_size, &t, <double*>t.slopes)
        else:
            turn(<const float*>behind, self.out_size, &t, <float*>t.slopes)
        if known and memcmp(t.slopes, self._scratch.take(SLOPES, size), size) == 0:
            return 0
        t.out = self._scratch.take(BY_TURNED, columns * t.padded * item)
        in_parts(differentiate, &t, t.outputs * (t.padded * item // VECTOR_BYTES),
                 2 * self._weight_of(&t))
        if t.wide:
            to_planes(<double*>t.out, t.padded, columns, 0, columns,
                      <double*>PyArray_DATA(self._by_m), columns, t.points)
        else:
            to_planes(<float*>t.out, t.padded, columns, 0, columns,
                      <float*>PyArray_DATA(self._by_m), columns, t.points)
        if backward:
            memcpy(self._scratch.take(SLOPES, size), t.slopes, size)
            self._known = True
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        self._differentiate(x, gy, True)
        product_by_transposed(self._by_m, self._weight, g, self._scratch)
        if PyArray_TYPE(g) == NPY_DOUBLE:
            add_front(<const double*>PyArray_DATA(gy), self.out_size, <double*>PyArray_DATA(g),
                      PyArray_DIM(g, 0), self._in_size)
        else:
            add_front(<const float*>PyArray_DATA(gy), self.out_size, <float*>PyArray_DATA(g),
                      PyArray_DIM(g, 0), self._in_size)
        return 0

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        self._differentiate(x, error, False)
        return transposed_product(x, self._by_m, gradient.reshape(self._in_size, self._columns()),
                                  self._scratch)
