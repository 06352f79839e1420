"""Variance-reduced classification reward. Source: mlpack ann/layer/vr_class_reward.hpp."""
import numpy as np

from mlpack_ann._validation import flag, shown
from mlpack_ann.layer.reinforce_normal import ReinforceNormal

from mlpack_ann._arrays cimport PyArray_DIM, import_array, ndarray
from mlpack_ann._validation cimport Shape
from mlpack_ann.layer.layer cimport Layer
from mlpack_ann.loss_functions.vr_class_reward cimport VRClassReward as LossAlone

import_array()


def reinforced(layer):
    """Return the ReinforceNormal layers that a layer is or holds."""
    if isinstance(layer, ReinforceNormal):
        return [layer]
    held = layer.Model() if hasattr(layer, "Model") else ()
    return [found for one in held for found in reinforced(one)]


cdef class VRClassReward(LossAlone):
    """Negative log-likelihood, less a reward for every point classified right, which it hands on.

    The loss is that of `loss_functions.VRClassReward`. Backward also gives the ReinforceNormal
    layers among those added their `reward`: each point's, less the baseline, which makes their
    estimates vary less; with `size_average`, and for the mean, divided by the points.

    Parameters
    ----------
    scale : float, default=1.0
        Reward for a right class.
    size_average : bool, default=True
        Whether the rewards of a batch are averaged or summed.
    reduction : bool or str, default=True
        True or "sum", False or "mean" (over the points), "none" (one value per point).
    baseline : bool, default=True
        Whether the prediction's last row begins with a baseline, what the rewards were expected
        to be; otherwise it has no such row, and the baseline is 0.
    layers : iterable of Layer, optional
        The first layers to be rewarded; `Add` appends others.

    Notes
    -----
    Prediction: (batch + 1, classes), the log-probabilities, then a row of the baseline and numbers
    that do not count; (batch, classes) if `baseline` is False. Target: (batch,) or (batch, 1), the
    labels from 0 to classes - 1. The baseline's derivative is that of the squared errors
    ``(baseline - reward)**2``, summed or averaged as the rewards are, which the loss itself leaves
    out: so it learns to be what is to be expected.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention. Williams
    (1992), Simple statistical gradient-following algorithms for connectionist reinforcement
    learning.
    """
    cdef readonly bint baseline
    cdef readonly tuple layers              # that are rewarded, in the order they were added
    cdef ndarray _given                     # the rewards of the latest Backward

    def __init__(self, scale=1.0, size_average=True, reduction=True, *, baseline=True, layers=()):
        self._built = False
        self.baseline = flag(baseline, self, "baseline")
        self.layers = ()
        try:
            layers = tuple(layers)
        except TypeError:
            raise TypeError(f"{type(self).__name__}: layers is {shown(layers)}, expected a list of "
                            "layers") from None
        for layer in layers:
            self._add(layer)
        super().__init__(scale, size_average, reduction)

    cdef bint _complete(self):
        return self.layers is not None and LossAlone._complete(self)

    def Add(self, layer, *args, **options):
        """Add a layer to be rewarded.

        Parameters
        ----------
        layer : Layer, or a class of layers
            A ReinforceNormal, or one that holds such, of whatever network; or the class, and the
            arguments to make one with.
        *args, **options
            Of the class's constructor.
        """
        if self.layers is None:
            raise RuntimeError(f"{type(self).__name__}: __init__ was not called, expected it to be")
        if isinstance(layer, type) and issubclass(layer, Layer):
            layer = layer(*args, **options)
        elif args or options:
            raise TypeError(f"{type(self).__name__}: layer is {shown(layer)}, expected a class of "
                            "layers where arguments follow")
        self._add(layer)

    def _add(self, layer):
        if not isinstance(layer, Layer):
            raise TypeError(f"{type(self).__name__}: layer is {shown(layer)}, expected a layer")
        self.layers += layer,

    @property
    def reward(self):
        """float64 array (batch,): what the latest Backward gave the layers, a copy; None before."""
        return None if self._given is None else self._given.copy()

    def Model(self):
        """Return the layers that were added, as mlpack's accessor: `layers`."""
        return self.layers

    # ---------------------------------------------------------------- hooks of a loss

    cdef int _points_shape(self, const Shape* shape, Shape* points) except -1:
        """Fill in the shape of the prediction without the baseline's row."""
        points[0] = shape[0]
        if self.baseline:
            if shape.ndim != 2 or shape.dims[0] == 0 or shape.dims[1] == 0:
                self._refuse_shape(shape, "(batch + 1, classes), the last row for the baseline")
            points.dims[0] -= 1
        return 0

    cdef int _term_shape(self, const Shape* shape, Shape* terms) except -1:
        cdef Shape points
        self._points_shape(shape, &points)
        return LossAlone._term_shape(self, &points, terms)

    cdef ndarray _target(self, object target, ndarray p, const Shape* shape):
        cdef Shape points
        self._points_shape(shape, &points)
        return LossAlone._target(self, target, p, &points)

    cdef double _compute(self, ndarray p, ndarray t, ndarray terms, ndarray g, double scale,
                         bint summed) except *:
        cdef Py_ssize_t points = PyArray_DIM(p, 0) - (1 if self.baseline else 0)
        cdef ndarray inner = p[:points], slopes = None if g is None else g[:points]
        cdef double expected = 0, share = scale
        cdef double total = LossAlone._compute(self, inner, t, terms, slopes, scale, summed)
        if g is None or not (self.baseline or self.layers):
            return total
        if self._size_average:
            share /= max(points, 1)
        rewards = np.empty(points)
        self._reward(inner, t, rewards)
        if self.baseline:
            expected = float(p[points, 0])
            g[points] = 0
            g[points, 0] = 2 * share * (expected - rewards).sum()
        self._given = (rewards - expected) * share
        for layer in self.layers:
            for one in reinforced(layer):
                one.reward = self._given
        return total
