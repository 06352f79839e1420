from numpy cimport ndarray, npy_intp

from mlpack_ann.loss_functions.loss cimport Loss

cdef struct LabelMaps:
    # Of rows of log-probabilities and a valid label for each; `option` is the class's own.
    double (*total32)(const float* p, const npy_intp* labels, Py_ssize_t points,
                      Py_ssize_t classes, double option) noexcept nogil
    double (*total64)(const double* p, const npy_intp* labels, Py_ssize_t points,
                      Py_ssize_t classes, double option) noexcept nogil
    void (*terms32)(const float* p, const npy_intp* labels, float* terms, Py_ssize_t points,
                    Py_ssize_t classes, double option) noexcept nogil
    void (*terms64)(const double* p, const npy_intp* labels, double* terms, Py_ssize_t points,
                    Py_ssize_t classes, double option) noexcept nogil
    double weight                       # of a point, see _parallel


cdef class LabelLoss(Loss):
    cdef LabelMaps _maps

    cdef double _option(self, ndarray p) noexcept
