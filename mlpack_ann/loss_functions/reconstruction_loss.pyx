"""Reconstruction loss. Source: mlpack ann/loss_functions/reconstruction_loss.hpp."""
from cython cimport floating
from libc.math cimport log1p

from mlpack_ann._bernoulli cimport logit_log_probability, logit_log_probability_slope
from mlpack_ann._math cimport decay_, fabs_
from mlpack_ann._validation import flag, number
from mlpack_ann.loss_functions.binary_cross_entropy_loss import BCELoss
from mlpack_ann.loss_functions.elementwise_loss cimport ElementwiseLoss


cdef inline floating shared(floating x, floating t, floating eps,
                            floating log1p_eps) noexcept nogil:
    return decay_(fabs_(x))


cdef inline floating term(floating x, floating t, floating e, floating eps,
                          floating log1p_eps) noexcept nogil:
    return -logit_log_probability(x, t, e, eps, log1p_eps)


cdef inline floating slope(floating x, floating t, floating e, floating eps,
                           floating log1p_eps) noexcept nogil:
    return -logit_log_probability_slope(x, t, e, eps)


include "_loss_shared.pxi"


cdef class ReconstructionLoss(ElementwiseLoss):
    """Negative log-probability of the target under the distribution that the prediction describes.

    That is one Bernoulli distribution per element: per element
    ``-(t * log(p + eps) + (1 - t) * log(1 - p + eps))`` with ``p = sigmoid(prediction)``.

    Parameters
    ----------
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the elements), "none".
    apply_logistic : bool, default=True
        Whether the prediction is of logits; otherwise it is of the probabilities themselves.
    eps : float, default=1e-10
        Added to probabilities in logarithms and denominators; at least 0.

    Notes
    -----
    Prediction and target (between 0 and 1): (batch, ...), any shape, both the same. mlpack divides
    Forward by the number of points, in the sum too, but not Backward.

    See Also
    --------
    mlpack_ann.dists.BernoulliDistribution

    References
    ----------
    Kingma and Welling (2014), Auto-encoding variational Bayes.
    """
    cdef bint _apply_logistic

    def __init__(self, reduction=True, apply_logistic=True, eps=1e-10):
        self.apply_logistic = apply_logistic
        self.eps = eps
        super().__init__(reduction)

    @property
    def apply_logistic(self):
        return self._apply_logistic

    @apply_logistic.setter
    def apply_logistic(self, value):
        self._apply_logistic = flag(value, self, "apply_logistic")
        # Of probabilities the formula is that of the cross-entropy.
        self._maps = (loss_maps(weight=7) if self._apply_logistic
                      else (<ElementwiseLoss>BCELoss())._maps)

    @property
    def eps(self):
        return self._a

    @eps.setter
    def eps(self, value):
        self._a = number(value, self, "eps", minimum=0)
        self._b = log1p(self._a)
