"""Random bits by counting: element i of a mask is a hash of i and a key, so loops vectorise."""
from libc.stdint cimport uint32_t, uint64_t


cdef inline uint32_t hashed(uint32_t i, uint64_t key) noexcept nogil:
    """32 random bits; the key's two halves come in before and between the rounds of mixing.

    Rounds of xor-shift and multiplication with the constants of lowbias32 (Wellons 2018), whose
    output bits each depend on every input bit.
    """
    cdef uint32_t h = i * <uint32_t>0x9E3779B9 + <uint32_t>key
    h = (h ^ (h >> 16)) * <uint32_t>0x21F0AAAD
    h = (h ^ (h >> 15) ^ <uint32_t>(key >> 32)) * <uint32_t>0x735A2D97
    return h ^ (h >> 15)
