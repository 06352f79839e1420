"""Layers one after the other, with a shortcut. Source: mlpack ann/layer/sequential.hpp."""
from mlpack_ann._validation import flag

from mlpack_ann.layer.container cimport Container
from mlpack_ann.layer.multi_layer cimport MultiLayer


cdef class Sequential(MultiLayer):
    """Layers one after the other; as a residual block it adds the input to their output.

    Parameters
    ----------
    model : bool, default=True
        Whether `Model()` gives the layers; their weights are among the `parameters` in any case.
    residual : bool, default=False
        ``output = layers(input) + input``, where the layers keep the shape; mlpack's template
        parameter. The class `Residual` is a Sequential made with True.
    layers : iterable of Layer, optional
        The first layers; `Add` appends others.

    Notes
    -----
    Input: (batch, ...) as the first layer takes it; output: as the last gives it. The rest is as in
    :class:`MultiLayer`.

    References
    ----------
    He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition.
    """
    cdef readonly bint model

    def __init__(self, model=True, residual=False, *, layers=()):
        self._built = False
        self.model = flag(model, self, "model")
        self._residual = flag(residual, self, "residual")
        Container.__init__(self, layers)

    @property
    def residual(self):
        return self._residual

    def Model(self):
        """Return the layers that were added, or none if `model` is False."""
        return self.layers if self.model else ()


cdef class Residual(Sequential):
    """A :class:`Sequential` that adds the input to the output of its layers.

    Parameters
    ----------
    model : bool, default=True
    layers : iterable of Layer, optional

    Notes
    -----
    Input and output: (batch, ...), of one shape.
    """
    def __init__(self, model=True, *, layers=()):
        super().__init__(model, True, layers=layers)
