from mlpack_ann.activation_functions.activation cimport Activation


cdef struct InverseMaps:
    void (*inverse32)(const float[::1] y, float[::1] x) noexcept nogil
    void (*inverse64)(const double[::1] y, double[::1] x) noexcept nogil


cdef class InvertibleActivation(Activation):
    cdef InverseMaps _inverse
