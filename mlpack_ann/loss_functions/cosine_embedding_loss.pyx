"""Cosine embedding loss. Source: mlpack ann/loss_functions/cosine_embedding_loss.hpp."""
from cython cimport floating
from libc.math cimport sqrt

from mlpack_ann._dots cimport Dots, dots_of
from mlpack_ann._math cimport minimum_
from mlpack_ann._validation import flag, number
from mlpack_ann.loss_functions.point_loss cimport PointLoss

cdef enum:
    MARGIN = 0                              # places in the options
    SIMILARITY = 1


ctypedef fused real:                        # of the arithmetic, as wide as the arrays or wider
    float
    double


cdef inline double cosine(const Dots* dots) noexcept nogil:
    if dots.pp == 0 or dots.tt == 0:
        return 0
    return minimum_(dots.pt / (sqrt(dots.pp) * sqrt(dots.tt)), <double>1)


cdef void combine(const floating* p, const floating* t, floating* g, Py_ssize_t size, real of_p,
                  real of_t, real scale) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        g[i] = <floating>((t[i] * of_t + p[i] * of_p) * scale)


cdef void write_slopes(const floating* p, const floating* t, floating* g, Py_ssize_t size,
                       double scale, const double* options, const Dots* dots,
                       double similarity) noexcept nogil:
    # The derivative of cos(p, t) is (t / |t| - cos(p, t) p / |p|) / |p|.
    cdef double of_p = 0, of_t = 0
    if dots.pp == 0 or dots.tt == 0 or not options[SIMILARITY] and similarity < options[MARGIN]:
        scale = 0
    else:
        scale = (-scale if options[SIMILARITY] else scale) / sqrt(dots.pp) / dots.p_scale
        of_p = -similarity / sqrt(dots.pp) / dots.p_scale
        of_t = 1 / sqrt(dots.tt) / dots.t_scale
    if 1e-24 < dots.pp < 1e24 and 1e-24 < dots.tt < 1e24:       # all factors fit float32
        combine(p, t, g, size, <floating>of_p, <floating>of_t, <floating>scale)
    else:
        combine(p, t, g, size, of_p, of_t, scale)


cdef double point(const floating* p, const floating* t, floating* g, Py_ssize_t size, double scale,
                  bint valued, const double* options) noexcept nogil:
    cdef Dots dots = dots_of(p, t, size)
    cdef double similarity = cosine(&dots)
    if g is not NULL:
        write_slopes(p, t, g, size, scale, options, &dots, similarity)
    if options[SIMILARITY]:
        return 1 - similarity
    return 0 if similarity < options[MARGIN] else similarity - options[MARGIN]


cdef class CosineEmbeddingLoss(PointLoss):
    """Angle between prediction and target, one term per point.

    ``1 - cos(prediction, target)`` if `similarity`, else
    ``max(0, cos(prediction, target) - margin)``.

    Parameters
    ----------
    margin : float, default=0.0
        Cosine up to which dissimilar pairs cost nothing.
    similarity : bool, default=True
        Whether predictions should point where the targets do, or elsewhere.
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the points), "none" (one value per point).

    Notes
    -----
    Prediction and target: (batch, ...), any shape, both the same; a point is one vector. The cosine
    with a vector of zeros is 0, and so is its derivative; at the margin the loss counts as active.
    mlpack cuts the batch into vectors as long as the batch has points.
    """
    cdef double[2] _settings

    def __init__(self, margin=0.0, similarity=True, reduction=True):
        self._maps.point32, self._maps.point64 = point[float], point[double]
        self._maps.weight = 3
        self._options = self._settings
        self.margin = margin
        self.similarity = similarity
        super().__init__(reduction)

    @property
    def margin(self):
        return self._settings[MARGIN]

    @margin.setter
    def margin(self, value):
        self._settings[MARGIN] = number(value, self, "margin")

    @property
    def similarity(self):
        return bool(self._settings[SIMILARITY])

    @similarity.setter
    def similarity(self, value):
        self._settings[SIMILARITY] = flag(value, self, "similarity")
