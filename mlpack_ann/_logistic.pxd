"""Binary cross-entropy of a logit, and its derivative, without overflow or cancellation."""
from cython cimport floating

from mlpack_ann._limits cimport times_
from mlpack_ann._math cimport decay_, fabs_, log1p_of_fraction_


cdef inline floating surplus(floating x, floating t) noexcept nogil:
    """What the sign of x claims, 1 or 0, less the target."""
    return 1 - t if x > 0 else -t


cdef inline floating doubt(floating x) noexcept nogil:
    """exp(-|x|), which both have in common."""
    return decay_(fabs_(x))


cdef inline floating cross_entropy(floating x, floating t, floating e) noexcept nogil:
    """-(t log s + (1 - t) log(1 - s)) with s = sigmoid(x) and e = doubt(x)."""
    return times_(surplus(x, t), x) + log1p_of_fraction_(e)


cdef inline floating cross_entropy_slope(floating x, floating t, floating e) noexcept nogil:
    """sigmoid(x) - t."""
    cdef floating rest = e / (<floating>1 + e)
    return surplus(x, t) + (-rest if x > 0 else rest)
