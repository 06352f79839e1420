"""REINFORCE with normal numbers. Source: mlpack ann/layer/reinforce_normal.hpp."""
import numpy as np

from cython cimport floating
from numpy cimport PyArray_DATA, PyArray_SIZE

from mlpack_ann import _random
from mlpack_ann._validation import as_array, number

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_DIM, PyArray_TYPE, import_array, ndarray
from mlpack_ann._parallel cimport in_parts
from mlpack_ann.layer.layer cimport Layer

import_array()


cdef struct Points:
    const void* x
    const void* y                           # what was drawn; NULL in Forward
    const double* noise                     # of Forward
    const double* rewards                   # of Backward
    void* out
    double stdev
    Py_ssize_t size, rewards_step           # of a point; 0 where all have one reward
    bint wide                               # float64


cdef inline void draw(const Points* t, Py_ssize_t start, Py_ssize_t stop, const floating* x,
                      floating* y) noexcept nogil:
    cdef floating stdev = <floating>t.stdev
    cdef Py_ssize_t i
    for i in range(start * t.size, stop * t.size):
        y[i] = x[i] + stdev * <floating>t.noise[i]


cdef inline void estimate(const Points* t, Py_ssize_t start, Py_ssize_t stop, const floating* x,
                          const floating* y, floating* g) noexcept nogil:
    cdef floating weight
    cdef Py_ssize_t i, j
    for i in range(start, stop):
        weight = <floating>(t.rewards[i * t.rewards_step] / (t.stdev * t.stdev))
        for j in range(i * t.size, (i + 1) * t.size):
            g[j] = (x[j] - y[j]) * weight


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Points* t = <const Points*>task
    if t.y is NULL:
        if t.wide:
            draw(t, start, stop, <const double*>t.x, <double*>t.out)
        else:
            draw(t, start, stop, <const float*>t.x, <float*>t.out)
    elif t.wide:
        estimate(t, start, stop, <const double*>t.x, <const double*>t.y, <double*>t.out)
    else:
        estimate(t, start, stop, <const float*>t.x, <const float*>t.y, <float*>t.out)


cdef class ReinforceNormal(Layer):
    """Draw from normal distributions around the input; learn from the reward of what was drawn.

    While `training` is True, ``output = input + stdev * noise``, the noise standard normal, and
    Backward is the REINFORCE estimate: the derivative of the output's log-density by the input,
    times minus the reward, ``g = -reward * (output - input) / stdev**2``; `gy` is not used.
    Otherwise the output is the input, the most likely one, and Backward gives `gy`.

    Parameters
    ----------
    stdev : float, default=1.0
        Standard deviation, above 0.
    rng : numpy.random.Generator, optional
        Where the noise comes from.

    Notes
    -----
    Input and output: (batch, ...), any shape. The same noise is drawn for float32 and float64.

    References
    ----------
    Williams (1992), Simple statistical gradient-following algorithms for connectionist
    reinforcement learning.
    """
    _state = ("reward",)
    cdef double _stdev
    cdef ndarray _rewards                   # of all points, or of each
    cdef bint _shared                       # the former
    cdef ndarray _noise                     # kept

    def __init__(self, stdev=1.0, *, rng=None):
        self._built = False
        self.stdev = stdev
        self.reward = 0.0
        super().__init__(rng=rng)

    cdef bint _complete(self):
        return self._rewards is not None

    @property
    def stdev(self):
        return self._stdev

    @stdev.setter
    def stdev(self, value):
        self._stdev = number(value, self, "stdev", above=0)

    @property
    def reward(self):
        """float, or float64 array (batch,) of one for each point; 0 at first.

        Whoever judges the outputs assigns it before Backward; see `VRClassReward`.
        """
        if self._rewards is None:
            return 0.0
        return float(self._rewards[0]) if self._shared else self._rewards.copy()

    @reward.setter
    def reward(self, value):
        rewards = as_array(value, self, "reward")
        if rewards.dtype.kind not in "iuf":
            raise TypeError(f"{type(self).__name__}: reward is {rewards.dtype}, expected numbers")
        if rewards.ndim > 1:
            raise ValueError(f"{type(self).__name__}: reward has shape {rewards.shape}, expected "
                             "() or (batch,)")
        self._shared = rewards.ndim == 0
        self._rewards = np.array(rewards, np.float64, order="C").reshape(-1)

    cdef int _run(self, Points* t, ndarray x, ndarray out) except -1:
        cdef Py_ssize_t points = PyArray_DIM(x, 0)
        t.x, t.out, t.stdev = PyArray_DATA(x), PyArray_DATA(out), self._stdev
        t.wide = PyArray_TYPE(x) == NPY_DOUBLE
        t.size = PyArray_SIZE(x) // points if points else 0
        in_parts(work, t, points, 2 * t.size)
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Points t
        cdef ndarray noise = self._noise
        self._remember(x)                   # so that who holds it keeps the output, drawn once
        if not self._training:
            y[...] = x
            return 0
        if noise is None or PyArray_SIZE(noise) != PyArray_SIZE(x):
            noise = np.empty(x.size)
        self._noise = noise
        _random.generator(self._rng).standard_normal(out=noise)
        t.y, t.noise = NULL, <double*>PyArray_DATA(noise)
        return self._run(&t, x, y)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Points t
        cdef ndarray rewards = self._rewards
        if not self._training:
            g[...] = gy
            return 0
        if not self._shared and PyArray_DIM(rewards, 0) != PyArray_DIM(x, 0):
            raise ValueError(f"{type(self).__name__}: reward has shape {(<object>rewards).shape}, "
                             f"expected () or ({PyArray_DIM(x, 0)},)")
        t.y, t.rewards = PyArray_DATA(y), <double*>PyArray_DATA(rewards)
        t.rewards_step = 0 if self._shared else 1
        return self._run(&t, x, g)
