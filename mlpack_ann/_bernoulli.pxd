"""Log-probability of a Bernoulli variable and its derivative, for one observation t in [0, 1].

`eps` is added to the probabilities wherever a logarithm or a quotient is taken of them.
"""
from cython cimport floating

from mlpack_ann._limits cimport ratio_, times_, xlogy_
from mlpack_ann._math cimport fabs_, log1p_of_fraction_, log_


cdef inline floating log_probability(floating p, floating t, floating eps) noexcept nogil:
    """t log(p + eps) + (1 - t) log(1 - p + eps), of the probability p."""
    return xlogy_(t, p + eps) + xlogy_(<floating>1 - t, (<floating>1 - p) + eps)


cdef inline floating log_probability_slope(floating p, floating t, floating eps) noexcept nogil:
    """Its derivative by p."""
    return ratio_(t, p + eps) - ratio_(<floating>1 - t, (<floating>1 - p) + eps)


# Of the logit x, with e = exp(-|x|): the outcome that x makes unlikely has probability
# q = e / (1 + e), the other 1 - q = 1 / (1 + e). With extra = eps (1 + e),
#     log(q + eps)     = log(e + extra) - log(1 + e)
#     log(1 - q + eps) = log(1 + extra) - log(1 + e)
#     log(1 + extra)   = log(1 + eps) + log(1 + e eps / (1 + eps))
# where every logarithm but the first is of 1 plus a fraction, or constant. Without eps,
# log e = -|x|, however small e is.

cdef inline floating logit_log_probability(floating x, floating t, floating e, floating eps,
                                           floating log1p_eps) noexcept nogil:
    """The log-probability for p = sigmoid(x), with e = exp(-|x|)."""
    cdef floating unlikely = 1 - t if x > 0 else t      # share of the observation
    cdef floating log_unlikely = log_(e + (eps + eps * e))
    cdef floating log_likely = log1p_eps + log1p_of_fraction_(e * (eps / (<floating>1 + eps)))
    log_unlikely = log_unlikely if eps > 0 else -fabs_(x)
    return (times_(unlikely, log_unlikely) + (<floating>1 - unlikely) * log_likely
            - log1p_of_fraction_(e))


cdef inline floating logit_log_probability_slope(floating x, floating t, floating e,
                                                 floating eps) noexcept nogil:
    """Its derivative by x."""
    cdef floating extra = eps + eps * e, total = e + extra
    cdef floating unlikely = 1 - t if x > 0 else t
    cdef floating kept = e / total if total > 0 else 1
    cdef floating lost = e / (<floating>1 + extra)
    cdef floating toward = (unlikely * kept - (<floating>1 - unlikely) * lost) / (<floating>1 + e)
    return -toward if x > 0 else toward
