"""Dice loss. Source: mlpack ann/loss_functions/dice_loss.hpp."""
from cython cimport floating
from libc.math cimport sqrt
from numpy cimport npy_intp

from mlpack_ann._dots cimport Dots, dots_of
from mlpack_ann._math cimport maximum_
from mlpack_ann._validation import number
from mlpack_ann._validation cimport Shape
from mlpack_ann.loss_functions.point_loss cimport PointLoss, PointMaps

cdef struct Overlap:
    double ratio                            # of overlap and sizes: 1 is a perfect match
    double sizes, scale                     # the sizes are `sizes` * `scale`^2


cdef inline Overlap overlap_of(const Dots* dots, double smooth) noexcept nogil:
    cdef double scale = maximum_(maximum_(dots.p_scale, dots.t_scale), sqrt(smooth))
    cdef double u = dots.p_scale / scale, v = dots.t_scale / scale, s = smooth / scale / scale
    cdef double sizes = dots.pp * u * u + dots.tt * v * v + s
    if sizes == 0:                          # nothing predicted, nothing there
        return Overlap(1, 0, scale)
    return Overlap((2 * dots.pt * u * v + s) / sizes, sizes, scale)


cdef double term(const floating* p, const floating* t, Py_ssize_t size,
                 const double* options) noexcept nogil:
    cdef Dots dots = dots_of(p, t, size)
    return 1 - overlap_of(&dots, options[0]).ratio


cdef void slope(const floating* p, const floating* t, floating* g, Py_ssize_t size, double scale,
                const double* options) noexcept nogil:
    cdef Dots dots = dots_of(p, t, size)
    cdef Overlap overlap = overlap_of(&dots, options[0])
    cdef double of_t = 1 / overlap.scale, of_p = -overlap.ratio / overlap.scale
    cdef Py_ssize_t i
    scale = -2 * scale / overlap.sizes / overlap.scale if overlap.sizes != 0 else 0
    for i in range(size):
        g[i] = <floating>((t[i] * of_t + p[i] * of_p) * scale)


cdef class DiceLoss(PointLoss):
    """One less the overlap of prediction and target, one term for the batch.

    ``1 - (2 * sum(p * t) + smooth) / (sum(p**2) + sum(t**2) + smooth)``.

    Parameters
    ----------
    smooth : float, default=1.0
        Keeps the quotient defined where prediction and target are empty; at least 0.
    reduction : bool or str, default=True
        Makes no difference to a single term, except that "none" gives it as an array.

    Notes
    -----
    Prediction and target (between 0 and 1): (batch, ...), any shape, both the same. The sums are
    over the whole batch. Without `smooth`, empty prediction and target are a perfect match: 0.

    References
    ----------
    Milletari, Navab and Ahmadi (2016), V-Net: Fully convolutional neural networks for volumetric
    medical image segmentation.
    """
    cdef double _smooth

    def __init__(self, smooth=1.0, reduction=True):
        self._maps = PointMaps(term[float], term[double], slope[float], slope[double])
        self._options = &self._smooth
        self.smooth = smooth
        super().__init__(reduction)

    @property
    def smooth(self):
        return self._smooth

    @smooth.setter
    def smooth(self, value):
        self._smooth = number(value, self, "smooth", minimum=0)

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        terms.ndim = 1
        terms.dims[0] = min(<npy_intp>1, shape.dims[0])
        return 0
