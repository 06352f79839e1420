from numpy cimport ndarray

from mlpack_ann._pooling cimport Windows
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.image_layer cimport ImageLayer


cdef class Pooling(ImageLayer):
    cdef readonly object kernel_width, kernel_height    # ints, or None where the image decides
    cdef readonly object stride_width, stride_height
    cdef readonly object floor                          # bool or None

    cdef ndarray _scratch                               # memory of `_rows`

    cdef char* _rows(self, ndarray images) except NULL

    # Hook: lay the windows over images of this shape, or refuse it.
    cdef int _windows(self, const Shape* images, Windows* windows) except -1


cdef int fit_windows(Pooling layer, const Shape* images, Py_ssize_t width, Py_ssize_t height,
                     Windows* windows) except -1
