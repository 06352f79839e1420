"""Work on several threads: parts of a range, each by a function that needs no interpreter."""

# Work through items start..stop; `part` counts from 0 below the number of threads and may choose
# scratch memory. What is computed for an item must not depend on the part that it falls into.
ctypedef void (*Work)(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil

cdef enum:
    GRAIN = 32768                   # the least work that a thread of its own is worth
    MAX_THREADS = 256

cdef int parts_of(Py_ssize_t items, double weight) noexcept nogil
cdef void in_parts(Work work, void* task, Py_ssize_t items, double weight) noexcept nogil
