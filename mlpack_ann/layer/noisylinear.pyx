"""Noisy linear layer. Source: mlpack ann/layer/noisylinear.hpp."""
import numpy as np

from cython cimport floating

from mlpack_ann import _random
from mlpack_ann._validation import as_array, shown

from mlpack_ann._arrays cimport (NPY_DOUBLE, PyArray_DATA, PyArray_TYPE, import_array, ndarray)
from mlpack_ann._parallel cimport in_parts
from mlpack_ann.layer.random_linear cimport RandomLinear

import_array()


cdef struct Task:                           # matrices have a row for each input, and one for b
    bint wide
    Py_ssize_t rows, columns
    const void* mean
    const void* deviation
    const void* noise_in                    # a number for each row, or NULL if noise is there
    const void* noise_out
    void* noise
    void* out


cdef void vary(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        vary_rows(t, start, stop, <double*>t.out)
    else:
        vary_rows(t, start, stop, <float*>t.out)


cdef void vary_rows(const Task* t, Py_ssize_t start, Py_ssize_t stop, floating* out) noexcept nogil:
    """out = mean + deviation * noise, and unless it is there, noise = noise_in by noise_out."""
    cdef Py_ssize_t n = t.columns, i, j
    cdef const floating* mean
    cdef const floating* deviation
    cdef const floating* noise_out = <const floating*>t.noise_out
    cdef floating* noise
    cdef floating factor
    for i in range(start, stop):
        mean, deviation = <const floating*>t.mean + i * n, <const floating*>t.deviation + i * n
        noise = <floating*>t.noise + i * n
        if t.noise_in is not NULL:
            factor = (<const floating*>t.noise_in)[i]
            for j in range(n):
                noise[j] = factor * noise_out[j]
        for j in range(n):
            out[i * n + j] = mean[j] + deviation[j] * noise[j]


cdef void multiply(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    start, stop = start * t.columns, stop * t.columns
    if t.wide:
        multiply_by_noise(t, start, stop, <double*>t.out)
    else:
        multiply_by_noise(t, start, stop, <float*>t.out)


cdef void multiply_by_noise(const Task* t, Py_ssize_t start, Py_ssize_t stop,
                            floating* out) noexcept nogil:
    cdef const floating* mean = <const floating*>t.mean
    cdef const floating* noise = <const floating*>t.noise
    cdef Py_ssize_t i
    for i in range(start, stop):
        out[i] = mean[i] * noise[i]


cdef class NoisyLinear(RandomLinear):
    """``output = input @ (W + S * E) + b + s * e``: a linear layer with noise E, e of weights and
    bias, how much of which is learnt.

    The noise is factorised: with f(z) = sign(z) * sqrt(abs(z)) of standard normal numbers, ``e =
    f(z_out)`` and ``E = outer(f(z_in), e)``.

    Parameters
    ----------
    in_size : int, optional
        Features of a point; taken from the first input if omitted (give `out_size` by keyword).
    out_size : int
        Features of an output point.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For noise, and for the initial W and b, drawn uniformly from ``+-1 / sqrt(in_size)``.

    Notes
    -----
    Input (batch, in_size), output (batch, out_size). `parameters` is W in C order, (in_size,
    out_size), then b (out_size), S and s likewise; at first S is ``0.5 / sqrt(in_size)`` and s is
    ``0.5 / sqrt(out_size)``. Each Forward in training mode draws new noise, the same for all points
    of the batch; in inference mode it stays, as it does in mlpack until `ResetNoise`. `noise` tells
    which, or fixes it; Backward and Gradient use that of the latest Forward.

    References
    ----------
    Fortunato et al. (2017), Noisy networks for exploration.
    """
    cdef ndarray _given                     # the noise to use, or None to draw it
    cdef ndarray _noise                     # drawn last, or None before
    cdef ndarray _heard                     # of the latest Forward: one of both
    _state = ("_noises",)

    def __init__(self, in_size=None, out_size=None, *, dtype="float64", rng=None):
        self._built = False
        self._given = self._noise = self._heard = None
        super().__init__(in_size, out_size, dtype=dtype, rng=rng)

    @property
    def weight_sigma(self):
        """(in_size, out_size): S, a live view of the parameters; None before the size is known."""
        return None if self._parameters is None else self._deviations()[:self._in_size]

    @property
    def bias_sigma(self):
        """(out_size,): s, a live view of the parameters; None before the size is known."""
        return None if self._parameters is None else self._deviations()[self._in_size]

    @property
    def noise(self):
        """(in_size + 1, out_size) array: E, and e as the last row. What was assigned, or else what
        was drawn last; None if there is neither. A copy.

        Assign such an array and every Forward uses it, until None is assigned.
        """
        noise = self._noise if self._given is None else self._given
        return None if noise is None else noise.copy()

    @noise.setter
    def noise(self, value):
        self._given = None if value is None else self._as_noise(value)

    def ResetNoise(self):
        """Draw new noise, and forget what was assigned: for Forward in inference mode."""
        self._check_built()
        if self._unsized:
            raise RuntimeError(f"{type(self).__name__}: ResetNoise needs a Forward first")
        z = self._factors()
        self._given = None
        self._noise = np.multiply.outer(z[:self._in_size + 1], z[self._in_size + 1:])

    @property
    def _noises(self):
        return self._given, self._noise

    @_noises.setter
    def _noises(self, value):
        if not isinstance(value, tuple) or len(value) != 2:
            raise TypeError(f"{type(self).__name__}: noise is {shown(value)}, expected a pair of "
                            "what was assigned and what was drawn")
        given, drawn = value
        self.noise = given
        drawn = None if drawn is None else self._as_noise(drawn)
        if drawn is not None and drawn.shape != (self._in_size + 1, self.out_size):
            raise ValueError(f"{type(self).__name__}: noise has shape {drawn.shape}, expected "
                             f"{(self._in_size + 1, self.out_size)}")
        self._noise = drawn

    def _deviations(self):
        """Return S, and s as the last row."""
        return self._parameters[self._parameters.shape[0] // 2:].reshape(-1, self.out_size)

    def _as_noise(self, value):
        array = as_array(value, self, "noise")
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{type(self).__name__}: noise is {array.dtype}, expected real numbers")
        return np.array(array, self.dtype, order="C")

    def _factors(self):
        """Draw the factors of new noise: one for each row, then one for each column."""
        cdef ndarray parameters = self._parameters
        count = self._in_size + 1 + self.out_size
        z = np.asarray(_random.generator(self.rng).standard_normal(count), float)
        self._require_weights(parameters)
        if z.shape != (count,):
            raise RuntimeError(f"{type(self).__name__}: rng gave {z.shape} numbers, expected "
                               f"{(count,)}")
        z = np.copysign(np.sqrt(np.abs(z)), z)
        z[self._in_size] = 1                # the last row is e itself
        return z.astype(self.dtype)

    cdef object _size(self):
        return 2 * (<object>self._in_size + 1) * self.out_size

    cdef int _initialise(self) except -1:
        cdef ndarray parameters = self._parameters
        bound = self._in_size ** -0.5
        mean = self._parameters[:self._size() // 2]
        start = _random.generator(self.rng).uniform(-bound, bound, len(mean))
        self._require_weights(parameters)
        mean[:] = start
        deviations = self._deviations()
        deviations[:self._in_size] = 0.5 * bound
        deviations[self._in_size] = 0.5 * self.out_size ** -0.5
        self._noise = None
        return 0

    # ---------------------------------------------------------------- hooks of a random layer

    cdef Task _task(self, ndarray mean, ndarray out):
        cdef Task t
        t.rows, t.columns, t.wide = self._in_size + 1, self.out_size, self._typenum == NPY_DOUBLE
        t.mean, t.out, t.noise_in = PyArray_DATA(mean), PyArray_DATA(out), NULL
        t.noise = PyArray_DATA(self._heard)
        return t

    cdef bint _vary(self) except -1:
        cdef Task t
        cdef ndarray factors = None
        shape = self._in_size + 1, self.out_size
        if self._given is not None:
            if (<object>self._given).shape != shape:
                raise ValueError(f"{type(self).__name__}: noise has shape "
                                 f"{(<object>self._given).shape}, expected {shape}")
            self._heard = self._given
        else:
            if self._training or self._noise is None:
                factors = self._factors()
                if self._noise is None:
                    self._noise = np.empty(shape, self.dtype)
            self._heard = self._noise
        t = self._task(self._parameters, self._own_weights())
        t.deviation = PyArray_DATA(self._deviations())
        if factors is not None:
            t.noise_in = PyArray_DATA(factors)
            t.noise_out = PyArray_DATA(factors[self._in_size + 1:])
        in_parts(vary, &t, t.rows, 3.0 * t.columns)
        return True

    cdef int _chain(self, ndarray gradient) except -1:
        cdef Task t = self._task(gradient, gradient[self._size() // 2:])
        in_parts(multiply, &t, t.rows, 2.0 * t.columns)
        return 0
