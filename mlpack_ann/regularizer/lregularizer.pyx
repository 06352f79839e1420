"""Regularisation by powers of the weights. Source: mlpack ann/regularizer/lregularizer.hpp."""
from cython cimport floating

from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_SIZE, PyArray_TYPE, import_array, ndarray

from mlpack_ann._math cimport fabs_
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._validation import integer
from mlpack_ann.regularizer.regularizer cimport Regularizer

import_array()

cdef enum:
    BLOCK = 512                             # elements raised to a power at a time


cdef struct Task:
    bint wide                               # float64
    const void* w
    void* gradient
    int power
    double factor


cdef inline void add_signs(const floating* w, floating* gradient, Py_ssize_t n,
                           floating factor) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        gradient[i] += factor if w[i] > 0 else -factor if w[i] < 0 else w[i]


cdef inline void add_scaled(const floating* w, floating* gradient, Py_ssize_t n,
                            floating factor) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        gradient[i] += factor * w[i]


cdef void add_powers(const floating* w, floating* gradient, Py_ssize_t n, int exponent,
                     floating factor) noexcept nogil:
    """Add ``factor * w * abs(w)**exponent``, by repeated squaring; n is at most BLOCK."""
    cdef floating[BLOCK] square
    cdef floating[BLOCK] result
    cdef Py_ssize_t i
    for i in range(n):
        square[i] = fabs_(w[i])
        result[i] = factor * w[i]
    while True:
        if exponent & 1:
            for i in range(n):
                result[i] *= square[i]
        exponent >>= 1
        if exponent == 0:
            break
        for i in range(n):
            square[i] *= square[i]
    for i in range(n):
        gradient[i] += result[i]


cdef inline void add(const Task* t, const floating* w, floating* gradient, Py_ssize_t start,
                     Py_ssize_t stop) noexcept nogil:
    cdef floating factor = <floating>t.factor
    if t.power == 1:
        add_signs(w + start, gradient + start, stop - start, factor)
    elif t.power == 2:
        add_scaled(w + start, gradient + start, stop - start, 2 * factor)
    else:
        while start < stop:
            add_powers(w + start, gradient + start, min(stop - start, <Py_ssize_t>BLOCK),
                       t.power - 2, t.power * factor)
            start += BLOCK


cdef void add_part(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        add(t, <const double*>t.w, <double*>t.gradient, start, stop)
    else:
        add(t, <const float*>t.w, <float*>t.gradient, start, stop)


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
        cdef Task t
        t.wide, t.power, t.factor = PyArray_TYPE(weight) == NPY_DOUBLE, self.power, self.factor
        t.w, t.gradient = PyArray_DATA(weight), PyArray_DATA(gradient)
        in_parts(add_part, &t, PyArray_SIZE(weight), 1)
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
