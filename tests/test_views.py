"""Views of parameters, and mlpack's names for what a layer keeps."""
import numpy as np
import pytest

from mlpack_ann.layer import BatchNorm, Convolution, InstanceNorm, LayerNorm, Linear, LinearNoBias

PARTS = [(Linear(3, 2), ["weight", "bias"]), (LinearNoBias(3, 2), ["weight"]),
         (Convolution(2, 3, 2, 2), ["weight", "bias"]), (BatchNorm(3), ["gamma", "beta"]),
         (InstanceNorm(3), ["gamma", "beta"]), (LayerNorm(3), ["gamma", "beta"])]


@pytest.mark.parametrize("layer, names", PARTS, ids=lambda value: type(value).__name__)
def test_views_make_up_the_parameters(layer, names):
    layer.parameters = np.arange(layer.parameters.size)
    parts = [getattr(layer, name) for name in names]
    np.testing.assert_array_equal(np.concatenate([part.ravel() for part in parts]),
                                  layer.parameters)
    for part in parts:
        part[...] = 7
    assert (layer.parameters == 7).all()


@pytest.mark.parametrize("make, names", [
    (lambda: Linear(out_size=2), ["weight", "bias"]), (lambda: BatchNorm(), ["gamma", "beta"]),
    (lambda: Convolution(out_size=2, kernel_width=1, kernel_height=1), ["weight", "bias"])])
def test_there_is_nothing_to_view_before_the_size_is_known(make, names):
    assert [getattr(make(), name) for name in names] == [None, None]


def test_a_convolution_without_bias_has_none():
    assert Convolution(1, 1, 2, 2, use_bias=False).bias is None


def test_running_statistics_have_mlpacks_names():
    norm = BatchNorm(2)
    norm.training_mean, norm.training_variance = [1, 2], [3, 4]
    np.testing.assert_array_equal(norm.running_mean, norm.training_mean)
    np.testing.assert_array_equal(norm.running_variance, [3, 4])


@pytest.mark.parametrize("kind, expected", [
    ("None", (3, 4, 1, 2)), ("valid", (0, 0, 0, 0)), ("same", (0, 1, 1, 1))])
def test_paddings_have_mlpacks_names(kind, expected):
    layer = Convolution(1, 1, 3, 2, pad_w=(1, 2), pad_h=(3, 4), padding_type=kind)
    names = "pad_h_top", "pad_h_bottom", "pad_w_left", "pad_w_right"
    if kind == "same":
        assert [getattr(layer, name) for name in names] == [None] * 4
    layer.Forward(np.zeros((1, 1, 5, 6)))
    assert tuple(getattr(layer, name) for name in names) == expected
