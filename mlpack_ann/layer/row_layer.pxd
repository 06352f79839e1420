from mlpack_ann.layer.layer cimport Layer

cdef struct RowMaps:
    void (*forward32)(const float[:, ::1] x, float[:, ::1] y) noexcept nogil
    void (*forward64)(const double[:, ::1] x, double[:, ::1] y) noexcept nogil
    void (*backward32)(const float[:, ::1] x, const float[:, ::1] y, const float[:, ::1] gy,
                       float[:, ::1] g) noexcept nogil
    void (*backward64)(const double[:, ::1] x, const double[:, ::1] y, const double[:, ::1] gy,
                       double[:, ::1] g) noexcept nogil


cdef class RowLayer(Layer):
    cdef RowMaps _maps
