from numpy cimport ndarray

from mlpack_ann._convolution cimport Convolver
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.image_layer cimport ImageLayer


cdef class FilterBank(ImageLayer):
    cdef readonly Py_ssize_t out_size, kernel_width, kernel_height, stride_width, stride_height
    cdef readonly Py_ssize_t dilation_width, dilation_height, groups
    cdef readonly Py_ssize_t input_width, input_height
    cdef readonly str padding_type
    cdef readonly bint use_bias
    cdef Py_ssize_t _in_size                # 0 until known
    cdef Py_ssize_t _span_w, _span_h        # of a dilated kernel
    cdef str _algorithm
    cdef Convolver _convolver               # for the padding it was made with
    cdef tuple _given_padding, _padding     # top, bottom, left, right
    cdef ndarray _weight, _bias             # views of the parameters

    cdef tuple _cut(self, ndarray flat)
    cdef tuple _paddings(self, Py_ssize_t height, Py_ssize_t width)
    cdef int _check_channels(self, const Shape* inner) except -1
    cdef int _check_area(self, const Shape* inner, Py_ssize_t channels, double height,
                         double width) except -1
    cdef Convolver _convolver_for(self, ndarray x)
    cdef Convolver _new_convolver(self, tuple padding)
