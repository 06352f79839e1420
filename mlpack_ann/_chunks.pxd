"""How sums over many items are cut, so that their bits do not depend on the number of threads.

Each chunk's sum is formed by itself, and the sums are added up in the chunks' order. A chunk is
a multiple of what is worth a call, and larger where there would be more than CHUNKS of them.
"""

cdef enum:
    CHUNKS = 128                            # at most, so that their sums fit the stack
    LEAST = 4096                            # elements of the smallest chunk


cdef inline Py_ssize_t chunk_of(Py_ssize_t items, Py_ssize_t least) noexcept nogil:
    """Items of a chunk."""
    return max(<Py_ssize_t>1, (items + CHUNKS * least - 1) // (CHUNKS * least)) * least


cdef inline int chunks_of(Py_ssize_t items, Py_ssize_t chunk) noexcept nogil:
    """How many chunks there are."""
    return <int>((items + chunk - 1) // chunk)


cdef inline double in_order(const double* sums, int count) noexcept nogil:
    cdef double total = 0
    cdef int i
    for i in range(count):
        total += sums[i]
    return total
