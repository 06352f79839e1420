"""Log-probability of a Bernoulli variable and its derivative, for one observation t in [0, 1].

`eps` is added to the probabilities wherever a logarithm or a quotient is taken of them.
"""
from cython cimport floating

from mlpack_ann._limits cimport ratio_, times_, xlogy_
from mlpack_ann._math cimport exp_, fabs_, log1p_, log_, softplus_


cdef inline floating log_probability(floating p, floating t, floating eps) noexcept nogil:
    """t log(p + eps) + (1 - t) log(1 - p + eps), of the probability p."""
    return xlogy_(t, p + eps) + xlogy_(1 - t, (1 - p) + eps)


cdef inline floating log_probability_slope(floating p, floating t, floating eps) noexcept nogil:
    """Its derivative by p."""
    return ratio_(t, p + eps) - ratio_(1 - t, (1 - p) + eps)


# Of the logit x, with e = exp(-|x|): the outcome that x makes likely has probability 1 / (1 + e),
# the other e / (1 + e). Neither sum below cancels or overflows, nor vanishes unless eps is 0.

cdef inline floating logit_log_probability(floating x, floating t, floating eps) noexcept nogil:
    """The log-probability for p = sigmoid(x)."""
    cdef floating a = fabs_(x), e = exp_(-a), extra = eps * (1 + e)
    cdef floating unlikely = 1 - t if x > 0 else t      # share of the observation
    cdef floating log_unlikely = log_(e + extra)
    log_unlikely = log_unlikely if eps > 0 else -a
    return times_(unlikely, log_unlikely) + (1 - unlikely) * log1p_(extra) - softplus_(-a)


cdef inline floating logit_log_probability_slope(floating x, floating t,
                                                 floating eps) noexcept nogil:
    """Its derivative by x."""
    cdef floating e = exp_(-fabs_(x)), extra = eps * (1 + e), total = e + extra
    cdef floating unlikely = 1 - t if x > 0 else t
    cdef floating kept = e / total if total > 0 else 1
    cdef floating toward = (unlikely * kept - (1 - unlikely) * e / (1 + extra)) / (1 + e)
    return -toward if x > 0 else toward
