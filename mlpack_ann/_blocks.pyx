"""Copies between arrays that are laid out differently, and their adjoints."""
from cython cimport floating
from libc.string cimport memcpy, memset
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_NBYTES, PyArray_SIZE, PyArray_TYPE,
                    import_array, ndarray)

from mlpack_ann._copies cimport (copy_f32, copy_f64, fill_all, fill_f32, fill_f64, spread_f32,
                                 spread_f64)
from mlpack_ann._parallel cimport in_parts
from mlpack_ann._reduce cimport sum_
from mlpack_ann._rows_out cimport (ANN_STREAM_BYTES, HELD, RowsOut, ann_stream_end, end_rows,
                                   next_row, start_rows)

import_array()

cdef enum:
    SHORT = 16                          # elements up to which a loop beats a call of memcpy
    LONG = 1024                         # bytes of a run that is written past the caches by itself
    PIECE = 32                          # bytes that a run of one value is written by


cdef struct Task:
    const Blocks* b
    bint wide                           # float64
    bint streamed                       # written past the caches
    int held                            # the loop whose items are gathered for that; or none
    const void* x
    char* y
    Py_ssize_t y0, y_size               # elements: where the loops begin in y, and all of y


cdef inline void fill_run(floating* y, Py_ssize_t n, floating value, bint streamed) noexcept nogil:
    cdef floating piece[8]              # or 4
    cdef Py_ssize_t lanes = PIECE // sizeof(floating), i = 0
    if n * <Py_ssize_t>sizeof(floating) >= LONG:
        if floating is double:
            fill_f64(y, n, value, streamed)
        else:
            fill_f32(y, n, value, streamed)
    elif n < lanes:
        for i in range(n):
            y[i] = value
    else:
        for i in range(lanes):
            piece[i] = value
        i = 0
        while i < n - lanes:
            memcpy(y + i, &piece[0], PIECE)
            i += lanes
        memcpy(y + n - lanes, &piece[0], PIECE)


cdef inline void copy_run(const floating* x, floating* y, Py_ssize_t n, Py_ssize_t step,
                          Py_ssize_t y_step, bint streamed) noexcept nogil:
    cdef Py_ssize_t i
    if step == 1 and y_step == 1 and n > SHORT:
        if n * <Py_ssize_t>sizeof(floating) < LONG:
            memcpy(y, x, n * sizeof(floating))
        elif floating is double:
            copy_f64(x, y, n, streamed)
        else:
            copy_f32(x, y, n, streamed)
    elif step == 0 and y_step == 1:
        fill_run(y, n, x[0], streamed)
    else:
        for i in range(n):
            y[i * y_step] = x[i * step]


cdef inline void repeat_elements(const floating* x, floating* y, Py_ssize_t n,
                                 Py_ssize_t times) noexcept nogil:
    """Write each element of x several times in a row."""
    cdef Py_ssize_t i, j
    for i in range(n):
        for j in range(times):
            y[i * times + j] = x[i]


cdef inline bint is_spread(const Blocks* b, int loop) noexcept nogil:
    """Whether the two innermost loops, `loop` being one, repeat each element often."""
    return (loop + 2 == b.loops and b.x[loop] == 1 and b.x[loop + 1] == 0 and b.y[loop + 1] == 1
            and b.y[loop] == b.size[loop + 1] > SHORT)


cdef void copy_loops(const Task* t, int loop, Py_ssize_t start, Py_ssize_t stop,
                     const floating* x, floating* y) noexcept nogil:
    """The items start..stop of a loop, and all of those within it."""
    cdef const Blocks* b = t.b
    cdef int inner = loop + 1
    cdef Py_ssize_t i
    x += start * b.x[loop]
    y += start * b.y[loop]
    if inner == b.loops:
        copy_run(x, y, stop - start, b.x[loop], b.y[loop], t.streamed)
    elif (inner + 1 == b.loops and b.x[loop] == 1 and b.x[inner] == 0 and b.y[inner] == 1
            and b.y[loop] == b.size[inner] <= SHORT):
        if b.size[inner] == 2:          # a number that the compiler knows makes faster code
            repeat_elements(x, y, stop - start, 2)
        else:
            repeat_elements(x, y, stop - start, b.size[inner])
    elif is_spread(b, loop):
        if floating is double:
            spread_f64(x, y, stop - start, b.size[inner], t.streamed)
        else:
            spread_f32(x, y, stop - start, b.size[inner], t.streamed)
    else:
        for i in range(stop - start):
            copy_loops(t, inner, 0, b.size[inner], x + i * b.x[loop], y + i * b.y[loop])


cdef void hold_loops(const Task* t, int loop, Py_ssize_t start, Py_ssize_t stop,
                     const floating* x, RowsOut* out) noexcept nogil:
    """As :func:`copy_loops`, but what is written goes out by rows."""
    cdef int inner = loop + 1
    cdef Py_ssize_t i, size = t.b.y[loop] * <Py_ssize_t>sizeof(floating)
    x += start * t.b.x[loop]
    for i in range(stop - start):
        if loop == t.held:
            copy_loops(t, inner, 0, t.b.size[inner], x, <floating*>next_row(out, size))
        else:
            hold_loops(t, inner, 0, t.b.size[inner], x, out)
        x += t.b.x[loop]


cdef inline void copy_part(const Task* t, Py_ssize_t start, Py_ssize_t stop, const floating* x,
                           floating* y) noexcept nogil:
    cdef RowsOut out
    if t.held < t.b.loops:
        start_rows(&out, y + start * t.b.y[0], True)
        hold_loops(t, 0, start, stop, x, &out)
        end_rows(&out)
        return
    copy_loops(t, 0, start, stop, x, y)
    ann_stream_end()


cdef void copy_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        copy_part(t, start, stop, <const double*>t.x, <double*>t.y + t.y0)
    else:
        copy_part(t, start, stop, <const float*>t.x, <float*>t.y + t.y0)


cdef void place_loops(const Task* t, int loop, Py_ssize_t start, Py_ssize_t stop,
                      const floating* x, floating* y, floating** done) noexcept nogil:
    """As :func:`copy_loops`, but clear what lies between the runs; `done` is where that begins."""
    cdef const Blocks* b = t.b
    cdef int inner = loop + 1
    cdef Py_ssize_t i
    x += start * b.x[loop]
    y += start * b.y[loop]
    if inner == b.loops:
        fill_run(done[0], y - done[0], <floating>0, t.streamed)
        copy_run(x, y, stop - start, 1, 1, t.streamed)
        done[0] = y + (stop - start)
        return
    for i in range(stop - start):
        place_loops(t, inner, 0, b.size[inner], x, y, done)
        x += b.x[loop]
        y += b.y[loop]


cdef inline void place_part(const Task* t, Py_ssize_t start, Py_ssize_t stop, const floating* x,
                            floating* all_y) noexcept nogil:
    """The items start..stop of the outermost loop, and what is to be 0 around them."""
    cdef floating* y = all_y + t.y0
    cdef floating* done = all_y if start == 0 else y + start * t.b.y[0]
    cdef floating* end = all_y + t.y_size if stop == t.b.size[0] else y + stop * t.b.y[0]
    place_loops(t, 0, start, stop, x, y, &done)
    fill_run(done, end - done, <floating>0, t.streamed)
    ann_stream_end()


cdef void place_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        place_part(t, start, stop, <const double*>t.x, <double*>t.y)
    else:
        place_part(t, start, stop, <const float*>t.x, <float*>t.y)


cdef inline void sum_run(const floating* x, floating* y, Py_ssize_t n, Py_ssize_t step,
                         Py_ssize_t y_step) noexcept nogil:
    cdef Py_ssize_t i
    cdef floating total = 0
    if y_step == 0 and step == 1 and n > SHORT:
        y[0] += <floating>sum_(x, n)
    elif y_step == 0:
        for i in range(n):
            total += x[i * step]
        y[0] += total
    elif y_step == 1 and step == 1:
        for i in range(n):
            y[i] += x[i]
    else:
        for i in range(n):
            y[i * y_step] += x[i * step]


cdef inline void sum_repeated(const floating* x, floating* y, Py_ssize_t n,
                              Py_ssize_t times) noexcept nogil:
    """The adjoint of `repeat_elements`."""
    cdef Py_ssize_t i, j
    cdef floating total
    for i in range(n):
        total = y[i]
        for j in range(times):
            total += x[i * times + j]
        y[i] = total


cdef void sum_loops(const Blocks* b, int loop, Py_ssize_t start, Py_ssize_t stop,
                    const floating* x, floating* y) noexcept nogil:
    cdef int inner = loop + 1
    cdef Py_ssize_t i
    x += start * b.x[loop]
    y += start * b.y[loop]
    if inner == b.loops:
        sum_run(x, y, stop - start, b.x[loop], b.y[loop])
    elif (inner + 1 == b.loops and b.y[loop] == 1 and b.y[inner] == 0 and b.x[inner] == 1
            and b.x[loop] == b.size[inner] <= SHORT):
        if b.size[inner] == 2:
            sum_repeated(x, y, stop - start, 2)
        else:
            sum_repeated(x, y, stop - start, b.size[inner])
    else:
        for i in range(stop - start):
            sum_loops(b, inner, 0, b.size[inner], x + i * b.x[loop], y + i * b.y[loop])


cdef inline void sum_part(const Blocks* b, Py_ssize_t start, Py_ssize_t stop, const floating* x,
                          floating* y) noexcept nogil:
    """Clear what belongs to these items of the outermost loop, and add up."""
    memset(y + start * b.y[0], 0, (stop - start) * b.y[0] * sizeof(floating))
    sum_loops(b, 0, start, stop, x, y)


cdef void sum_work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        sum_part(t.b, start, stop, <const double*>t.x, <double*>t.y)
    else:
        sum_part(t.b, start, stop, <const float*>t.x, <float*>t.y)


cdef double weight_of(const Blocks* b) noexcept:
    """Elements of an item of the outermost loop."""
    cdef double weight = 1
    cdef int i
    for i in range(1, b.loops):
        weight *= b.size[i]
    return weight


cdef bint is_empty(const Blocks* b) noexcept:
    cdef int i
    for i in range(b.loops):
        if b.size[i] == 0:
            return True
    return False


cdef bint is_in_order(const Blocks* b) noexcept:
    """Whether all of y's elements are written one after another."""
    cdef int i
    for i in range(b.loops - 1):
        if b.y[i] != b.size[i + 1] * b.y[i + 1]:
            return False
    return b.y[b.loops - 1] == 1


cdef Task task_of(const Blocks* b, ndarray x, Py_ssize_t x0, ndarray y, Py_ssize_t y0) noexcept:
    cdef Task t
    cdef bint wide = PyArray_TYPE(x) == NPY_DOUBLE
    cdef Py_ssize_t item = sizeof(double) if wide else sizeof(float)
    t.b, t.wide, t.held = b, wide, LOOPS
    # What is read little leaves more of the cache for what is written.
    t.streamed = (PyArray_NBYTES(y) >= ANN_STREAM_BYTES
                  and (4 * PyArray_NBYTES(x) >= PyArray_NBYTES(y)
                       or PyArray_NBYTES(y) >= 3 * ANN_STREAM_BYTES))
    t.x, t.y = <const char*>PyArray_DATA(x) + x0 * item, <char*>PyArray_DATA(y)
    t.y0, t.y_size = y0, PyArray_SIZE(y)
    return t


cdef int loop_held(const Blocks* b, Py_ssize_t item) noexcept:
    """Return the outermost loop with items to gather, of elements of so many bytes; LOOPS if none.
    """
    cdef int i
    if (is_in_order(b) and b.size[b.loops - 1] * item < LONG
            and not (b.loops > 1 and is_spread(b, b.loops - 2))):
        for i in range(b.loops - 1):
            if 2 * PIECE <= b.y[i] * item <= HELD:
                return i
    return LOOPS


cdef void copy_blocks(Blocks* b, ndarray x, Py_ssize_t x0, ndarray y, Py_ssize_t y0) noexcept:
    cdef Task t
    if is_empty(b):
        return
    if b.loops == 0:                    # a single element
        b.loops, b.size[0], b.x[0], b.y[0] = 1, 1, 1, 1
    t = task_of(b, x, x0, y, y0)
    if t.streamed:
        t.held = loop_held(b, sizeof(double) if t.wide else sizeof(float))
    in_parts(copy_work, &t, b.size[0], weight_of(b))


cdef void place_blocks(Blocks* b, ndarray x, ndarray y, Py_ssize_t y0) noexcept:
    cdef Task t
    cdef int last = b.loops
    if last > 0 and b.y[last - 1] != 1:             # a run is an element
        b.size[last], b.x[last], b.y[last] = 1, 1, 1
        b.loops += 1
    if b.loops < 2 or is_empty(b):                  # a single run, or none
        fill_all(y, 0)
        copy_blocks(b, x, 0, y, y0)
        return
    t = task_of(b, x, 0, y, y0)
    in_parts(place_work, &t, b.size[0], <double>t.y_size / b.size[0])


cdef void sum_blocks(Blocks* b, ndarray x, ndarray y) noexcept:
    cdef Task t
    cdef int first = 0
    if is_empty(b):
        return
    while first < b.loops and b.y[first] == 0:
        first += 1
    # The outermost loop is to write apart; that of one item does, too.
    if first == b.loops:
        put_first(b, 1, 0, 1, b.loops)
    elif first > 0:
        put_first(b, b.size[first], b.x[first], b.y[first], first)
    t = task_of(b, x, 0, y, 0)
    in_parts(sum_work, &t, b.size[0], weight_of(b))


cdef void put_first(Blocks* b, Py_ssize_t size, Py_ssize_t x, Py_ssize_t y, int place) noexcept:
    """Make this loop the outermost, by moving those before `place`, which is free."""
    cdef int i
    b.loops = max(b.loops, place + 1)
    for i in range(place, 0, -1):
        b.size[i], b.x[i], b.y[i] = b.size[i - 1], b.x[i - 1], b.y[i - 1]
    b.size[0], b.x[0], b.y[0] = size, x, y
