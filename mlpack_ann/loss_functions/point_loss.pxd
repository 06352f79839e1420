from numpy cimport ndarray

from mlpack_ann.loss_functions.loss cimport Loss

cdef struct PointMaps:
    # The term of one point, and `scale` times its derivative: of p, the point's `size` elements,
    # and t, its target; `options` is the class's own.
    double (*term32)(const float* p, const float* t, Py_ssize_t size,
                     const double* options) noexcept nogil
    double (*term64)(const double* p, const double* t, Py_ssize_t size,
                     const double* options) noexcept nogil
    void (*slope32)(const float* p, const float* t, float* g, Py_ssize_t size, double scale,
                    const double* options) noexcept nogil
    void (*slope64)(const double* p, const double* t, double* g, Py_ssize_t size, double scale,
                    const double* options) noexcept nogil

cdef struct Points:
    Py_ssize_t count, size, target      # of the batch; elements of a prediction, of a target


cdef class PointLoss(Loss):
    cdef PointMaps _maps
    cdef const double* _options

    cdef Points _points(self, ndarray p, ndarray t) except *
