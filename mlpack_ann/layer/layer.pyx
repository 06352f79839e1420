"""Base class of all layers: the public methods, once. Source: mlpack ann/layer/layer.hpp."""
import numpy as np

from numpy cimport NPY_DOUBLE, PyArray_TYPE, import_array, ndarray

from mlpack_ann import _random
from mlpack_ann._signature import ConstructorSignature, arguments_of, representation, restore
from mlpack_ann._validation import dimensions, flag, floating_dtype, shown
from mlpack_ann._validation cimport (ANY_FLOAT, Shape, as_input, as_operand, as_target, as_tuple,
                                     check_apart, check_shape, is_float, of_shape, read_shape,
                                     shape_of)

import_array()


cdef class Layer:
    """A function of a batch, its derivative, and the gradient of its parameters.

    The first axis of every array counts the points of the batch; arrays are float32 or float64 and
    C-contiguous (others are converted). A layer with weights has the dtype it was made with.

    A layer writes the hooks `_forward`, `_backward` and, if it has weights, `_gradient`, and
    `_output_shape` if the output is not shaped like the input. Hooks get checked arrays, branch
    once on the dtype and call a fused kernel over typed memoryviews; overrides of fused *methods*
    would never be called (Cython issue 3607). A layer's constructor calls this one last, when
    every argument has been checked; its parameters are attributes of the same names, from which
    `repr`, `pickle` and `copy` work. What else is to be kept is named in the class attribute
    `_state`. One with sizes begins with ``self._built = False``: called again with a bad argument,
    it leaves an object that refuses to work instead of one with sizes that do not fit its weights.
    One with weights sets `_unsized` beforehand, and `_allocate` clears it.

    Parameters
    ----------
    dtype : float32 or float64, optional
        Of the weights; omitted for a layer that has none.
    rng : numpy.random.Generator, optional
        Where random numbers come from; see `mlpack_ann.RandomSeed`.
    """
    _state = ()
    _own_start = False      # keeps its own initial values whatever an initialisation rule says
    __signature__ = ConstructorSignature()

    def __init__(self, dtype=None, rng=None):
        self.rng = rng
        has_weights = self._unsized or dtype is not None
        self._typenum = floating_dtype(dtype, self).num if has_weights else ANY_FLOAT
        if not self._complete():
            raise TypeError(f"{type(self).__name__}: is a base class, or inherits from one whose "
                            "__init__ was not called")
        self._training = True
        self._seen = self._parameters = None
        self._built = True

    # ---------------------------------------------------------------- what users call

    def Forward(self, input, output=None):
        """Compute the output.

        Parameters
        ----------
        input : array_like of shape (batch, ...)
        output : ndarray of shape ``OutputShape(input.shape)``, optional
            Filled and returned; a new array if omitted.

        Returns
        -------
        ndarray

        Raises
        ------
        TypeError
            For a dtype other than float32, float64 (or that of the weights), integers and booleans.
        ValueError
            For a wrong shape, or an `output` that is read-only, strided or overlaps the input.
        """
        cdef Shape inner, outer
        cdef ndarray x = self._taken(input)
        cdef int typenum = PyArray_TYPE(x)
        cdef ndarray y = as_target(output, typenum, self, "output")
        self._shapes(x, &inner, &outer)
        y = of_shape(y, &outer, typenum, self, "output")
        if output is not None:
            check_apart(y, x, input, self, "output", "input")
            self._keep_apart(y, "output")
        if self._unsized:
            self._infer(&inner)
            self._shapes(x, &inner, &outer)     # drawing weights may run foreign code
            check_shape(y, &outer, self, "output")
        self._forward(x, y)
        return y if output is None else output

    def Backward(self, input, output, gy, g=None):
        """Compute the derivative by the input.

        Parameters
        ----------
        input : array_like of shape (batch, ...)
            What Forward was given.
        output : array_like of shape ``OutputShape(input.shape)``
            What Forward returned.
        gy : array_like of the shape of `output`
            Derivative of the objective by the output.
        g : ndarray of the shape of `input`, optional
            Filled and returned; a new array if omitted.

        Returns
        -------
        ndarray
            Derivative of the objective by the input.

        Raises
        ------
        TypeError, ValueError
            As Forward.
        RuntimeError
            If the layer keeps something from Forward, and the latest was of another shape or none.
        """
        cdef Shape inner, outer
        cdef ndarray x = self._taken(input)
        cdef int typenum = PyArray_TYPE(x)
        cdef ndarray y = as_input(output, typenum, self, "output")
        cdef ndarray d = as_input(gy, typenum, self, "gy")
        cdef ndarray result = as_target(g, typenum, self, "g")
        self._require_sizes()
        self._shapes(x, &inner, &outer)
        check_shape(y, &outer, self, "output")
        check_shape(d, &outer, self, "gy")
        result = of_shape(result, &inner, typenum, self, "g")
        if g is not None:
            check_apart(result, x, input, self, "g", "input")
            check_apart(result, y, output, self, "g", "output")
            check_apart(result, d, gy, self, "g", "gy")
            self._keep_apart(result, "g")
        self._backward(x, y, d, result)
        return result if g is None else g

    def Gradient(self, input, error, gradient=None):
        """Compute the derivative by the parameters, summed over the batch.

        Parameters
        ----------
        input : array_like of shape (batch, ...)
            What Forward was given.
        error : array_like of shape ``OutputShape(input.shape)``
            Derivative of the objective by the output.
        gradient : ndarray of the shape of `parameters`, optional
            Filled and returned; a new array if omitted.

        Returns
        -------
        ndarray
            One value per parameter; of shape (0,) for a layer that has none.

        Raises
        ------
        TypeError, ValueError, RuntimeError
            As Backward.
        """
        cdef Shape inner, outer, flat
        cdef ndarray x = self._taken(input)
        cdef int typenum = PyArray_TYPE(x)
        cdef ndarray d = as_input(error, typenum, self, "error")
        cdef ndarray result = as_target(gradient, typenum, self, "gradient")
        self._require_sizes()
        self._shapes(x, &inner, &outer)
        check_shape(d, &outer, self, "error")
        flat.ndim = 1
        flat.dims[0] = 0 if self._parameters is None else self._parameters.shape[0]
        result = of_shape(result, &flat, typenum, self, "gradient")
        if gradient is not None:
            check_apart(result, x, input, self, "gradient", "input")
            check_apart(result, d, error, self, "gradient", "error")
            self._keep_apart(result, "gradient")
        if self._parameters is not None:
            self._gradient(x, d, result)
        return result if gradient is None else gradient

    def OutputShape(self, shape):
        """Return the shape of Forward's output for an input of this shape.

        Parameters
        ----------
        shape : tuple of int

        Returns
        -------
        tuple of int
        """
        cdef Shape inner, outer
        self._check_built()
        shape_of(shape, &inner, self, "shape")
        self._output_shape(&inner, &outer)
        return as_tuple(&outer)

    def Reset(self):
        """Give the parameters their initial values again."""
        self._check_built()
        if self._parameters is not None:
            self._initialise()

    @property
    def parameters(self):
        """Flat array of the weights, in mlpack's order: a live view, to read, write or assign.

        None for a layer without weights, and until the first Forward for one that infers its size.
        """
        return None if self._parameters is None else self._parameters[:]

    @parameters.setter
    def parameters(self, value):
        cdef Shape shape
        if self._parameters is None:
            when = " before its first Forward" if self._unsized else ""
            raise ValueError(f"{type(self).__name__}: parameters cannot be assigned, the layer has "
                             f"none{when}")
        read_shape(self._parameters, &shape)
        self._parameters[:] = as_operand(value, &shape, self._typenum, self, "parameters")

    @property
    def dtype(self):
        """numpy.dtype of the weights, or None for a layer that follows its input."""
        if self._typenum == ANY_FLOAT:
            return None
        return np.dtype(np.float64 if self._typenum == NPY_DOUBLE else np.float32)

    @property
    def rng(self):
        """numpy.random.Generator, or None for the library's; see `mlpack_ann.RandomSeed`."""
        return self._rng

    @rng.setter
    def rng(self, value):
        self._rng = _random.check(value, self)

    @property
    def training(self):
        """bool, True at first: random layers draw, norms use the statistics of the batch."""
        return self._training

    @training.setter
    def training(self, value):
        self._training = flag(value, self, "training")

    @property
    def input_dimensions(self):
        """(channels, height, width) of a point given flat, or None. Set it to pass flat points."""
        return self._input_dimensions

    @input_dimensions.setter
    def input_dimensions(self, value):
        self._input_dimensions = dimensions(value, self, "input_dimensions")

    # ---------------------------------------------------------------- repr, pickle, copy

    def __repr__(self):
        return representation(self)

    def __reduce__(self):
        return restore, (type(self), arguments_of(self), self.__getstate__())

    def __getstate__(self):
        names = ("training", "input_dimensions", *self._state)
        return {"parameters": self.parameters, **{name: getattr(self, name) for name in names}}

    def __setstate__(self, state):
        self._check_built()
        expected = self.__getstate__().keys()
        if not isinstance(state, dict) or not state.keys() <= expected:
            raise ValueError(f"{type(self).__name__}: state is {shown(state)}, "
                             f"expected a dict of {', '.join(expected)}")
        for name, value in state.items():
            if name != "parameters" or value is not None:
                setattr(self, name, value)

    # ---------------------------------------------------------------- hooks, with their defaults

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        """Fill in the output's shape, or refuse the input's. Default: the same shape."""
        cdef int i
        outer.ndim = inner.ndim
        for i in range(inner.ndim):
            outer.dims[i] = inner.dims[i]
        return 0

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        return self._not_written("Forward")

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        return self._not_written("Backward")

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        return self._not_written("Gradient")

    cdef int _infer(self, const Shape* inner) except -1:
        """Take the sizes left open from the first input and allocate; called if `_unsized`."""
        return 0

    cdef int _bind(self) except -1:
        """Cut `_parameters` into the views that the kernels use; called when it is a new array."""
        return 0

    cdef int _initialise(self) except -1:
        """Write the initial values into `_parameters`."""
        self._parameters[:] = 0
        return 0

    cdef bint _complete(self):
        """Whether the class has set what its hooks cannot do without."""
        return True

    # ---------------------------------------------------------------- tools for the hooks

    cdef int _allocate(self, object size) except -1:
        """Make `size` weights and give them their initial values."""
        if size >= 2**58:
            raise ValueError(f"{type(self).__name__}: parameters would have {size} elements, more "
                             "than memory could hold")
        # A view, so that nobody gets hold of its owner, as the `base` of another, and reshapes it.
        self._parameters = np.empty(size, self.dtype)[:]
        self._bind()
        self._initialise()
        self._unsized = False
        return 0

    cdef int _adopt(self, ndarray flat) except -1:
        """Move the weights into `flat`, a part of the array of a layer that holds this one."""
        if flat.shape[0] == self._parameters.shape[0]:
            flat[:] = self._parameters
        return self._share(flat)

    cdef int _share(self, ndarray flat) except -1:
        """Let `flat`, an array of its length and dtype, be the weights."""
        if (self._parameters is None or PyArray_TYPE(flat) != self._typenum
                or flat.shape[0] != self._parameters.shape[0]):
            raise RuntimeError(f"{type(self).__name__}: __init__ was called while its weights were "
                               "gathered")
        self._parameters = flat
        return self._bind()

    cdef int _not_written(self, str method) except -1:
        raise NotImplementedError(f"{type(self).__name__}: {method} is left to the classes that "
                                  "inherit")

    cdef int _refuse_shape(self, const Shape* given, str expected) except -1:
        raise ValueError(f"{type(self).__name__}: input has shape {as_tuple(given)}, "
                         f"expected {expected}")

    cdef int _remember(self, ndarray x) except -1:
        """Note that what Forward left behind belongs to an input of this shape."""
        self._seen = (<object>x).shape
        return 0

    cdef int _require_forward(self, ndarray x) except -1:
        if self._seen is None:
            raise RuntimeError(f"{type(self).__name__}: Backward and Gradient need a Forward first")
        if self._seen != (<object>x).shape:
            raise RuntimeError(f"{type(self).__name__}: input has shape {(<object>x).shape}, "
                               f"expected that of the latest Forward, {self._seen}")
        return 0

    # ---------------------------------------------------------------- checks

    # Reading an argument may run foreign code, which may change the layer. So all are read before
    # any shape is looked at.

    cdef ndarray _taken(self, object input):
        if not self._built:
            self._check_built()
        return as_input(input, self._typenum, self, "input")

    cdef int _shapes(self, ndarray x, Shape* inner, Shape* outer) except -1:
        """Fill in the shapes of input and output, or refuse the input's."""
        if not self._built or not is_float(x, self._typenum):
            self._check_built()
            raise RuntimeError(f"{type(self).__name__}: __init__ was called while arguments were "
                               f"read, expected the dtype to stay {(<object>x).dtype}")
        read_shape(x, inner)
        if inner.ndim == 0:
            self._refuse_shape(inner, "(batch, ...)")
        return self._output_shape(inner, outer)

    cdef int _require_sizes(self) except -1:
        if self._unsized:
            raise RuntimeError(f"{type(self).__name__}: Backward and Gradient need a Forward first")
        return 0

    cdef int _keep_apart(self, ndarray out, str name) except -1:
        if self._parameters is not None:
            check_apart(out, self._parameters, self._parameters, self, name, "parameters")
        return 0

    @property
    def _finished(self):
        """Whether `__init__` has come to its end; see _validation.pyx."""
        return self._built

    def _disable(self):
        self._built = False

    def _check_built(self):
        if not self._built:
            raise RuntimeError(f"{type(self).__name__}: __init__ was not called, or failed; "
                               "expected it to be called")
