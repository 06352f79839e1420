"""The heads of attention: scores, their softmax, and the values weighted by it.

Each head of each point is an item for the threads: its keys are turned once, and its queries taken
by blocks whose scores stay in the cache.
"""
from cython cimport floating
from libc.math cimport sqrt
from libc.string cimport memcpy, memset

from mlpack_ann._parallel cimport in_parts, parts_of
from mlpack_ann._product cimport Product, multiply, to_pixels, whole_vectors
from mlpack_ann._scratch cimport Scratch
from mlpack_ann._softmax cimport softmax_rows, softmax_rows_back

cdef extern from "<math.h>" nogil:
    const float INFINITY

cdef enum:
    ROWS = 72                               # queries of a block: whole blocks of 6 and of 9 rows

cdef enum:                                  # what a piece of scratch memory is for
    STEPS, HEADS


cdef int attend(Attention* t, Py_ssize_t points, Scratch scratch) except -1:
    """Run all heads of all points: fill in `weights` and `out`, or `dq`, `dk` and `dv`."""
    cdef Py_ssize_t item = sizeof(double) if t.wide else sizeof(float), longest, i
    cdef Py_ssize_t* steps
    cdef double pairs
    t.size, t.scale = t.embed // t.heads, 1 / sqrt(<double>(t.embed // t.heads))
    t.lanes, t.padded_sources = whole_vectors(1, item), whole_vectors(t.sources, item)
    t.padded_size = whole_vectors(t.size, item)
    longest = max(t.targets, t.sources, t.size)
    steps = <Py_ssize_t*>scratch.take(STEPS, 3 * longest * sizeof(Py_ssize_t))
    for i in range(longest):
        steps[i], steps[longest + i], steps[2 * longest + i] = (
            i, i * t.embed, i * t.padded_sources)
    t.by_one, t.by_embed, t.by_sources = steps, steps + longest, steps + 2 * longest
    pairs = <double>t.targets * t.padded_sources
    if t.back:
        t.memory_size = ((t.size + 2 * ROWS) * t.padded_sources
                         + 3 * (ROWS + t.sources) * t.padded_size)
        pairs *= 3 + 5 * t.padded_size / 16.0
    else:
        t.memory_size = ((t.size + ROWS) * t.padded_sources
                         + (ROWS + t.sources) * t.padded_size)
        pairs *= 8 + 2 * t.padded_size / 16.0
    t.memory = scratch.take(HEADS, parts_of(points * t.heads, pairs) * t.memory_size * item)
    in_parts(work, t, points * t.heads, pairs)
    return 0


cdef inline void times(const Attention* t, const floating* x, const Py_ssize_t* place,
                       const Py_ssize_t* offset, Py_ssize_t rows, Py_ssize_t taps,
                       const floating* w, Py_ssize_t w_step, Py_ssize_t columns, floating* y,
                       Py_ssize_t y_step, bint adds) noexcept nogil:
    """y (+)= x @ w, where x[place[i] + offset[j]] is an element of x."""
    cdef Product k
    k.rows, k.taps, k.vectors = rows, taps, columns // t.lanes
    k.x, k.w, k.y, k.start = x, w, y, NULL
    k.place, k.offset, k.w_step, k.y_step, k.adds = place, offset, w_step, y_step, adds
    multiply(&k, x)


cdef inline const floating* in_vectors(const Attention* t, const floating* x, Py_ssize_t rows,
                                       floating* copy, Py_ssize_t* step) noexcept nogil:
    """Return a head's elements in whole vectors: in place if they are, else copied."""
    cdef Py_ssize_t i
    if t.size == t.padded_size:
        step[0] = t.embed
        return x
    for i in range(rows):
        memcpy(copy + i * t.padded_size, x + i * t.embed, t.size * sizeof(floating))
        memset(copy + i * t.padded_size + t.size, 0,
               (t.padded_size - t.size) * sizeof(floating))
    step[0] = t.padded_size
    return copy


cdef inline floating* target_of(const Attention* t, floating* y, floating* copy,
                                Py_ssize_t* step) noexcept nogil:
    """Return where to write a head's elements in whole vectors; see `from_vectors`."""
    step[0] = t.embed if t.size == t.padded_size else t.padded_size
    return y if t.size == t.padded_size else copy


cdef inline void from_vectors(const Attention* t, const floating* copy, floating* y,
                              Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t i
    if copy != y:
        for i in range(rows):
            memcpy(y + i * t.embed, copy + i * t.padded_size, t.size * sizeof(floating))


cdef inline void scale_head(const Attention* t, floating* x) noexcept nogil:
    cdef floating scale = <floating>t.scale
    cdef Py_ssize_t i, j
    for i in range(t.targets):
        for j in range(t.size):
            x[i * t.embed + j] = x[i * t.embed + j] * scale


cdef inline bint hide(const Attention* t, Py_ssize_t point, Py_ssize_t target,
                      floating* scores) noexcept nogil:
    """Make scores of a query -inf where they are masked; return whether all are."""
    cdef const unsigned char* hides
    cdef const unsigned char* pads
    cdef Py_ssize_t j, seen = 0
    for j in range(t.sources, t.padded_sources):
        scores[j] = -INFINITY
    if t.hides is NULL and t.pads is NULL:
        return False
    if t.hides is not NULL:
        hides = t.hides + point * t.hides_step + target * t.sources
        for j in range(t.sources):
            scores[j] = -INFINITY if hides[j] else scores[j]
    if t.pads is not NULL:
        pads = t.pads + point * t.pads_step
        for j in range(t.sources):
            scores[j] = -INFINITY if pads[j] else scores[j]
    for j in range(t.sources):
        seen += scores[j] != -INFINITY
    return seen == 0


cdef inline void head(const Attention* t, Py_ssize_t item, floating* memory) noexcept nogil:
    cdef Py_ssize_t point = item // t.heads, at = item % t.heads * t.size, first = 0, rows, i
    cdef Py_ssize_t values_step, step
    cdef floating* q = <floating*>t.q + point * t.targets * t.embed + at
    cdef const floating* k = <const floating*>t.k + point * t.sources * t.embed + at
    cdef const floating* v = <const floating*>t.v + point * t.sources * t.embed + at
    cdef floating* out = <floating*>t.out + point * t.targets * t.embed + at
    cdef floating* weights = <floating*>t.weights + item * t.targets * t.padded_sources
    cdef floating* keys = memory            # (size, padded_sources)
    cdef floating* scores = keys + t.size * t.padded_sources
    cdef floating* result = scores + ROWS * t.padded_sources
    cdef const floating* values
    cdef floating* y
    cdef bint[ROWS] blind
    scale_head(t, q)
    to_pixels(k, t.embed, t.sources, t.size, keys, t.padded_sources, t.size, 0)
    values = in_vectors(t, v, t.sources, result + ROWS * t.padded_size, &values_step)
    while first < t.targets:
        rows = min(t.targets - first, <Py_ssize_t>ROWS)
        times(t, <const floating*>q + first * t.embed, t.by_embed, t.by_one, rows, t.size,
              <const floating*>keys, t.padded_sources, t.padded_sources, scores, t.padded_sources,
              False)
        for i in range(rows):
            blind[i] = hide(t, point, first + i, scores + i * t.padded_sources)
        softmax_rows(<const floating*>scores, weights, 0, rows, t.padded_sources, False)
        for i in range(rows):
            if blind[i]:
                memset(weights + i * t.padded_sources, 0, t.padded_sources * sizeof(floating))
        y = target_of(t, out + first * t.embed, result, &step)
        times(t, <const floating*>weights, t.by_sources, t.by_one, rows, t.sources, values,
              values_step, t.padded_size, y, step, False)
        from_vectors(t, <const floating*>y, out + first * t.embed, rows)
        weights += rows * t.padded_sources
        first += rows


cdef inline void head_back(const Attention* t, Py_ssize_t item, floating* memory) noexcept nogil:
    cdef Py_ssize_t point = item // t.heads, at = item % t.heads * t.size, first = 0, rows
    cdef Py_ssize_t of_targets = point * t.targets * t.embed + at
    cdef Py_ssize_t of_sources = point * t.sources * t.embed + at
    cdef Py_ssize_t keys_step, queries_step, errors_step, dq_step, step
    cdef const floating* q = <const floating*>t.q + of_targets
    cdef const floating* k = <const floating*>t.k + of_sources
    cdef const floating* v = <const floating*>t.v + of_sources
    cdef const floating* dout = <const floating*>t.out + of_targets
    cdef const floating* weights = (<const floating*>t.weights
                                    + item * t.targets * t.padded_sources)
    cdef floating* dq = <floating*>t.dq + of_targets
    cdef floating* dk = <floating*>t.dk + of_sources
    cdef floating* dv = <floating*>t.dv + of_sources
    cdef floating* values = memory          # (size, padded_sources)
    cdef floating* slopes = values + t.size * t.padded_sources      # by the weights
    cdef floating* scores = slopes + ROWS * t.padded_sources        # and by the scores
    cdef floating* result = scores + ROWS * t.padded_sources
    cdef floating* block = result + ROWS * t.padded_size
    cdef floating* errors_block = block + ROWS * t.padded_size
    cdef floating* keys_copy = errors_block + ROWS * t.padded_size
    cdef floating* dk_copy = keys_copy + t.sources * t.padded_size
    cdef const floating* keys
    cdef const floating* queries
    cdef const floating* errors
    cdef floating* y
    cdef floating* to_dk = target_of(t, dk, dk_copy, &step)
    cdef floating* to_dv = target_of(t, dv, dk_copy + t.sources * t.padded_size, &step)
    to_pixels(v, t.embed, t.sources, t.size, values, t.padded_sources, t.size, 0)
    keys = in_vectors(t, k, t.sources, keys_copy, &keys_step)
    while first < t.targets:
        rows = min(t.targets - first, <Py_ssize_t>ROWS)
        times(t, dout + first * t.embed, t.by_embed, t.by_one, rows, t.size,
              <const floating*>values, t.padded_sources, t.padded_sources, slopes,
              t.padded_sources, False)
        softmax_rows_back(weights, weights, <const floating*>slopes, scores, 0, rows,
                          t.padded_sources, False)
        y = target_of(t, dq + first * t.embed, result, &dq_step)
        times(t, <const floating*>scores, t.by_sources, t.by_one, rows, t.sources, keys, keys_step,
              t.padded_size, y, dq_step, False)
        from_vectors(t, <const floating*>y, dq + first * t.embed, rows)
        queries = in_vectors(t, q + first * t.embed, rows, block, &queries_step)
        times(t, <const floating*>scores, t.by_one, t.by_sources, t.sources, rows, queries,
              queries_step, t.padded_size, to_dk, step, first > 0)
        errors = in_vectors(t, dout + first * t.embed, rows, errors_block, &errors_step)
        times(t, weights, t.by_one, t.by_sources, t.sources, rows, errors, errors_step,
              t.padded_size, to_dv, step, first > 0)
        weights += rows * t.padded_sources
        first += rows
    from_vectors(t, <const floating*>to_dk, dk, t.sources)
    from_vectors(t, <const floating*>to_dv, dv, t.sources)
    scale_head(t, dq)


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Attention* t = <const Attention*>task
    cdef double* wide = <double*>t.memory + part * t.memory_size
    cdef float* narrow = <float*>t.memory + part * t.memory_size
    cdef Py_ssize_t i
    for i in range(start, stop):
        if t.back and t.wide:
            head_back(t, i, wide)
        elif t.back:
            head_back(t, i, narrow)
        elif t.wide:
            head(t, i, wide)
        else:
            head(t, i, narrow)
