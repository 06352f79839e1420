from numpy cimport ndarray

from mlpack_ann._gates cimport Sweep
from mlpack_ann.layer.recurrent_layer cimport RecurrentLayer


cdef class LSTMCell(RecurrentLayer):
    cdef ndarray _recurrent                 # (units, 4 units), or (4, units, units)

    # Hook of an LSTM.
    cdef int _kind(self)                    # what is done forwards; back is the next of the list
