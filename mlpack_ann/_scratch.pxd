"""Scratch memory that a layer keeps from call to call, a piece for each use."""

cdef enum:
    USES = 12


cdef class Scratch:
    cdef char* _memory[USES]
    cdef size_t _size[USES]

    cdef void* take(self, int use, size_t size) except NULL nogil
