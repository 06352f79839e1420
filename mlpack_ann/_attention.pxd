"""The heads of attention, between the projections, which are products of all points' elements."""
from mlpack_ann._scratch cimport Scratch


cdef struct Attention:
    # To be filled in:
    bint wide, back                         # float64; Backward
    Py_ssize_t targets, sources, heads, embed
    void* q                                 # (points, targets, embed); scaled here
    const void* k                           # (points, sources, embed)
    const void* v
    void* weights                           # (points, heads, targets, sources in whole vectors)
    void* out                               # (points, targets, embed); of Backward its derivative
    void* dq                                # of Backward
    void* dk
    void* dv
    const unsigned char* hides              # (points, targets, sources), of pairs, or NULL
    const unsigned char* pads               # (points, sources), of keys, or NULL
    Py_ssize_t hides_step, pads_step        # 0 where all points have the same

    # Filled in by `attend`:
    Py_ssize_t size, lanes, padded_sources, padded_size     # of a head; in whole vectors
    double scale                            # of the scores
    const Py_ssize_t* by_embed              # multiples of a step
    const Py_ssize_t* by_sources
    const Py_ssize_t* by_one
    void* memory
    Py_ssize_t memory_size                  # elements for a part


cdef int attend(Attention* t, Py_ssize_t points, Scratch scratch) except -1
