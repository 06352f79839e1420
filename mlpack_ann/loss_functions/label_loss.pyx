"""What the losses that take class labels share: the labels' check and the gradient."""
import numpy as np

from cython cimport floating
from numpy cimport (NPY_DOUBLE, NPY_INTP, PyArray_Cast, PyArray_CheckExact, PyArray_DATA,
                    PyArray_DIM, PyArray_FILLWBYTE, PyArray_ISCARRAY_RO, PyArray_NDIM, PyArray_TYPE,
                    PyTypeNum_ISINTEGER, import_array, ndarray, npy_intp)

from mlpack_ann._validation import as_array
from mlpack_ann._validation cimport Shape, as_tuple
from mlpack_ann.loss_functions.loss cimport Loss

import_array()


cdef bint all_within(const npy_intp* labels, npy_intp points, npy_intp classes) noexcept nogil:
    cdef bint result = True
    cdef Py_ssize_t i
    for i in range(points):
        result &= (0 <= labels[i]) & (labels[i] < classes)
    return result


cdef bint are_labels(ndarray given, const Shape* shape) noexcept:
    """Whether this array needs neither conversion nor complaint."""
    return (PyArray_TYPE(given) == NPY_INTP and PyArray_ISCARRAY_RO(given)
            and PyArray_NDIM(given) == 1 and PyArray_DIM(given, 0) == shape.dims[0]
            and all_within(<npy_intp*>PyArray_DATA(given), shape.dims[0], shape.dims[1]))


cdef void slope_map(floating[:, ::1] g, const npy_intp[::1] labels, double scale) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(g.shape[0]):
        g[i, labels[i]] = <floating>-scale


cdef class LabelLoss(Loss):
    """A loss of a point's log-probabilities, of which the label picks one.

    The target is one label per point, from 0 to the number of classes - 1.
    """
    cdef ndarray _target(self, object target, ndarray p, const Shape* shape):
        """Return the labels as integers of shape (batch,), or refuse them."""
        cdef ndarray fast
        if PyArray_CheckExact(target) and PyTypeNum_ISINTEGER(PyArray_TYPE(<ndarray>target)):
            fast = <ndarray>target
            if PyArray_TYPE(fast) != NPY_INTP:
                fast = PyArray_Cast(fast, NPY_INTP)
            if are_labels(fast, shape):
                return fast
        given = as_array(target, self, "target")
        points, classes = as_tuple(shape)
        if given.dtype.kind not in "biuf":
            raise TypeError(f"{type(self).__name__}: target is {given.dtype}, "
                            "expected integers, or floats that are whole numbers")
        if given.shape != (points,) and given.shape != (points, 1):
            raise ValueError(f"{type(self).__name__}: target has shape {given.shape}, "
                             f"expected ({points},) or ({points}, 1)")
        labels = given.reshape(points)
        good = (labels >= 0) & (labels < classes)
        if labels.dtype.kind == "f":
            good &= labels == np.floor(labels)
        if not good.all():
            row = int(good.argmin())
            raise ValueError(f"{type(self).__name__}: target has label {labels[row]} in row {row}, "
                             f"expected an integer from 0 to {classes - 1}")
        return np.ascontiguousarray(labels, np.intp)

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        if shape.ndim != 2 or shape.dims[1] == 0:
            self._refuse_shape(shape, "(batch, classes)")
        terms.ndim = 1
        terms.dims[0] = shape.dims[0]
        return 0

    cdef int _slopes(self, ndarray p, ndarray t, ndarray g, double scale) except -1:
        PyArray_FILLWBYTE(g, 0)
        if PyArray_TYPE(p) == NPY_DOUBLE:
            slope_map[double](g, t, scale)
        else:
            slope_map[float](g, t, scale)
        return 0
