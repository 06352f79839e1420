"""Log-probability of a Bernoulli variable and its derivative, for one observation t in [0, 1].

`eps` is added to the probabilities wherever a logarithm or a quotient is taken of them.
"""
from cython cimport floating

from mlpack_ann._limits cimport ratio_, times_, xlogy_
from mlpack_ann._math cimport decay_, fabs_, log1p_, log_


cdef inline floating log_probability(floating p, floating t, floating eps) noexcept nogil:
    """t log(p + eps) + (1 - t) log(1 - p + eps), of the probability p."""
    return xlogy_(t, p + eps) + xlogy_(<floating>1 - t, (<floating>1 - p) + eps)


cdef inline floating log_probability_slope(floating p, floating t, floating eps) noexcept nogil:
    """Its derivative by p."""
    return ratio_(t, p + eps) - ratio_(<floating>1 - t, (<floating>1 - p) + eps)


# Of the logit x, with e = exp(-|x|): the outcome that x makes unlikely has probability
# q = e / (1 + e), the other 1 - q = 1 / (1 + e). Without eps, log q = log(1 - q) - |x|, however
# small q is.

cdef inline floating logit_log_probability(floating x, floating t, floating eps) noexcept nogil:
    """The log-probability for p = sigmoid(x)."""
    cdef floating a = fabs_(x), e = decay_(a), q = e / (<floating>1 + e)
    cdef floating unlikely = 1 - t if x > 0 else t      # share of the observation
    cdef floating log_likely = log1p_(eps - q), log_unlikely = log_(q + eps)
    log_unlikely = log_unlikely if eps > 0 else log_likely - a
    return times_(unlikely, log_unlikely) + (<floating>1 - unlikely) * log_likely


cdef inline floating logit_log_probability_slope(floating x, floating t,
                                                 floating eps) noexcept nogil:
    """Its derivative by x."""
    cdef floating e = decay_(fabs_(x)), extra = eps + eps * e, total = e + extra
    cdef floating unlikely = 1 - t if x > 0 else t
    cdef floating kept = e / total if total > 0 else 1
    cdef floating lost = e / (<floating>1 + extra)
    cdef floating toward = (unlikely * kept - (<floating>1 - unlikely) * lost) / (<floating>1 + e)
    return -toward if x > 0 else toward
