"""Products and quotients by zero that losses give their limit: 0 log 0 = 0."""
from cython cimport floating

from mlpack_ann._math cimport log_


cdef inline floating times_(floating x, floating y) noexcept nogil:
    """x * y, but 0 where x is 0 and y infinite."""
    return 0 if x == 0 and y == y else x * y


cdef inline floating xlogy_(floating x, floating y) noexcept nogil:
    """x * log(y), but 0 where x and y are 0; NaN for a negative y."""
    return 0 if x == 0 and y >= 0 else x * log_(y)


cdef inline floating ratio_(floating x, floating y) noexcept nogil:
    """x / y, but 0 where x and y are 0; the derivative of xlogy by y."""
    return 0 if x == 0 and y >= 0 else x / y
