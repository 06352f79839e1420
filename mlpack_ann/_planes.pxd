"""How the convolver lays images out: as flat planes in which every tap is a constant offset.

A padded image becomes planes, one per channel and, where the stride is above 1, per residue of row
and column by the stride. In a plane the pixels that one tap of the filter meets for neighbouring
outputs are neighbours, whatever the stride and the dilation.
"""
from cython cimport floating
from libc.string cimport memcpy, memset

from mlpack_ann._product cimport VECTOR_BYTES

cdef extern from "_blocks.h":
    const int MAX_CHANNELS
    Py_ssize_t block_vectors(Py_ssize_t channels) noexcept nogil

cdef enum:
    CACHE = 384 * 1024          # bytes worked on at a time: less than the L2 cache
    TURN = 6                    # vector multiply-adds that transposing a vector costs

cdef struct Geometry:           # of a convolution
    Py_ssize_t in_channels, out_channels, groups
    Py_ssize_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w
    Py_ssize_t top, bottom, left, right


cdef struct Planes:             # one group's image, padded and split by residue
    Py_ssize_t channels, height, width                      # of the image
    Py_ssize_t stride_h, stride_w, dilation_h, dilation_w
    Py_ssize_t residues_h, residues_w                       # (j * dilation) % stride, j = 0, 1, ...
    Py_ssize_t top, left                                    # zeros before the image
    Py_ssize_t rows, pitch, size                            # of a plane, row to row, and in all
    bint in_place                                           # the image itself will do


cdef inline Py_ssize_t output_rows(const Geometry* k, Py_ssize_t h) noexcept nogil:
    return (h + k.top + k.bottom - (k.kernel_h - 1) * k.dilation_h - 1) // k.stride_h + 1


cdef inline Py_ssize_t output_columns(const Geometry* k, Py_ssize_t w) noexcept nogil:
    return (w + k.left + k.right - (k.kernel_w - 1) * k.dilation_w - 1) // k.stride_w + 1


cdef inline Py_ssize_t plane_count(const Planes* p) noexcept nogil:
    return p.channels * p.residues_h * p.residues_w


cdef inline bint is_unpadded(const Planes* p) noexcept nogil:
    """Whether the image and its planes are the same."""
    return (p.stride_h == p.stride_w == 1 and p.top == p.left == 0
            and p.rows == p.height and p.pitch == p.width)


cdef inline Py_ssize_t plane_size(Py_ssize_t pixels, Py_ssize_t item) noexcept nogil:
    """Leave room to read a vector past the end; an odd number of cache lines, so that the
    planes of an image spread over the sets of the cache."""
    return ((pixels * item + VECTOR_BYTES + 63) // 64 | 1) * 64 // item


cdef inline Py_ssize_t residues(Py_ssize_t kernel, Py_ssize_t stride,
                                Py_ssize_t dilation) noexcept nogil:
    """Count the residues by the stride that the taps meet; they meet them in turn."""
    cdef Py_ssize_t count = 1
    while count < kernel and count * dilation % stride != 0:
        count += 1
    return count


cdef inline Planes input_planes(const Geometry* k, Py_ssize_t h, Py_ssize_t w,
                               Py_ssize_t item) noexcept nogil:
    """Lay out x for forward and gradient."""
    cdef Planes p
    p.channels, p.height, p.width = k.in_channels // k.groups, h, w
    p.stride_h, p.stride_w = k.stride_h, k.stride_w
    p.dilation_h, p.dilation_w = k.dilation_h, k.dilation_w
    p.residues_h = residues(k.kernel_h, k.stride_h, k.dilation_h)
    p.residues_w = residues(k.kernel_w, k.stride_w, k.dilation_w)
    p.top, p.left = k.top, k.left
    p.rows = output_rows(k, h) + (k.kernel_h - 1) * k.dilation_h // k.stride_h
    p.pitch = output_columns(k, w) + (k.kernel_w - 1) * k.dilation_w // k.stride_w
    p.size, p.in_place = plane_size(p.rows * p.pitch, item), False
    return p


cdef inline Planes whole_planes(const Geometry* k, Py_ssize_t h, Py_ssize_t w,
                                Py_ssize_t item) noexcept nogil:
    """As `input_planes`, but not split by residue: for reading pixel by pixel."""
    cdef Planes p = input_planes(k, h, w, item)
    p.stride_h = p.stride_w = p.residues_h = p.residues_w = 1
    p.rows = (output_rows(k, h) - 1) * k.stride_h + (k.kernel_h - 1) * k.dilation_h + 1
    p.pitch = (output_columns(k, w) - 1) * k.stride_w + (k.kernel_w - 1) * k.dilation_w + 1
    p.size = plane_size(p.rows * p.pitch, item)
    return p


cdef inline void input_taps(const Geometry* k, const Planes* p, Py_ssize_t* offset) noexcept nogil:
    """Write each tap's offset in the planes, in the order of the weights."""
    cdef Py_ssize_t c, a, b, plane, t = 0
    for c in range(p.channels):
        for a in range(k.kernel_h):
            for b in range(k.kernel_w):
                plane = (c * p.residues_h + a % p.residues_h) * p.residues_w + b % p.residues_w
                offset[t] = (plane * p.size + a * k.dilation_h // p.stride_h * p.pitch
                             + b * k.dilation_w // p.stride_w)
                t += 1


cdef inline Planes output_planes(const Geometry* k, Py_ssize_t h, Py_ssize_t w,
                                Py_ssize_t item) noexcept nogil:
    """Lay out gy for backward, padded so that every tap of every pixel of g stays inside."""
    cdef Planes p
    p.channels = k.out_channels // k.groups
    p.height, p.width = output_rows(k, h), output_columns(k, w)
    p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = p.residues_h = p.residues_w = 1
    reach(h, k.kernel_h, k.stride_h, k.dilation_h, k.top, &p.top, &p.rows)
    reach(w, k.kernel_w, k.stride_w, k.dilation_w, k.left, &p.left, &p.pitch)
    p.size, p.in_place = plane_size(p.rows * p.pitch, item), False
    return p


cdef inline void reach(Py_ssize_t size, Py_ssize_t kernel, Py_ssize_t stride, Py_ssize_t dilation,
                Py_ssize_t pad, Py_ssize_t* before, Py_ssize_t* extent) noexcept nogil:
    """Along one axis: how far before gy's first pixel taps reach, and from there to the last."""
    cdef Py_ssize_t first, a, distance, low = 0, high = 1
    for first in range(min(stride, size)):
        for a in range(kernel):
            distance = first + pad - a * dilation
            if distance % stride == 0:
                low = min(low, distance // stride)
                high = max(high, distance // stride + (size - first - 1) // stride + 1)
    before[0], extent[0] = -low, high - low


cdef inline void fill_planes(const Planes* p, const floating* image,
                             floating* planes) noexcept nogil:
    """Write the image's pixels to its planes, which hold zeros elsewhere."""
    cdef Py_ssize_t c, i, j, row, column, y, r, first, last
    cdef const floating* source
    cdef floating* plane = planes
    for c in range(p.channels):
        for i in range(p.residues_h):
            for j in range(p.residues_w):
                # Plane pixel (r, q) is image pixel (r * stride + row, q * stride + column).
                row = i * p.dilation_h % p.stride_h - p.top
                column = j * p.dilation_w % p.stride_w - p.left
                first = (p.stride_w - 1 - column) // p.stride_w if column < 0 else 0
                last = min(p.pitch, (p.width - column + p.stride_w - 1) // p.stride_w)
                for r in range(p.rows):
                    y = r * p.stride_h + row
                    if y < 0 or y >= p.height or first >= last:
                        continue
                    source = image + (c * p.height + y) * p.width + column
                    if p.stride_w == 1:
                        copy_row(source + first, plane + r * p.pitch + first, last - first)
                    else:
                        gather_row(source + first * p.stride_w, p.stride_w,
                                   plane + r * p.pitch + first, last - first)
                plane += p.size


cdef inline void copy_rows(const floating* source, Py_ssize_t source_pitch, floating* to,
                           Py_ssize_t pitch, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t r
    for r in range(rows):
        copy_row(source + r * source_pitch, to + r * pitch, columns)


cdef inline void copy_row(const floating* source, floating* to, Py_ssize_t size) noexcept nogil:
    """Copy by pieces of known size, which costs less than a call of memcpy; they may overlap."""
    cdef Py_ssize_t lanes = VECTOR_BYTES // sizeof(floating), i = 0
    if size >= lanes:
        while i + lanes <= size:
            memcpy(to + i, source + i, VECTOR_BYTES)
            i += lanes
        memcpy(to + size - lanes, source + size - lanes, VECTOR_BYTES)
    elif 2 * size >= lanes:
        memcpy(to, source, VECTOR_BYTES // 2)
        memcpy(to + size - lanes // 2, source + size - lanes // 2, VECTOR_BYTES // 2)
    else:
        for i in range(size):
            to[i] = source[i]


cdef inline void gather_row(const floating* source, Py_ssize_t stride, floating* to,
                            Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    if stride == 2:             # common, and vectorises when the compiler knows it
        for i in range(size):
            to[i] = source[2 * i]
    else:
        for i in range(size):
            to[i] = source[stride * i]


cdef inline Py_ssize_t part(Py_ssize_t n, Py_ssize_t i, Py_ssize_t parts) noexcept nogil:
    """Return where the i-th of so many nearly equal parts of n begins."""
    return n * i // parts


cdef inline Py_ssize_t channel_blocks(Py_ssize_t channels) noexcept nogil:
    """Count the register blocks that so many channels make."""
    return (channels + MAX_CHANNELS - 1) // MAX_CHANNELS
