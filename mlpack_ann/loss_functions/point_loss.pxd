from numpy cimport ndarray

from mlpack_ann.loss_functions.loss cimport Loss

cdef struct PointMaps:
    # Return the sum of the terms of one point if it is `valued`, and write `scale` times its
    # derivative unless g is NULL: of p, the point's `size` elements, and t, its target; `options`
    # is the class's own.
    double (*point32)(const float* p, const float* t, float* g, Py_ssize_t size, double scale,
                      bint valued, const double* options) noexcept nogil
    double (*point64)(const double* p, const double* t, double* g, Py_ssize_t size, double scale,
                      bint valued, const double* options) noexcept nogil
    # Write the terms of a point; NULL where it has just one.
    void (*terms32)(const float* p, const float* t, float* terms, Py_ssize_t size,
                    const double* options) noexcept nogil
    void (*terms64)(const double* p, const double* t, double* terms, Py_ssize_t size,
                    const double* options) noexcept nogil
    double weight                       # of an element, see _parallel


cdef class PointLoss(Loss):
    cdef PointMaps _maps
    cdef const double* _options
