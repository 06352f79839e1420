"""Cosine embedding loss. Source: mlpack ann/loss_functions/cosine_embedding_loss.hpp."""
from cython cimport floating
from libc.math cimport sqrt

from mlpack_ann._dots cimport Dots, dots_of
from mlpack_ann._math cimport minimum_
from mlpack_ann._validation import flag, number
from mlpack_ann.loss_functions.point_loss cimport PointLoss, PointMaps

cdef enum:
    MARGIN = 0                              # places in the options
    SIMILARITY = 1


cdef inline double cosine(const Dots* dots) noexcept nogil:
    if dots.pp == 0 or dots.tt == 0:
        return 0
    return minimum_(dots.pt / (sqrt(dots.pp) * sqrt(dots.tt)), <double>1)


cdef double term(const floating* p, const floating* t, Py_ssize_t size,
                 const double* options) noexcept nogil:
    cdef Dots dots = dots_of(p, t, size)
    cdef double similarity = cosine(&dots)
    if options[SIMILARITY]:
        return 1 - similarity
    return 0 if similarity < options[MARGIN] else similarity - options[MARGIN]


cdef void slope(const floating* p, const floating* t, floating* g, Py_ssize_t size, double scale,
                const double* options) noexcept nogil:
    # The derivative of cos(p, t) is (t / |t| - cos(p, t) p / |p|) / |p|.
    cdef Dots dots = dots_of(p, t, size)
    cdef double similarity = cosine(&dots), of_p, of_t
    cdef Py_ssize_t i
    if dots.pp == 0 or dots.tt == 0 or not options[SIMILARITY] and similarity < options[MARGIN]:
        scale = 0
        of_p = of_t = 0
    else:
        scale = (-scale if options[SIMILARITY] else scale) / sqrt(dots.pp) / dots.p_scale
        of_p = -similarity / sqrt(dots.pp) / dots.p_scale
        of_t = 1 / sqrt(dots.tt) / dots.t_scale
    for i in range(size):
        g[i] = <floating>((t[i] * of_t + p[i] * of_p) * scale)


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
        self._maps = PointMaps(term[float], term[double], slope[float], slope[double])
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
