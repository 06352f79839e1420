"""Max pooling and unpooling as a pair: indices, sizes, and the order of calls."""
import itertools

import numpy as np
import pytest

from mlpack_ann.layer import AdaptiveMaxPooling, MaxPooling, MeanPooling, UnPooling

from tests.cases.images import distinct, windows

FLOATS = [np.float32, np.float64]
WINDOWS = list(itertools.product([1, 2, 3], [1, 2, 3, 5], [1, 2, 4], [1, 2, 3], [True, False]))


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def indices_of(m, x):
    """Where each window has its maximum: of equal ones the first, of NaN the last."""
    rows, columns = windows(m, *x.shape[2:])
    result = np.empty((*x.shape[:2], len(rows), len(columns)), np.int64)
    for n, c, i, j in np.ndindex(result.shape):
        window = x[n, c, rows[i], columns[j]].ravel()
        unknown = np.flatnonzero(np.isnan(window))
        k = unknown[-1] if unknown.size else window.argmax()
        row, column = divmod(k, columns[j].stop - columns[j].start)
        result[n, c, i, j] = (rows[i].start + row) * x.shape[3] + columns[j].start + column
    return result


def at(images, indices):
    """The pixels that the indices name."""
    flat = [a.reshape(*a.shape[:2], -1) for a in (images, indices)]
    return np.take_along_axis(*flat, 2).reshape(indices.shape)


def pooled(layer, rng, shape=(2, 3, 7, 9), dtype=np.float64):
    x = distinct(rng, shape).astype(dtype)
    return x, layer.Forward(x)


# ---------------------------------------------------------------- indices of max pooling


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("values", [2, 5, 1000])
def test_indices_and_ties(rng, dtype, values):
    for kernel_width, stride_width, kernel_height, stride_height, floor in WINDOWS:
        pooling = MaxPooling(kernel_width, kernel_height, stride_width, stride_height, floor)
        x = rng.integers(values, size=(2, 2, 6, 20)).astype(dtype)
        y = pooling.Forward(x)
        indices = pooling.pooling_indices
        assert indices.dtype == np.int64
        np.testing.assert_array_equal(indices, indices_of(pooling, x))
        np.testing.assert_array_equal(y, at(x, indices))


@pytest.mark.parametrize("dtype", FLOATS)
def test_nan_and_infinities(rng, dtype):
    for kernel_width, stride_width, kernel_height, stride_height, floor in WINDOWS:
        pooling = MaxPooling(kernel_width, kernel_height, stride_width, stride_height, floor)
        x = rng.choice([np.nan, -np.inf, np.inf, 0, 1], (2, 2, 6, 20)).astype(dtype)
        y = pooling.Forward(x)
        np.testing.assert_array_equal(pooling.pooling_indices, indices_of(pooling, x))
        np.testing.assert_array_equal(y, at(x, pooling.pooling_indices))


def test_indices_are_a_copy(rng):
    pooling = MaxPooling(2, 2, 2, 2)
    assert pooling.pooling_indices is None
    x, y = pooled(pooling, rng)
    g = pooling.Backward(x, y, y)
    pooling.pooling_indices[:] = 10**6
    np.testing.assert_array_equal(pooling.Backward(x, y, y), g)


def test_adaptive_layers_are_pooling_layers_without_a_kernel():
    for layer in (AdaptiveMaxPooling(2, 3), MaxPooling(2, 3)):
        assert isinstance(layer, MaxPooling)
    assert AdaptiveMaxPooling(2, 3).kernel_width is None
    assert MaxPooling(2, 3).OutputShape((1, 1, 6, 5)) == (1, 1, 4, 4)
    assert AdaptiveMaxPooling(2, 3).OutputShape((1, 1, 6, 5)) == (1, 1, 3, 2)


def test_a_window_outside_the_image_is_left_out():
    assert MaxPooling(1, 1, 3, 3, floor=False).OutputShape((1, 1, 8, 8)) == (1, 1, 3, 3)
    assert MeanPooling(2, 2, 4, 4, floor=False).OutputShape((1, 1, 8, 9)) == (1, 1, 2, 3)


def test_backward_needs_the_forward_of_this_object(rng):
    pooling = MaxPooling(2, 2, 2, 2)
    x, _ = pooled(pooling, rng, (1, 1, 8, 8))
    pooling.__init__(2, 2, 1, 1)
    y = np.zeros(pooling.OutputShape(x.shape))
    with pytest.raises(RuntimeError, match="^MaxPooling: "):
        pooling.Backward(x, y, y)


def test_flat_points_cut_otherwise_since_forward(rng):
    pooling = MaxPooling(2, 2, 2, 2)
    pooling.input_dimensions = 1, 4, 6
    x, y = pooled(pooling, rng, (2, 24))
    pooling.input_dimensions = 1, 6, 4
    with pytest.raises(RuntimeError, match="^MaxPooling: "):
        pooling.Backward(x, y, y)


# ---------------------------------------------------------------- pooling and unpooling


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_exact_size_is_restored(rng, dtype):
    layers = [MaxPooling(*k) for k in itertools.product([1, 2, 3], [1, 2, 4], [1, 2, 5], [1, 2, 3],
                                                        [True, False])]
    layers += [AdaptiveMaxPooling(w, h) for w, h in itertools.product([1, 2, 5], [1, 3, 4])]
    for pooling in layers:
        unpooling = UnPooling(pooling)
        for shape in [(2, 2, 7, 9), (1, 3, 4, 5), (1, 1, 6, 8)]:
            x, y = pooled(pooling, rng, shape, dtype)
            back = unpooling.Forward(y)
            assert back.shape == shape == unpooling.OutputShape(y.shape) and back.dtype == dtype
            # A pixel holds its value once for each window whose maximum it is.
            count = np.zeros(shape)
            for place in np.ndindex(y.shape):
                count[place[:2]].flat[pooling.pooling_indices[place]] += 1
            np.testing.assert_allclose(back, count * x, rtol=1e-6)
            gy = rng.normal(size=shape).astype(dtype)
            g = unpooling.Backward(y, back, gy)
            np.testing.assert_array_equal(g, at(gy, pooling.pooling_indices))


def test_the_pair_is_adjoint(rng):
    """Unpooling is the derivative of pooling, and the other way round."""
    pooling = MaxPooling(3, 2, 2, 1, floor=False)
    unpooling = UnPooling(pooling)
    x, y = pooled(pooling, rng)
    a, b = rng.normal(size=y.shape), rng.normal(size=x.shape)
    np.testing.assert_array_equal(pooling.Backward(x, y, a), unpooling.Forward(a))
    assert np.vdot(unpooling.Forward(a), b) == pytest.approx(
        np.vdot(a, unpooling.Backward(a, x, b)), rel=1e-12)


@pytest.mark.parametrize("dtype", FLOATS)
def test_backward_as_often_as_wanted(rng, dtype):
    pooling = MaxPooling(2, 2, 2, 2)
    x, y = pooled(pooling, rng, dtype=dtype)
    for unpooling in (UnPooling(pooling), UnPooling(pooling.pooling_indices, 3, 3, 2, 2)):
        back = unpooling.Forward(y)
        first = unpooling.Backward(y, back, back)
        for _ in range(3):
            np.testing.assert_array_equal(unpooling.Backward(y, back, back), first)
        np.testing.assert_array_equal(unpooling.Forward(y), back)


@pytest.mark.parametrize("pooling_dtype", FLOATS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_indices_and_layer_give_the_same(rng, pooling_dtype, dtype):
    pooling = MaxPooling(3, 2, 2, 2)
    x, y = pooled(pooling, rng, (2, 3, 6, 9), pooling_dtype)
    by_layer, by_indices = UnPooling(pooling), UnPooling(pooling.pooling_indices, 3, 2, 2, 2)
    np.testing.assert_array_equal(by_layer.pooling_indices, by_indices.pooling_indices)
    y = y.astype(dtype)
    back = by_layer.Forward(y)
    gy = rng.normal(size=back.shape).astype(dtype)
    np.testing.assert_array_equal(by_indices.Forward(y), back)
    np.testing.assert_array_equal(by_indices.Backward(y, back, gy), by_layer.Backward(y, back, gy))


def test_flat_points(rng):
    pooling = MaxPooling(2, 2, 2, 2)
    pooling.input_dimensions = 3, 5, 7
    x, y = pooled(pooling, rng, (2, 105))
    assert y.shape == (2, 18)
    images, flat = UnPooling(pooling), UnPooling(pooling.pooling_indices.reshape(2, 18), 3, 3, 2, 2)
    back = images.Forward(y)
    assert back.shape == x.shape
    np.testing.assert_array_equal(back, pooling.Backward(x, y, y))
    assert images.Backward(y, back, back).shape == y.shape
    with pytest.raises(ValueError, match="input_dimensions"):
        flat.Forward(y)
    flat.input_dimensions = 3, 2, 3
    np.testing.assert_array_equal(flat.Forward(y), back)


def test_indices_may_be_assigned(rng):
    unpooling = UnPooling(np.zeros((1, 1, 2, 2), int), 2, 2)
    x = np.ones((1, 1, 2, 2))
    assert unpooling.Forward(x)[0, 0, 0, 0] == 4
    given = np.full((1, 1, 2, 2), 8)
    unpooling.pooling_indices = given
    given[:] = 10**9                            # the layer keeps its own
    unpooling.pooling_indices[:] = 10**9
    assert unpooling.Forward(x)[0, 0, 2, 2] == 4
    for bad, error in ((None, TypeError), (np.zeros((1, 4)), TypeError), (np.array(3), ValueError),
                       ([], TypeError), (-given, ValueError), ("text", TypeError)):
        with pytest.raises(error, match="^UnPooling: pooling_indices "):
            unpooling.pooling_indices = bad
    assert unpooling.Forward(x)[0, 0, 2, 2] == 4
    with pytest.raises(ValueError, match="^UnPooling: pooling_indices "):
        UnPooling(MaxPooling(2, 2)).pooling_indices = given


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("index", [9, 2**31, 2**63, 2**64 - 1])
def test_an_index_outside_the_image_writes_nothing(index):
    indices = np.zeros((1, 1, 2, 2), np.uint64)
    unpooling = UnPooling(indices, 2, 2)
    indices[0, 0, 1, 1] = index
    unpooling.pooling_indices = indices
    x, y = np.ones((1, 1, 2, 2)), np.full((1, 1, 3, 3), 7.0)
    with pytest.raises(ValueError, match=f"^UnPooling: pooling_indices has the index {index}"):
        unpooling.Forward(x, y)
    g = np.full_like(x, 7)
    with pytest.raises(ValueError, match="^UnPooling: pooling_indices"):
        unpooling.Backward(x, y, y, g)
    assert (y == 7).all() and (g == 7).all()


def test_indices_of_another_shape_write_nothing():
    unpooling = UnPooling(np.zeros((1, 1, 2, 2), int), 2, 2)
    for shape in ((2, 1, 2, 2), (1, 2, 2, 2), (1, 1, 1, 4), (1, 1, 2, 3)):
        x = np.ones(shape)
        y = np.full(unpooling.OutputShape(shape), 7.0)
        with pytest.raises(ValueError, match="^UnPooling: pooling_indices has shape"):
            unpooling.Forward(x, y)
        assert (y == 7).all()


@pytest.mark.parametrize("flat", [False, True])
def test_an_output_too_large_to_count(flat):
    unpooling = UnPooling(np.zeros((1, 16), int), 2**31 - 1, 2**31 - 1, 2**31 - 1, 2**31 - 1)
    unpooling.input_dimensions = 1, 4, 4
    with pytest.raises((ValueError, MemoryError)):
        unpooling.Forward(np.ones((1, 16) if flat else (1, 1, 4, 4)))


def test_the_pooling_comes_first(rng):
    pooling = MaxPooling(2, 2, 2, 2)
    unpooling = UnPooling(pooling)
    x = np.ones((1, 1, 2, 2))
    assert unpooling.pooling is pooling and unpooling.pooling_indices is None
    for call in (lambda: unpooling.Forward(x), lambda: unpooling.Backward(x, x, x),
                 lambda: unpooling.OutputShape(x.shape)):
        with pytest.raises(RuntimeError, match="^UnPooling: the pooling layer needs a Forward"):
            call()


def test_the_pooling_saw_another_batch(rng):
    pooling = MaxPooling(2, 2, 2, 2)
    unpooling = UnPooling(pooling)
    x, y = pooled(pooling, rng)
    back = unpooling.Forward(y)
    for shape in ((3, 3, 7, 9), (2, 2, 7, 9), (2, 3, 8, 9), (2, 3, 7, 10)):
        pooled(pooling, rng, shape)
        with pytest.raises((RuntimeError, ValueError), match="^UnPooling: "):
            unpooling.Forward(y)
        with pytest.raises((RuntimeError, ValueError), match="^UnPooling: "):
            unpooling.Backward(y, back, back)
    pooled(pooling, rng)
    assert unpooling.Forward(y).shape == back.shape
