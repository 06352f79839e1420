"""Samples with a derivative. Source: mlpack ann/layer/reparametrization.hpp."""
import numpy as np

from cython cimport floating
from numpy cimport PyArray_DATA

from mlpack_ann import _random
from mlpack_ann._validation import as_array, flag, integer, number

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_DIM, PyArray_TYPE, import_array, ndarray
from mlpack_ann._draws cimport draw_normal
from mlpack_ann._math cimport decay_, fabs_, log1p_of_fraction_, log_
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._points cimport point_size
from mlpack_ann._reduce cimport sum_
from mlpack_ann._validation cimport Shape, read_shape
from mlpack_ann.layer.layer cimport Layer

import_array()

cdef double FIXED = 0.7                     # the sample where it is not random; mlpack's number

cdef enum:
    BLOCK = 256                             # terms of a divergence that are added at a time
    TAIL = -18                              # below, exp(x)^2 is nothing beside 1
    WEIGHT = 8                              # of a sample, for in_parts


cdef struct Samples:
    const void* x                           # (points, 2 * size): what gives deviations, and means
    const void* gy                          # (points, size), or NULL in Forward
    void* out
    const double* sample                    # (points, size), or of one point for all
    double* divergence                      # of each point; NULL if it is not wanted
    Py_ssize_t size, sample_step
    double share                            # beta / points
    bint wide                               # float64


cdef inline floating deviation(floating x) noexcept nogil:
    """softplus(x)."""
    return (0 if x < 0 else x) + log1p_of_fraction_(decay_(fabs_(x)))


cdef inline floating term(floating x, floating mean) noexcept nogil:
    """Divergence of N(mean, s^2) from N(0, 1), s = softplus(x)."""
    cdef floating e = decay_(fabs_(x)), s = (0 if x < 0 else x) + log1p_of_fraction_(e)
    cdef floating log_s = x - e / 2 if x < TAIL else log_(s)
    return (s * s + mean * mean - 1) / 2 - log_s


cdef inline floating slope(floating x, floating weight, floating share) noexcept nogil:
    """Derivative by x of weight * s + share * (s^2 / 2 - log s), s = softplus(x)."""
    cdef floating e = decay_(fabs_(x)), s = (0 if x < 0 else x) + log1p_of_fraction_(e)
    cdef floating ds = (e if x < 0 else <floating>1) / (<floating>1 + e)
    cdef floating ratio = 1 - e / 2 if x < TAIL else ds / s         # ds / s
    return ds * weight + share * (s * ds - ratio)


cdef inline double divergence_of(const floating* x, const floating* mean,
                                 Py_ssize_t n) noexcept nogil:
    cdef floating terms[BLOCK]
    cdef Py_ssize_t start = 0, j, count
    cdef double total = 0
    while start < n:
        count = min(<Py_ssize_t>BLOCK, n - start)
        for j in range(count):
            terms[j] = term(x[start + j], mean[start + j])
        total += sum_(&terms[0], count)
        start += count
    return total


cdef inline void draw(const Samples* t, Py_ssize_t start, Py_ssize_t stop, const floating* x,
                      floating* y) noexcept nogil:
    """Points start..stop of mean + deviation * sample."""
    cdef Py_ssize_t i, j, n = t.size
    cdef const double* sample
    for i in range(start, stop):
        sample = t.sample + i * t.sample_step
        for j in range(n):
            y[i * n + j] = (x[2 * i * n + n + j]
                            + deviation(x[2 * i * n + j]) * <floating>sample[j])
        if t.divergence is not NULL:
            t.divergence[i] = divergence_of(x + 2 * i * n, x + 2 * i * n + n, n)


cdef inline void draw_back(const Samples* t, Py_ssize_t start, Py_ssize_t stop, const floating* x,
                           const floating* gy, floating* g) noexcept nogil:
    cdef Py_ssize_t i, j, n = t.size
    cdef floating share = <floating>t.share
    cdef const double* sample
    for i in range(start, stop):
        sample = t.sample + i * t.sample_step
        for j in range(n):
            g[2 * i * n + j] = slope(x[2 * i * n + j], gy[i * n + j] * <floating>sample[j], share)
        for j in range(n):
            g[2 * i * n + n + j] = gy[i * n + j] + share * x[2 * i * n + n + j]


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Samples* t = <const Samples*>task
    if t.gy is NULL:
        if t.wide:
            draw(t, start, stop, <const double*>t.x, <double*>t.out)
        else:
            draw(t, start, stop, <const float*>t.x, <float*>t.out)
    elif t.wide:
        draw_back(t, start, stop, <const double*>t.x, <const double*>t.gy, <double*>t.out)
    else:
        draw_back(t, start, stop, <const float*>t.x, <const float*>t.gy, <float*>t.out)


cdef class Reparametrization(Layer):
    """``output = mean + log(1 + exp(pre)) * sample``, the sample standard normal.

    The input holds `pre` in the first half of a point's features, and `mean` in the second.

    Parameters
    ----------
    latent_size : int, optional
        Features of the output, half of those of the input; omitted: any.
    stochastic : bool, default=True
        Whether the sample is random; otherwise it is 0.7.
    include_kl : bool, default=True
        Whether `Loss` counts, and Backward adds its derivative.
    beta : float, default=1.0
        Weight of the divergence, at least 0; 1 for a variational autoencoder.
    rng : numpy.random.Generator, optional
        Where samples come from.

    Notes
    -----
    Input (batch, 2 * latent_size), or (batch, ...) where all axes of a point count as its features;
    output (batch, latent_size). Every Forward draws, the same numbers for float32 and float64,
    unless `gaussian_sample` is assigned; Backward goes by the sample of the latest.

    References
    ----------
    Kingma and Welling (2014), Auto-encoding variational Bayes. Higgins et al. (2017), beta-VAE:
    learning basic visual concepts with a constrained variational framework.
    """
    _state = ("_fixed_sample",)
    cdef Py_ssize_t _size                   # 0: any
    cdef readonly bint stochastic, include_kl
    cdef double _beta
    cdef ndarray _given                     # the sample to use, or None
    cdef ndarray _drawn                     # memory of the samples drawn

    # Of the latest Forward:
    cdef ndarray _sample
    cdef ndarray _divergence                # of each point, or None

    def __init__(self, latent_size=None, stochastic=True, include_kl=True, beta=1.0, *, rng=None):
        self._built = False
        self._size = 0 if latent_size is None else integer(latent_size, self, "latent_size")
        self.stochastic = flag(stochastic, self, "stochastic")
        self.include_kl = flag(include_kl, self, "include_kl")
        self.beta = beta
        super().__init__(rng=rng)

    @property
    def latent_size(self):
        """int: features of the output, or None."""
        return self._size or None

    @property
    def beta(self):
        """float: weight of the divergence."""
        return self._beta

    @beta.setter
    def beta(self, value):
        self._beta = number(value, self, "beta", minimum=0)

    @property
    def gaussian_sample(self):
        """float64 array: the sample assigned, or else that of the latest Forward; None if there is
        neither. A copy.

        Assign one, of one point (1, latent_size) or of the batch, and every Forward uses it, until
        None is assigned.
        """
        if self._given is not None:
            return self._given.copy()
        if self._seen is None:
            return None
        sample = <object>self._sample
        return np.broadcast_to(sample, (self._seen[0], sample.shape[1])).copy()

    @gaussian_sample.setter
    def gaussian_sample(self, value):
        if value is None:
            self._given = None
            return
        sample = as_array(value, self, "gaussian_sample")
        if sample.dtype.kind not in "biuf":
            raise TypeError(f"{type(self).__name__}: gaussian_sample is {sample.dtype}, "
                            "expected numbers")
        self._given = np.array(sample, np.float64, order="C")

    @property
    def _fixed_sample(self):
        return self._given

    @_fixed_sample.setter
    def _fixed_sample(self, value):
        self.gaussian_sample = value

    def Loss(self):
        """Return beta times the mean divergence of the latest Forward's points, or 0.

        Returns
        -------
        float
            ``beta * sum(std**2 + mean**2 - 1 - 2 * log(std)) / (2 * batch)``, the Kullback-Leibler
            divergence from the standard normal distribution, if `include_kl`, else 0.

        Raises
        ------
        RuntimeError
            Before the first Forward.
        """
        self._check_built()
        if self._seen is None:
            raise RuntimeError(f"{type(self).__name__}: Loss needs a Forward first")
        if not self.include_kl or self._seen[0] == 0:
            return 0.0
        return float(self._beta * self._divergence.mean())

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Py_ssize_t size = point_size(inner)
        if inner.ndim >= 2 and size > 0 and (size == 2 * self._size
                                             or (self._size == 0 and size % 2 == 0)):
            outer.ndim, outer.dims[0], outer.dims[1] = 2, inner.dims[0], size // 2
            return 0
        features = f"{2 * self._size} features" if self._size else "an even number of features"
        return self._refuse_shape(inner, f"(batch, ...) with {features}")

    cdef ndarray _next_sample(self, Py_ssize_t points, Py_ssize_t size):
        """Return the sample assigned, or a new one."""
        if self._given is not None:
            given = (<object>self._given).shape
            if given != (points, size) and given != (1, size):
                raise ValueError(f"{type(self).__name__}: gaussian_sample has shape {given}, "
                                 f"expected {(points, size)} or {(1, size)}")
            return self._given
        cdef ndarray drawn = self._drawn    # a generator may be anybody's, and call this layer
        shape = points if self.stochastic else 1, size
        if drawn is None or (<object>drawn).shape != shape:
            self._drawn = drawn = np.empty(shape)
        if self.stochastic:
            draw_normal(_random.generator(self.rng), drawn, 0, 1)
        else:
            drawn[...] = FIXED
        return drawn

    cdef void _fill(self, Samples* t, ndarray x, ndarray out) noexcept:
        cdef Shape batch
        read_shape(x, &batch)
        t.x, t.gy, t.out, t.wide = PyArray_DATA(x), NULL, PyArray_DATA(out), (
            PyArray_TYPE(x) == NPY_DOUBLE)
        t.size, t.sample = point_size(&batch) // 2, <const double*>PyArray_DATA(self._sample)
        t.sample_step = 0 if PyArray_DIM(self._sample, 0) == 1 else t.size
        t.divergence = NULL

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Samples t
        cdef Py_ssize_t points = PyArray_DIM(y, 0)
        if self.include_kl and (self._divergence is None
                                or PyArray_DIM(self._divergence, 0) != points):
            divergence = np.empty(points)
            self._seen = None               # what the latest Forward left is gone
            self._divergence = divergence
        self._sample = self._next_sample(points, PyArray_DIM(y, 1))
        self._fill(&t, x, y)
        if self.include_kl:
            t.divergence = <double*>PyArray_DATA(self._divergence)
        in_parts(work, &t, points, WEIGHT * t.size)
        return self._remember(x)

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Samples t
        self._require_forward(x)
        self._fill(&t, x, g)
        t.gy = PyArray_DATA(gy)
        t.share = self._beta / PyArray_DIM(x, 0) if self.include_kl and x.size > 0 else 0
        in_parts(work, &t, PyArray_DIM(x, 0), WEIGHT * t.size)
        return 0
