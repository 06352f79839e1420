"""Rows that are written one after another, past the caches where they are many (_stream.h)."""
from libc.string cimport memcpy


cdef extern from "_stream.h" nogil:
    const Py_ssize_t ANN_STREAM_BYTES
    void ann_stream(void* to, const void* source, Py_ssize_t size)
    void ann_stream_end()

cdef enum:
    HELD = 8192                         # bytes of rows gathered before they are written

cdef struct RowsOut:
    char* to                            # where the next row belongs, or the rows held
    bint streamed
    Py_ssize_t held
    char rows[HELD]


cdef inline bint is_streamed(Py_ssize_t all_bytes, Py_ssize_t row_bytes) noexcept nogil:
    """Whether an output of this size is written past the caches."""
    return all_bytes >= ANN_STREAM_BYTES and row_bytes <= HELD


cdef inline void start_rows(RowsOut* out, void* to, bint streamed) noexcept nogil:
    out.to, out.streamed, out.held = <char*>to, streamed, 0


cdef inline void write_held(RowsOut* out) noexcept nogil:
    ann_stream(out.to, &out.rows[0], out.held)
    out.to += out.held
    out.held = 0


cdef inline char* next_row(RowsOut* out, Py_ssize_t size) noexcept nogil:
    """Return memory to write the next row to, until the row after it."""
    cdef char* row = out.to
    if not out.streamed:
        out.to += size
        return row
    if out.held + size > HELD:
        write_held(out)
    out.held += size
    return &out.rows[out.held - size]


cdef inline void end_rows(RowsOut* out) noexcept nogil:
    """Write what is left."""
    if out.streamed:
        write_held(out)
        ann_stream_end()


cdef inline void copy_row(char* to, const char* source, Py_ssize_t size) noexcept nogil:
    """memcpy, without a call for a row of some hundred bytes."""
    cdef Py_ssize_t i = 0
    if size < 32 or size > 1024:
        memcpy(to, source, size)
        return
    while i < size - 32:
        memcpy(to + i, source + i, 32)
        i += 32
    memcpy(to + size - 32, source + size - 32, 32)
