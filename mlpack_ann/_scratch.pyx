"""Scratch memory that a layer keeps from call to call."""
from libc.stdlib cimport free, malloc


cdef class Scratch:
    """Pieces of memory, by number of use; each grows to the largest size asked for."""

    def __dealloc__(self):
        for use in range(USES):
            free(self._memory[use])

    cdef void* take(self, int use, size_t size) except NULL nogil:
        """Return `size` bytes for this use, aligned to 64, with anything in them."""
        if self._memory[use] is NULL or self._size[use] < size:
            free(self._memory[use])
            self._size[use] = 0
            self._memory[use] = <char*>malloc(size + 64)
            if self._memory[use] is NULL:
                with gil:
                    raise MemoryError(f"mlpack_ann: no {size} bytes of scratch memory")
            self._size[use] = size
        return <void*>((<size_t>self._memory[use] + 63) & ~<size_t>63)
