"""Convolution of a batch of images with a bank of filters, its adjoint, its weight gradient.

Images are laid out as planes in which a tap of the filter is a constant offset (_planes.pxd), so
that a vector of outputs needs one load and one multiply-add per tap: no im2col. Whatever the
stride, the dilation or the direction, only the list of offsets differs:

 - forward: outputs are correlated with the planes of the input;
 - backward: the pixels of g with the same residues by the stride are an image of their own
   (`Target`), reached by some of the taps, and are correlated with the planes of gy;
 - gradient: sums over pixels of gy's times the input's at each tap's offset.

Sums are formed as they stand (_correlation.pyx, _weight_gradient.pyx), or, for 3 x 3 and 5 x 5
filters with stride 1, by way of Winograd's transforms (_winograd.pyx). The lower number of vector
multiply-adds decides.
"""
from cython cimport floating
from numpy cimport NPY_DOUBLE, PyArray_DATA, PyArray_DIM, PyArray_TYPE, import_array, ndarray

from mlpack_ann._correlation cimport (TAPS, TARGETS, Plan, Target, correlate, direct_cost, lay_out,
                                      new_target, place_results)
from mlpack_ann._planes cimport (Geometry, Planes, input_planes, input_taps, output_columns,
                                 output_planes, output_rows, whole_planes)
from mlpack_ann._scratch cimport Scratch
from mlpack_ann._weight_gradient cimport Sums, add_gradient, sum_planes, sums_of
from mlpack_ann._winograd cimport (Filtering, can_filter, filter_gradient, filter_images,
                                   filtering_cost)

import_array()


cdef class Convolver:
    """Convolution of one geometry, with the scratch memory it reuses from call to call.

    ``y[n, o, i, j] = bias[o] + sum_{c, a, b} weight[o, c, a, b] *
    x[n, c, i * stride_h + a * dilation_h - top, j * stride_w + b * dilation_w - left]``,
    x being zero outside the image and c a channel of o's group.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel : tuple of two int
        Height, width; so too `stride` and `dilation`.
    stride, dilation : tuple of two int, default=(1, 1)
    padding : tuple of four int, default=(0, 0, 0, 0)
        Zeros at the top, bottom, left, right; any number.
    groups : int, default=1
        Divides both numbers of channels.
    algorithm : {"auto", "direct", "winograd"}, default="auto"
        "winograd" only for what it serves: square kernels of 3 or 5, stride 1, one group.

    Notes
    -----
    Arrays are C-contiguous: x and g (n, in_channels, h, w), y and gy (n, out_channels,
    rows, columns), weight and dw (out_channels, in_channels / groups, *kernel), bias and db
    (out_channels,). rows = (h + top + bottom - (kernel_h - 1) * dilation_h - 1) // stride_h + 1
    is at least 1, and so is columns; the caller has checked that. One call at a time.
    """
    def __init__(self, in_channels, out_channels, kernel, stride=(1, 1), padding=(0, 0, 0, 0),
                 dilation=(1, 1), groups=1, algorithm="auto"):
        cdef Geometry* k = &self._k
        k.in_channels, k.out_channels, k.groups = in_channels, out_channels, groups
        k.kernel_h, k.kernel_w = kernel
        k.stride_h, k.stride_w = stride
        k.dilation_h, k.dilation_w = dilation
        k.top, k.bottom, k.left, k.right = padding
        self._algorithm = {"auto": AUTO, "direct": DIRECT, "winograd": WINOGRAD}[algorithm]
        self._scratch, self._filter_scratch = Scratch(), Scratch()

    cdef int forward_images(self, ndarray x, ndarray weight, ndarray bias, ndarray y) except -1:
        """Fill y; bias may be None."""
        cdef Py_ssize_t n = PyArray_DIM(x, 0), h = PyArray_DIM(x, 2), w = PyArray_DIM(x, 3)
        if PyArray_TYPE(x) == NPY_DOUBLE:
            return self.forward(n, h, w, <double*>data(x), <double*>data(weight),
                                <double*>data(bias), <double*>data(y))
        return self.forward(n, h, w, <float*>data(x), <float*>data(weight), <float*>data(bias),
                            <float*>data(y))

    cdef int backward_images(self, ndarray gy, ndarray weight, ndarray bias, ndarray g) except -1:
        """Fill g, given gy. A bias, of in_channels elements and usually None, is added to g."""
        cdef Py_ssize_t n = PyArray_DIM(g, 0), h = PyArray_DIM(g, 2), w = PyArray_DIM(g, 3)
        if PyArray_TYPE(g) == NPY_DOUBLE:
            return self.backward(n, h, w, <double*>data(gy), <double*>data(weight),
                                 <double*>data(bias), <double*>data(g))
        return self.backward(n, h, w, <float*>data(gy), <float*>data(weight), <float*>data(bias),
                             <float*>data(g))

    cdef int gradient_images(self, ndarray x, ndarray gy, ndarray dw, ndarray db) except -1:
        """Fill dw and db, summed over the batch; db may be None."""
        cdef Py_ssize_t n = PyArray_DIM(x, 0), h = PyArray_DIM(x, 2), w = PyArray_DIM(x, 3)
        if PyArray_TYPE(x) == NPY_DOUBLE:
            return self.gradient(n, h, w, <double*>data(x), <double*>data(gy), <double*>data(dw),
                                 <double*>data(db))
        return self.gradient(n, h, w, <float*>data(x), <float*>data(gy), <float*>data(dw),
                             <float*>data(db))

    cdef int forward(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* x,
                     const floating* weight, const floating* bias, floating* y) except -1 nogil:
        """Fill y; bias may be NULL."""
        cdef const Geometry* k = &self._k
        cdef Plan plan
        cdef Filtering f
        plan.planes = input_planes(k, h, w, sizeof(floating))
        cdef Py_ssize_t taps = plan.planes.channels * k.kernel_h * k.kernel_w, t
        cdef Py_ssize_t rows = output_rows(k, h), columns = output_columns(k, w)
        plan.channels, plan.area = k.out_channels // k.groups, rows * columns
        plan.targets = <Target*>self._scratch.take(TARGETS, sizeof(Target))
        plan.target_count, plan.targets[0] = 1, new_target(rows, columns, 0, columns, 1)
        plan.targets[0].taps = taps
        lay_out(&plan, sizeof(floating))
        f = Filtering(n, k.in_channels, k.out_channels, h, w, rows, columns, k.top, k.left,
                      k.kernel_h, False)
        if self._filters(&f, direct_cost(&plan, sizeof(floating)), sizeof(floating)):
            return filter_images(&f, self._filter_scratch, x, weight, bias, y)
        if plan.by_channels:
            plan.planes = whole_planes(k, h, w, sizeof(floating))
            plan.targets[0].pitch = plan.planes.pitch * k.stride_h
            plan.targets[0].step = k.stride_w
        place_results(self._scratch, &plan, sizeof(floating))
        plan.offset = <Py_ssize_t*>self._scratch.take(TAPS, 2 * taps * sizeof(Py_ssize_t))
        plan.index, plan.weight_step = plan.offset + taps, taps
        input_taps(k, &plan.planes, plan.offset)
        for t in range(taps):
            plan.index[t] = t
        return correlate(k, self._scratch, &plan, n, x, weight, bias, y)

    cdef int backward(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* gy,
                      const floating* weight, const floating* bias, floating* g) except -1 nogil:
        """Fill g, of images of h x w, given gy; bias may be NULL."""
        cdef const Geometry* k = &self._k
        cdef Plan plan
        cdef Filtering f
        plan.planes = output_planes(k, h, w, sizeof(floating))
        cdef Py_ssize_t area = k.kernel_h * k.kernel_w, taps = plan.planes.channels * area
        cdef Py_ssize_t steps_h = min(k.stride_h, h), steps_w = min(k.stride_w, w)
        cdef Py_ssize_t i, row, column, first_tap = 0
        plan.channels, plan.area = k.in_channels // k.groups, h * w
        plan.target_count = steps_h * steps_w
        plan.targets = <Target*>self._scratch.take(TARGETS, plan.target_count * sizeof(Target))
        for i in range(plan.target_count):
            row, column = i // steps_w, i % steps_w
            plan.targets[i] = new_target((h - row - 1) // k.stride_h + 1,
                                         (w - column - 1) // k.stride_w + 1,
                                         row * w + column, k.stride_h * w, k.stride_w)
            plan.targets[i].taps = taps // plan.target_count        # nearly
        lay_out(&plan, sizeof(floating))
        f = Filtering(n, k.out_channels, k.in_channels, plan.planes.height, plan.planes.width, h, w,
                      k.kernel_h - 1 - k.top, k.kernel_w - 1 - k.left, k.kernel_h, True)
        if self._filters(&f, direct_cost(&plan, sizeof(floating)), sizeof(floating)):
            return filter_images(&f, self._filter_scratch, gy, weight, bias, g)
        place_results(self._scratch, &plan, sizeof(floating))
        plan.offset = <Py_ssize_t*>self._scratch.take(TAPS, 2 * taps * sizeof(Py_ssize_t))
        plan.index, plan.weight_step = plan.offset + taps, area
        for i in range(plan.target_count):
            plan.targets[i].first_tap = first_tap
            plan.targets[i].taps = output_taps(k, &plan, i // steps_w, i % steps_w, first_tap)
            first_tap += plan.targets[i].taps
        return correlate(k, self._scratch, &plan, n, gy, weight, bias, g)

    cdef int gradient(self, Py_ssize_t n, Py_ssize_t h, Py_ssize_t w, const floating* x,
                      const floating* gy, floating* dw, floating* db) except -1 nogil:
        """Fill dw and db, sums over the batch; db may be NULL."""
        cdef const Geometry* k = &self._k
        cdef Planes planes = input_planes(k, h, w, sizeof(floating))
        cdef Sums s = sums_of(k, &planes, sizeof(floating))
        cdef Filtering f = Filtering(n, k.in_channels, k.out_channels, h, w, s.rows, s.columns,
                                     k.top, k.left, k.kernel_h, False)
        if db is not NULL:
            sum_planes(gy, n, k.out_channels, s.area, db)
        if self._filters(&f, s.cost, sizeof(floating)):
            return filter_gradient(&f, self._filter_scratch, x, gy, dw)
        if s.by_channels:
            planes = whole_planes(k, h, w, sizeof(floating))
        return add_gradient(k, self._scratch, &s, &planes, n, x, gy, dw)

    cdef bint _filters(self, const Filtering* f, double direct, Py_ssize_t item) noexcept nogil:
        """Whether Winograd's way is chosen, given what an image costs directly."""
        cdef const Geometry* k = &self._k
        if self._algorithm == DIRECT or f.images == 0 or not winograd_serves(k) or (
                k.top >= f.filter or k.left >= f.filter
                or k.bottom >= f.filter or k.right >= f.filter):
            return False
        return self._algorithm == WINOGRAD or filtering_cost(f, item) < direct


cdef bint winograd_serves(const Geometry* k) noexcept nogil:
    """Whether there is a transform for this geometry."""
    return (k.kernel_h == k.kernel_w and can_filter(k.kernel_h) and k.groups == 1
            and k.stride_h == k.stride_w == k.dilation_h == k.dilation_w == 1)


cdef void* data(ndarray a) noexcept:
    """Return where an array begins, or NULL for None."""
    return NULL if a is None else PyArray_DATA(a)


cdef int sum_images(ndarray images, ndarray sums) except -1:
    """Fill sums with the sum of each channel over the batch."""
    cdef Py_ssize_t n = PyArray_DIM(images, 0), channels = PyArray_DIM(images, 1)
    cdef Py_ssize_t area = PyArray_DIM(images, 2) * PyArray_DIM(images, 3)
    if PyArray_TYPE(images) == NPY_DOUBLE:
        sum_planes(<const double*>data(images), n, channels, area, <double*>data(sums))
    else:
        sum_planes(<const float*>data(images), n, channels, area, <float*>data(sums))
    return 0


cdef Py_ssize_t output_taps(const Geometry* k, const Plan* plan, Py_ssize_t row, Py_ssize_t column,
                            Py_ssize_t t) noexcept nogil:
    """Write, from the t-th on, the taps that reach g[row::stride_h, column::stride_w]: their
    offset in gy's planes and their place in the weights. Return their number."""
    cdef const Planes* p = &plan.planes
    cdef Py_ssize_t o, a, b, up, left, first = t
    for o in range(p.channels):
        for a in range(k.kernel_h):
            for b in range(k.kernel_w):
                up = row + k.top - a * k.dilation_h             # in g's pixels, from tap to output
                left = column + k.left - b * k.dilation_w
                if up % k.stride_h == 0 and left % k.stride_w == 0:
                    plan.offset[t] = (o * p.size + (up // k.stride_h + p.top) * p.pitch
                                      + left // k.stride_w + p.left)
                    plan.index[t] = (o * plan.channels * k.kernel_h + a) * k.kernel_w + b
                    t += 1
    return t - first
