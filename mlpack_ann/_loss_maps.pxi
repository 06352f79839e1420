# The end of ``_loss.pxi`` and ``_loss_shared.pxi``: the loops of _loss.h as one struct.
cdef extern from "_loss.h" nogil:
    """
    #include "_loss.h"
    #ifndef ANN_LOSS_SHARED
    #define ann_share_f32 NULL
    #define ann_share_f64 NULL
    #endif
    """
    void ann_share_f32(const float* p, const float* t, float* shared, Py_ssize_t n, float a,
                       float b) noexcept
    void ann_share_f64(const double* p, const double* t, double* shared, Py_ssize_t n, double a,
                       double b) noexcept
    double ann_total_f32(const float* p, const float* t, const float* shared, Py_ssize_t n,
                         float a, float b) noexcept
    double ann_total_f64(const double* p, const double* t, const double* shared, Py_ssize_t n,
                         double a, double b) noexcept
    void ann_terms_f32(const float* p, const float* t, const float* shared, float* terms,
                       Py_ssize_t n, float a, float b) noexcept
    void ann_terms_f64(const double* p, const double* t, const double* shared, double* terms,
                       Py_ssize_t n, double a, double b) noexcept
    void ann_slopes_f32(const float* p, const float* t, const float* shared, float* g,
                        Py_ssize_t n, float scale, float a, float b) noexcept
    void ann_slopes_f64(const double* p, const double* t, const double* shared, double* g,
                        Py_ssize_t n, double scale, double a, double b) noexcept


cdef inline LossMaps loss_maps(double weight=1) noexcept:
    """The loops, and how many elements of a simple map take as long as one here."""
    cdef LossMaps maps
    maps.share32, maps.share64 = ann_share_f32, ann_share_f64
    maps.total32, maps.total64 = ann_total_f32, ann_total_f64
    maps.terms32, maps.terms64 = ann_terms_f32, ann_terms_f64
    maps.slopes32, maps.slopes64 = ann_slopes_f32, ann_slopes_f64
    maps.weight = weight
    return maps
