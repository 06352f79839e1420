"""Separable resampling of images: every pixel is a weighted sum along each axis.

What is resampled to what, by which weights, is told by a table for each axis; a derivative goes by
the transposed tables. Rows are resampled along the width one by one, and combined along the height,
in the order that leaves less to be read by index: across first where there are fewer rows before
than after. Bands of rows are what threads share.
"""
import numpy as np

from cython cimport floating
from libc.string cimport memset
from numpy cimport (NPY_DOUBLE, PyArray_DATA, PyArray_ITEMSIZE, PyArray_NBYTES, PyArray_SIZE,
                    PyArray_TYPE, import_array, ndarray)

from mlpack_ann._parallel cimport in_parts, parts_of
from mlpack_ann._rows_out cimport RowsOut, copy_row, end_rows, is_streamed, next_row, start_rows
from mlpack_ann._scratch cimport Scratch

import_array()

cdef extern from *:
    """
    #include <stddef.h>
    #define T float
    #define NAME(f) f##_float
    #include "_resampling.h"
    #undef T
    #undef NAME
    #define T double
    #define NAME(f) f##_double
    #include "_resampling.h"
    #undef T
    #undef NAME
    """
    void across_float(const float*, const int*, const float*, Py_ssize_t, Py_ssize_t,
                      float*) noexcept nogil
    void across_double(const double*, const int*, const double*, Py_ssize_t, Py_ssize_t,
                       double*) noexcept nogil
    void down_float(const float**, const float*, int, bint, Py_ssize_t, float*) noexcept nogil
    void down_double(const double**, const double*, int, bint, Py_ssize_t, double*) noexcept nogil

cdef enum:                              # what a piece of scratch memory is for
    LINES, HELD

cdef enum:
    BAND = 8192                         # pixels of a band of rows, at least
    AT_ONCE = 4                         # rows combined
    LANES = 16                          # of the longest vectors
    APART = 16                          # numbers between what two threads write: in no common line


cdef class Axis:
    """Which sources make up each target, with what weights.

    Parameters
    ----------
    index, weight : ndarray of shape (targets, n)
        Sources of each target, in any order, and their weights; a source that comes several times
        has the sum of its weights, and one whose weight is 0 is left out.
    sources : int
        Their number, below 2**31.
    """
    def __init__(self, index, weight, sources):
        targets, count = index.shape
        pairs, place = np.unique(np.arange(targets)[:, None] * sources + index,
                                 return_inverse=True)
        weights = np.bincount(place.ravel(), weight.ravel(), len(pairs))
        kept = weights != 0
        self._fill(pairs[kept] // sources, pairs[kept] % sources, weights[kept], targets, sources)

    def transposed(self):
        """Return the table of the derivative."""
        target = np.repeat(np.arange(self.targets), np.diff(self._start))
        order = np.argsort(self._source, kind="stable")
        result = Axis.__new__(Axis)
        result._fill(self._source[order], target[order], self._weight[order], self.sources,
                     self.targets)
        return result

    def _fill(self, target, source, weight, targets, sources):
        """Take sources and weights, in the order of their targets, and of the sources of each."""
        counts = np.bincount(target, minlength=targets)
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.intp)
        first, last = start[:targets][counts > 0], start[1:][counts > 0] - 1
        self.targets, self.sources, self._start = targets, sources, start
        self._source, self._weight = source.astype(np.intp), weight.astype(np.float64)
        self._span = 1 + int((source[last] - source[first]).max(initial=0))    # they are in order
        self._taps = max(1, int(counts.max()))
        # Where there is no source, the zero that is put behind a row.
        self._padded = (targets + LANES - 1) // LANES * LANES
        index = np.full((self._padded, self._taps), sources, np.int32)
        factor = np.zeros((self._padded, self._taps))
        place = np.arange(len(source)) - start[:targets].repeat(counts)
        index[target, place], factor[target, place] = source, weight
        self._index = np.ascontiguousarray(index.T)
        self._factor64 = np.ascontiguousarray(factor.T)
        self._factor32 = self._factor64.astype(np.float32)
        self._plain = self._taps == 1 and bool((weight == 1).all())


cdef struct Task:
    bint wide, across_first, streamed
    Py_ssize_t height, width, rows, columns         # before and after
    Py_ssize_t band, bands                          # rows at a time, of an image
    Py_ssize_t padded                               # columns across, in whole vectors
    Py_ssize_t taps, span
    const Py_ssize_t* start
    const Py_ssize_t* source
    const double* weight
    const int* index
    const void* factor                              # or NULL
    const void* x
    void* y
    void* lines
    Py_ssize_t* held
    Py_ssize_t lines_size, held_size                # of a part: bytes, numbers


cdef int resample(ndarray x, ndarray y, Axis rows, Axis columns, Scratch scratch) except -1:
    """Fill y with the resampled images."""
    cdef Task t
    cdef Py_ssize_t item = PyArray_ITEMSIZE(x), planes, jobs
    cdef double weight
    cdef int parts
    t.height, t.width = rows.sources, columns.sources
    t.rows, t.columns = rows.targets, columns.targets
    planes = PyArray_SIZE(y) // (t.rows * t.columns)
    t.wide, t.across_first = PyArray_TYPE(x) == NPY_DOUBLE, t.height <= t.rows
    t.streamed = is_streamed(PyArray_NBYTES(y), t.columns * item)
    t.band = min(t.rows, BAND // t.columns + 1)
    t.bands = (t.rows + t.band - 1) // t.band
    t.taps, t.padded, t.span = columns._taps, columns._padded, rows._span
    t.start = <Py_ssize_t*>PyArray_DATA(rows._start)
    t.source = <Py_ssize_t*>PyArray_DATA(rows._source)
    t.weight, t.index = <double*>PyArray_DATA(rows._weight), <int*>PyArray_DATA(columns._index)
    t.factor = PyArray_DATA(columns._factor64 if t.wide else columns._factor32)
    if columns._plain:
        t.factor = NULL
    t.x, t.y = PyArray_DATA(x), PyArray_DATA(y)
    # A row with the zero behind it, and those across.
    t.lines_size = (t.width + 1 + (t.span if t.across_first else 1) * t.padded) * item
    t.lines_size = (t.lines_size + 63) // 64 * 64
    jobs = planes * t.bands
    weight = <double>t.band * (t.columns * (t.taps + 1) + (0 if t.across_first else t.width))
    parts = parts_of(jobs, weight)
    t.lines = scratch.take(LINES, parts * t.lines_size)
    t.held_size = t.span + APART
    t.held = <Py_ssize_t*>scratch.take(HELD, parts * t.held_size * sizeof(Py_ssize_t))
    in_parts(work, &t, jobs, weight)
    return 0


cdef void work(void* task, int part, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef const Task* t = <const Task*>task
    if t.wide:
        fill_bands(t, part, start, stop, <double*>t.y)
    else:
        fill_bands(t, part, start, stop, <float*>t.y)


cdef void fill_bands(const Task* t, int part, Py_ssize_t start, Py_ssize_t stop,
                     floating* y) noexcept nogil:
    """Fill some bands, one after another in memory."""
    cdef Py_ssize_t job, row, last, plane = -1, i
    cdef floating* line = <floating*>(<char*>t.lines + part * t.lines_size)
    cdef floating* lines = line + t.width + 1
    cdef Py_ssize_t* held = t.held + part * t.held_size
    cdef floating* to
    cdef const floating* image
    cdef RowsOut out
    line[t.width] = 0
    row = start % t.bands * t.band
    start_rows(&out, y + (start // t.bands * t.rows + row) * t.columns, t.streamed)
    for job in range(start, stop):
        image = <const floating*>t.x + job // t.bands * t.height * t.width
        if job // t.bands != plane:
            plane = job // t.bands
            for i in range(t.span):
                held[i] = -1
        row = job % t.bands * t.band
        last = min(row + t.band, t.rows)
        for row in range(row, last):
            to = <floating*>next_row(&out, t.columns * sizeof(floating))
            if t.across_first:
                hold_lines(t, row, image, line, lines, held)
                combine(t, row, lines, t.padded, t.span, to, t.columns)
            else:
                combine(t, row, image, t.width, t.height, line, t.width)
                resample_line(t, line, lines)
                copy_row(<char*>to, <const char*>lines, t.columns * sizeof(floating))
    end_rows(&out)


cdef inline void hold_lines(const Task* t, Py_ssize_t row, const floating* image, floating* line,
                            floating* lines, Py_ssize_t* held) noexcept nogil:
    """Resample the lines that make up a row, unless they are there."""
    cdef Py_ssize_t i, source, place
    for i in range(t.start[row], t.start[row + 1]):
        source = t.source[i]
        place = source % t.span
        if held[place] != source:
            copy_row(<char*>line, <const char*>(image + source * t.width),
                     t.width * sizeof(floating))
            resample_line(t, line, lines + place * t.padded)
            held[place] = source


cdef inline void resample_line(const Task* t, const floating* line, floating* to) noexcept nogil:
    if floating is float:
        across_float(line, t.index, <const float*>t.factor, t.taps, t.padded, to)
    else:
        across_double(line, t.index, <const double*>t.factor, t.taps, t.padded, to)


cdef inline void combine(const Task* t, Py_ssize_t row, const floating* lines, Py_ssize_t pitch,
                         Py_ssize_t count, floating* to, Py_ssize_t pixels) noexcept nogil:
    """Sum the lines that make up a row; line i is the (i % count)-th."""
    cdef const floating* several[AT_ONCE]
    cdef floating factor[AT_ONCE]
    cdef Py_ssize_t first = t.start[row], last = t.start[row + 1], i
    cdef int n
    cdef bint adds = False
    if first == last:
        memset(to, 0, pixels * sizeof(floating))
    elif last - first == 1 and t.weight[first] == 1:
        copy_row(<char*>to, <const char*>(lines + t.source[first] % count * pitch),
                 pixels * sizeof(floating))
        return
    while first < last:
        n = <int>min(last - first, <Py_ssize_t>AT_ONCE)
        for i in range(n):
            several[i] = lines + t.source[first + i] % count * pitch
            factor[i] = <floating>t.weight[first + i]
        if floating is float:
            down_float(several, factor, n, adds, pixels, to)
        else:
            down_double(several, factor, n, adds, pixels, to)
        first += n
        adds = True
