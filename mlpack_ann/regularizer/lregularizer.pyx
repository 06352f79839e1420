"""Regularisation by powers of the weights. Source: mlpack ann/regularizer/lregularizer.hpp."""
from cython cimport floating
from libc.math cimport pow

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_TYPE, flat, import_array, ndarray
from mlpack_ann._math cimport fabs_
from mlpack_ann._validation import integer
from mlpack_ann.regularizer.regularizer cimport Regularizer

import_array()


cdef void add(const floating[::1] w, floating[::1] gradient, int power,
              floating factor) noexcept nogil:
    cdef Py_ssize_t i
    if power == 1:
        for i in range(w.shape[0]):
            gradient[i] += factor if w[i] > 0 else -factor if w[i] < 0 else w[i]
    elif power == 2:
        for i in range(w.shape[0]):
            gradient[i] += 2 * factor * w[i]
    else:
        for i in range(w.shape[0]):
            gradient[i] += power * factor * w[i] * <floating>pow(fabs_(w[i]), power - 2)


cdef class LRegularizer(Regularizer):
    """Adds the derivative of ``factor * sum(abs(weight) ** power)``.

    Parameters
    ----------
    power : int, default=2
        At least 1.
    factor : float, default=1.0
        What the penalty is multiplied by.

    Notes
    -----
    Weights of any shape. The derivative is ``power * factor * abs(w) ** (power - 1) * sign(w)``,
    0 at 0; mlpack leaves out the sign for a power of 3, and its L1 is NaN at 0.
    """
    cdef readonly int power

    def __init__(self, power=2, factor=1.0):
        self.power = integer(power, self, "power")
        super().__init__(factor)

    cdef int _add(self, ndarray weight, ndarray gradient) except -1:
        if PyArray_TYPE(weight) == NPY_DOUBLE:
            add[double](flat(weight), flat(gradient), self.power, self.factor)
        else:
            add[float](flat(weight), flat(gradient), self.power, <float>self.factor)
        return 0


cdef class L1Regularizer(LRegularizer):
    """:class:`LRegularizer` of power 1: the derivative of ``factor * sum(abs(weight))``.

    Parameters
    ----------
    factor : float, default=1.0
        What the penalty is multiplied by.
    """
    def __init__(self, factor=1.0):
        super().__init__(1, factor)


cdef class L2Regularizer(LRegularizer):
    """:class:`LRegularizer` of power 2: the derivative of ``factor * sum(weight ** 2)``.

    Parameters
    ----------
    factor : float, default=1.0
        What the penalty is multiplied by.
    """
    def __init__(self, factor=1.0):
        super().__init__(2, factor)
