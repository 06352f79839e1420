"""Initialisation rules: the distribution that each states, and what they do with arrays given."""
import copy
import inspect
import pickle
import tracemalloc
from dataclasses import dataclass
from typing import Callable

import numpy as np
import pytest

import mlpack_ann
from mlpack_ann import _draws, layer
from mlpack_ann import init_rules as package
from mlpack_ann.activation_functions import (LogisticFunction, RectifierFunction,
                                             SoftsignFunction, TanhFunction)
from mlpack_ann.init_rules import (ConstInitialization, GaussianInitialization,
                                   GlorotInitialization, GlorotInitializationType,
                                   HeInitialization, KathirvalavakumarSubavathiInitialization,
                                   LecunNormalInitialization, NetworkInitialization,
                                   NguyenWidrowInitialization, OivsInitialization,
                                   OrthogonalInitialization, RandomInitialization,
                                   XavierInitialization)
from mlpack_ann.init_rules.init_rule import InitRule, MatrixRule
from tests.checks import FLOATS, public_classes, torch_or_skip

DATA = np.array([[1.0, -2.0, 0.5], [0.0, 0.0, 0.0], [3.0, 1.0, -1.0]])


@dataclass
class Uniform:
    low: float
    high: float

    def quantile(self, p):
        return self.low + (self.high - self.low) * p


@dataclass
class Normal:
    mean: float
    deviation: float

    def quantile(self, p):
        standard = {0.02: -2.053749, 0.1: -1.281552, 0.25: -0.67449, 0.5: 0.0}
        z = standard[p] if p <= 0.5 else -standard[round(1 - p, 2)]
        return self.mean + self.deviation * z


@dataclass
class Roots:
    """Of what is uniform."""
    scale: float
    low: float
    high: float

    def quantile(self, p):
        return self.scale * Uniform(self.low, self.high).quantile(p) ** 0.5


def symmetric(limit):
    return Uniform(-limit, limit)


def oivs(width, k, gamma):
    return lambda rows, cols, area: Roots(width / (k * rows), 1 - gamma, 1 + gamma)


@dataclass
class Case:
    rule: object
    drawn: Callable             # (rows, cols, area) -> the distribution of an element, or None

    @property
    def id(self):
        return repr(self.rule).replace("array", "")


CASES = [
    Case(RandomInitialization(), lambda rows, cols, area: Uniform(-1, 1)),
    Case(RandomInitialization(-0.3, 2.1), lambda rows, cols, area: Uniform(-0.3, 2.1)),
    Case(RandomInitialization(5, 5), lambda rows, cols, area: Uniform(5, 5)),
    Case(GaussianInitialization(), lambda rows, cols, area: Normal(0, 1)),
    Case(GaussianInitialization(0.5, 4), lambda rows, cols, area: Normal(0.5, 2)),
    Case(GaussianInitialization(-3, 0), lambda rows, cols, area: Normal(-3, 0)),
    Case(GlorotInitializationType(),
         lambda rows, cols, area: symmetric((6 / (rows + cols * area)) ** 0.5)),
    Case(XavierInitialization(),
         lambda rows, cols, area: symmetric((6 / (rows + cols * area)) ** 0.5)),
    Case(GlorotInitializationType(False),
         lambda rows, cols, area: Normal(0, (2 / (rows + cols * area)) ** 0.5)),
    Case(GlorotInitialization(),
         lambda rows, cols, area: Normal(0, (2 / (rows + cols * area)) ** 0.5)),
    Case(HeInitialization(), lambda rows, cols, area: Normal(0, (2 / rows) ** 0.5)),
    Case(LecunNormalInitialization(), lambda rows, cols, area: Normal(0, rows ** -0.5)),
    Case(KathirvalavakumarSubavathiInitialization(DATA, 1.5),
         lambda rows, cols, area: symmetric(1.5 * (3 / (rows * 11)) ** 0.5)),
    Case(OivsInitialization(), oivs(2 * np.log(9), 5, 0.9)),
    Case(OivsInitialization(0.2, 3, 0.5, LogisticFunction()), oivs(2 * np.log(4), 3, 0.5)),
    Case(OivsInitialization(0.2, 1, 1, TanhFunction()),
         oivs(np.arctanh(0.8) - np.arctanh(0.2), 1, 1)),
    Case(OivsInitialization(activation_function=SoftsignFunction()), oivs(9 - 1 / 9, 5, 0.9)),
    Case(ConstInitialization(), lambda rows, cols, area: Uniform(0, 0)),
    Case(ConstInitialization(2.5), lambda rows, cols, area: Uniform(2.5, 2.5)),
    Case(NguyenWidrowInitialization(), None),
    Case(NguyenWidrowInitialization(-0.2, 0.9), None),
    Case(NguyenWidrowInitialization(0.1, 0.9, True), None),
    Case(OrthogonalInitialization(), None),
    Case(OrthogonalInitialization(-2), None),
]
DISTRIBUTED = [case for case in CASES if case.drawn]
# Shapes, and the rows, cols and kernel's area that they stand for.
SHAPES = {(400, 300): (400, 300, 1), (300, 400): (300, 400, 1), (40000,): (40000, 1, 1),
          (4, 100, 75): (100, 75, 1), (64, 16, 5, 3): (240, 64, 15), (1, 30000): (1, 30000, 1)}
of_each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
any_dtype = pytest.mark.parametrize("dtype", FLOATS)


def seeded(rule, seed=0):
    rule = copy.copy(rule)
    rule.rng = np.random.default_rng(seed)
    return rule


@any_dtype
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("case", DISTRIBUTED, ids=lambda case: case.id)
def test_elements_have_the_distribution(case, shape, dtype):
    w = seeded(case.rule).Initialize(shape=shape, dtype=dtype)
    assert w.shape == shape and w.dtype == dtype and w.flags.c_contiguous
    wanted = case.drawn(*SHAPES[shape])
    ends = [wanted.quantile(p) for p in (0, 1)] if not isinstance(wanted, Normal) else []
    size = max(abs(wanted.quantile(0.02)), abs(wanted.quantile(0.98)))
    rounding = 4 * np.finfo(dtype).eps * size
    if ends:
        assert ends[0] - rounding <= w.min() and w.max() <= ends[1] + rounding
    for p in (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98):
        below = (w < wanted.quantile(p) - rounding).mean(), (
            w <= wanted.quantile(p) + rounding).mean()
        chance = 5 * (p * (1 - p) / w.size) ** 0.5
        assert below[0] - chance <= p <= below[1] + chance
    # Neighbours do not depend on each other.
    if w.std() > rounding:
        z = (w.ravel() - w.mean()) / w.std()
        for values in (z, (z**2 - 1) / (z**2).std()):
            for lag in (1, 2, 16, 32, 48, 64, 300, 4096):
                assert abs((values[lag:] * values[:-lag]).mean()) < 6 / w.size ** 0.5


@any_dtype
@of_each
def test_moments_of_the_example_in_the_records(case, dtype):
    w = seeded(case.rule).Initialize(rows=400, cols=300, dtype=dtype)
    if isinstance(case.rule, OrthogonalInitialization):
        assert np.isclose(w.std(), abs(case.rule.gain) / 20, rtol=1e-3)
    if isinstance(case.rule, HeInitialization):
        assert np.isclose(w.std(), (2 / 400) ** 0.5, rtol=0.01)
    assert np.isfinite(w).all()


@any_dtype
@pytest.mark.parametrize("shape", [(60, 60), (6, 4), (3, 5), (1, 7), (7, 1), (9,), (3, 4, 6),
                                   (2, 5, 3), (8, 3, 2, 2), (20, 2, 3, 1)])
@pytest.mark.parametrize("gain", [1.0, 2.0, -0.5, 0.0])
def test_orthogonal(gain, shape, dtype):
    w = seeded(OrthogonalInitialization(gain)).Initialize(shape=shape, dtype=dtype)
    for matrix in matrices(w):
        small = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
        np.testing.assert_allclose(small.T @ small, gain**2 * np.eye(small.shape[1]),
                                   atol=20 * np.finfo(dtype).eps * max(1, gain**2))


def matrices(w):
    """Return the matrices (rows, cols) in an array of one to four axes."""
    if w.ndim == 4:
        return [w.reshape(len(w), -1).T]
    return list(w) if w.ndim == 3 else [w.reshape(len(w), -1)]


def test_all_orthogonal_matrices_are_as_likely():
    rule = seeded(OrthogonalInitialization())
    drawn = np.array([rule.Initialize(rows=3, cols=3) for _ in range(4000)])
    # Of a uniform rotation or reflection: means 0, squares 1/3, trace squared 1, either sign.
    np.testing.assert_allclose(drawn.mean(0), np.zeros((3, 3)), atol=0.05)
    np.testing.assert_allclose((drawn**2).mean(0), np.full((3, 3), 1 / 3), atol=0.03)
    assert abs((drawn.trace(axis1=1, axis2=2) ** 2).mean() - 1) < 0.15
    assert abs((np.linalg.det(drawn) > 0).mean() - 0.5) < 0.05


@any_dtype
@pytest.mark.parametrize("shape", [(40, 30), (3, 50), (50, 3), (1, 4), (12,), (2, 6, 5),
                                   (8, 3, 2, 2)])
@pytest.mark.parametrize("low, high", [(-0.5, 0.5), (-0.2, 0.9), (1e-200, 3e-200), (2, 2),
                                       (-8e307, 8e307), (-3, -1)])
def test_nguyen_widrow(low, high, shape, dtype):
    spectral = seeded(NguyenWidrowInitialization(low, high)).Initialize(shape=shape, dtype=dtype)
    lengths = seeded(NguyenWidrowInitialization(low, high, per_neuron=True)).Initialize(
        shape=shape, dtype=dtype)
    for one, other in zip(matrices(spectral), matrices(lengths)):
        beta = 0.7 * one.shape[1] ** (1 / one.shape[0])
        assert np.isclose(np.linalg.norm(one, 2), beta, rtol=5 * np.finfo(dtype).eps ** 0.75)
        np.testing.assert_allclose(np.linalg.norm(other, axis=0), np.full(one.shape[1], beta),
                                   rtol=1e-5)
        if low >= 0 or high <= 0:
            assert (np.sign(one) == np.sign(high)).all()
        if one.size > 1000:                 # before scaling it was uniform in the interval
            assert np.isclose(one.min() / one.max(), low / high, rtol=0.05)
        # Both have drawn the same.
        np.testing.assert_allclose(one / one[0], other / other[0], rtol=1e-3, atol=1e-6)


@any_dtype
@of_each
def test_an_array_given_is_filled(case, dtype):
    for shape in ((5, 4), (2, 3, 4), (6,), (4, 3, 2, 1)):
        new = seeded(case.rule).Initialize(shape=shape, dtype=dtype)
        out = np.full(shape, np.nan, dtype)
        assert seeded(case.rule).Initialize(out) is out
        np.testing.assert_array_equal(out, new)
    out = np.empty((2, 5, 4), dtype)
    assert seeded(case.rule).Initialize(out, 5, 4, 2) is out
    np.testing.assert_array_equal(seeded(case.rule).Initialize(rows=5, cols=4, slices=2,
                                                               dtype=dtype), out)
    view = memoryview(np.zeros(3, dtype))
    assert case.rule.Initialize(view) is view
    # Nothing outside the array is written to.
    around = np.full((4, 3, 5), np.pi, dtype)
    case.rule.Initialize(around[1:3])
    assert (around[0] == dtype(np.pi)).all() and (around[3] == dtype(np.pi)).all()


@of_each
def test_the_seed_repeats_the_numbers(case):
    rule = copy.copy(case.rule)
    for seed in (1, 2):
        mlpack_ann.RandomSeed(seed)
        once = rule.Initialize(rows=70, cols=90)
        mlpack_ann.RandomSeed(seed)
        np.testing.assert_array_equal(rule.Initialize(rows=70, cols=90), once)
    own = rule.rng
    for start in (rule, seeded(rule, 9)):
        one, other = (start.Initialize(rows=70, cols=90, rng=np.random.default_rng(5))
                      for _ in range(2))
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, seeded(rule, 5).Initialize(rows=70, cols=90))
    assert rule.rng is own
    constant = (once == once[0, 0]).all()
    assert constant == (rule.Initialize(rows=70, cols=90) == once).all()
    assert constant == (seeded(rule, 3).Initialize(rows=70, cols=90) == once).all()
    for other in (copy.copy(rule), copy.deepcopy(rule), pickle.loads(pickle.dumps(rule))):
        assert type(other) is type(rule) and repr(other) == repr(rule)
        np.testing.assert_array_equal(seeded(other).Initialize(shape=(5, 3)),
                                      seeded(rule).Initialize(shape=(5, 3)))


@any_dtype
@pytest.mark.parametrize("case", DISTRIBUTED, ids=lambda case: case.id)
def test_memory_of_the_size_of_the_array_is_not_needed(case, dtype):
    out = np.empty((500, 400), dtype)
    case.rule.Initialize(out)
    tracemalloc.start()
    case.rule.Initialize(out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000


@any_dtype
@of_each
def test_threads_give_the_same_bits(case, dtype):
    before = mlpack_ann.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3, 7):
            mlpack_ann.set_num_threads(threads)
            results.append(seeded(case.rule).Initialize(rows=301, cols=299, dtype=dtype))
    finally:
        mlpack_ann.set_num_threads(before)
    if isinstance(case.rule, MatrixRule):       # NumPy decomposes
        assert all(np.allclose(result, results[0], atol=1e-5) for result in results)
    else:
        assert all((result == results[0]).all() for result in results)


def test_the_words_are_philoxs():
    """The known answers of its authors' library: of zeros, and of ones throughout."""
    assert _draws.words(0, 0, 0)[0].tolist() == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert _draws.words(2**60 - 1, 2**64 - 1, 2**64 - 1)[15].tolist() == [
        0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]


@any_dtype
def test_many_normal_numbers(dtype):
    w = seeded(GaussianInitialization()).Initialize(shape=4_000_000, dtype=dtype).astype(float)
    # Moments up to the eighth, against their standard errors; none is too far out.
    for power, moment, error in ((1, 0, 1), (2, 1, 1.42), (3, 0, 3.88), (4, 3, 9.8), (6, 15, 101),
                                 (8, 105, 1400)):
        assert abs((w**power).mean() - moment) < 5 * error / 2000
    assert 4.5 < abs(w).max() < 6.8
    assert len(np.unique(w)) > (3_900_000 if dtype == np.float64 else 2_000_000)
    assert abs((w[:-1] * w[1:]).mean()) < 5 / 2000


# ---------------------------------------------------------------- against PyTorch


@pytest.mark.parametrize("shape", [(300, 200), (64, 32, 3, 3)])
@pytest.mark.parametrize("rule, name", [
    (HeInitialization(), "kaiming_normal_"), (XavierInitialization(), "xavier_uniform_"),
    (GlorotInitialization(), "xavier_normal_"), (OrthogonalInitialization(), "orthogonal_"),
    (RandomInitialization(0, 1), "uniform_"), (GaussianInitialization(), "normal_")])
def test_deviations_are_those_of_pytorch(rule, name, shape):
    torch = torch_or_skip()
    options = {"nonlinearity": "relu"} if name == "kaiming_normal_" else {}
    theirs = getattr(torch.nn.init, name)(torch.empty(shape), **options).numpy()
    # PyTorch's matrix is (out, in).
    ours = rule.Initialize(shape=shape if len(shape) == 4 else shape[::-1])
    assert np.isclose(ours.std(), theirs.std(), rtol=0.03)


@of_each
def test_tensors_are_filled(case):
    torch = torch_or_skip()
    tensor = torch.zeros(5, 4)
    assert seeded(case.rule).Initialize(tensor) is tensor
    np.testing.assert_array_equal(tensor.numpy(),
                                  seeded(case.rule).Initialize(rows=5, cols=4, dtype="float32"))
    for bad in (torch.zeros(3, requires_grad=True), torch.zeros(3, dtype=torch.bfloat16)):
        with raises(TypeError, case, "W "):
            case.rule.Initialize(bad)


# ---------------------------------------------------------------- layers and networks


def network():
    return layer.Sequential(layers=[
        layer.Linear(4, 30), layer.BatchNorm(30), layer.PReLU(0.25), layer.ReLU(),
        layer.Sequential(layers=[layer.Linear(30, 10), layer.LayerNorm(10)]),
        layer.FlexibleReLU(0.5), layer.Linear(10, 2)])


def kept_their_own(net):
    _, norm, prelu, _, inner, flexible, _ = net.layers
    return ((norm.gamma == 1).all() and (norm.beta == 0).all() and prelu.parameters == 0.25
            and (inner.layers[1].parameters == [1] * 10 + [0] * 10).all()
            and flexible.parameters == 0.5)


@pytest.mark.parametrize("start", [NetworkInitialization, lambda rule: rule])
def test_networks_are_initialised_layer_by_layer(start):
    net = network()
    net.parameters[:] = np.nan
    net.layers[1].parameters[:] = 7
    parameters = start(seeded(HeInitialization())).Initialize(net)
    np.testing.assert_array_equal(parameters, net.parameters)
    rule = seeded(HeInitialization())
    expected = [rule.Initialize(shape=one.parameters.size) for one in net.layers
                if one.parameters is not None]
    linear, _, _, inner, _, last = expected
    np.testing.assert_array_equal(net.layers[0].parameters, linear)
    np.testing.assert_array_equal(net.layers[4].layers[0].parameters, inner[:310])
    np.testing.assert_array_equal(net.layers[6].parameters, last)
    assert kept_their_own(net)


@pytest.mark.parametrize("rule", [NguyenWidrowInitialization(),
                                  KathirvalavakumarSubavathiInitialization(DATA, 1.5)])
def test_some_rules_take_all_weights_at_once(rule):
    net = network()
    NetworkInitialization(seeded(rule)).Initialize(net)
    expected = seeded(rule).Initialize(shape=net.parameters.size)
    np.testing.assert_array_equal(net.layers[0].parameters, expected[:150])
    np.testing.assert_array_equal(net.layers[6].parameters, expected[-22:])
    assert kept_their_own(net)
    parts = network().layers
    loose = [layer.Linear(4, 30), layer.PReLU(0.25), layer.ReLU(), layer.Linear(30, 2)]
    together = NetworkInitialization(seeded(rule)).Initialize(loose)
    expected = seeded(rule).Initialize(shape=213)
    expected[150] = 0.25
    np.testing.assert_array_equal(together, expected)
    np.testing.assert_array_equal(loose[3].parameters, expected[151:])
    assert len(parts) == 7


@pytest.mark.parametrize("rule", [HeInitialization(), OrthogonalInitialization(),
                                  NguyenWidrowInitialization(per_neuron=True)])
def test_networks_are_initialised_by_weight(rule):
    net = layer.Sequential(layers=[
        layer.Convolution(3, 8, 5, 5), layer.BatchNorm(8), layer.PReLU(0.25),
        layer.Sequential(layers=[layer.Linear(40, 30), layer.LinearNoBias(30, 10)]),
        layer.Add(10)])
    parameters = NetworkInitialization(seeded(rule), by_weight=True).Initialize(net)
    np.testing.assert_array_equal(parameters, net.parameters)
    convolution, norm, prelu, inner, add = net.layers
    linear, plain = inner.layers
    rule = seeded(rule)
    for one in (convolution, linear, plain):
        np.testing.assert_array_equal(one.weight, rule.Initialize(shape=one.weight.shape))
    np.testing.assert_array_equal(add.parameters, rule.Initialize(shape=10))
    assert (convolution.bias == 0).all() and (linear.bias == 0).all()
    assert (norm.gamma == 1).all() and prelu.parameters == 0.25
    loose = layer.Linear(4, 3)
    NetworkInitialization(ConstInitialization(2), True).Initialize([loose])
    np.testing.assert_array_equal(loose.parameters, [2] * 12 + [0] * 3)


@any_dtype
def test_layers_are_initialised(dtype):
    linear = layer.Linear(40, 30, dtype=dtype)
    weights = ConstInitialization(3).Initialize(linear)
    assert (linear.parameters == 3).all() and np.shares_memory(weights, linear.parameters)
    rule = OrthogonalInitialization()
    rule.Initialize(linear.weight)
    np.testing.assert_allclose(linear.weight.T @ linear.weight, np.eye(30), atol=1e-5)
    assert (linear.bias == 3).all()
    convolution = layer.Convolution(3, 8, 5, 5, dtype=dtype)
    rule.Initialize(convolution.weight)
    flat = convolution.weight.reshape(8, -1)
    np.testing.assert_allclose(flat @ flat.T, np.eye(8), atol=1e-5)
    assert NetworkInitialization().Initialize(layer.ReLU()).shape == (0,)
    assert NetworkInitialization().Initialize([layer.ReLU()]).shape == (0,)
    assert NetworkInitialization().Initialize(layer.Sequential()).shape == (0,)
    for holder in (layer.Highway(4, layers=[layer.Linear(4, 4)]),
                   layer.WeightNorm(layer.Linear(4, 3))):
        ConstInitialization(2).Initialize(holder)
        assert (holder.parameters == 2).all()


def test_any_object_that_initialises_is_a_rule():
    class Counts:
        def Initialize(self, W):
            W[:] = np.arange(W.size)

    net = layer.Sequential(layers=[layer.Linear(2, 2), layer.Linear(2, 1)])
    np.testing.assert_array_equal(NetworkInitialization(Counts()).Initialize(net),
                                  [0, 1, 2, 3, 4, 5, 0, 1, 2])


def test_networks_that_are_none():
    for start in (NetworkInitialization(), NetworkInitialization(NguyenWidrowInitialization())):
        name = "^NetworkInitialization: "
        for bad in (None, 3, "abc", [layer.Linear(2, 2), 3], np.zeros(3), layer.Linear):
            with pytest.raises(TypeError, match=name + "network "):
                start.Initialize(bad)
        mixed = [layer.Linear(2, 2), layer.Linear(2, 2, dtype="float32")]
        before = mixed[0].parameters.copy()
        with pytest.raises(TypeError, match=name + "layers have the dtypes"):
            start.Initialize(mixed)
        for unsized in (layer.Linear(out_size=3), [layer.ReLU(), layer.Linear(out_size=3)],
                        layer.Sequential(layers=[layer.Linear(2, 2), layer.Linear(out_size=3)])):
            with pytest.raises(RuntimeError, match=name + ".* does not know its sizes"):
                start.Initialize(unsized)
        with pytest.raises(RuntimeError, match="__init__"):
            start.Initialize(layer.Linear.__new__(layer.Linear))
        np.testing.assert_array_equal(mixed[0].parameters, before)
    with pytest.raises(TypeError, match="^NetworkInitialization: by_weight "):
        NetworkInitialization(by_weight="yes")
    for bad in (3, "He", HeInitialization, object()):
        with pytest.raises(TypeError, match="^NetworkInitialization: initialize_rule "):
            NetworkInitialization(bad)
    with pytest.raises(RuntimeError, match="^NetworkInitialization: __init__"):
        NetworkInitialization.__new__(NetworkInitialization).Initialize(layer.Linear(2, 2))
    rule = NetworkInitialization(GaussianInitialization(1, 2))
    assert repr(pickle.loads(pickle.dumps(rule))) == repr(rule) == (
        "NetworkInitialization(initialize_rule=GaussianInitialization(mean=1.0, variance=2.0))")


# ---------------------------------------------------------------- what is refused


def raises(error, case, argument):
    return pytest.raises(error, match=f"^{type(case.rule).__name__}: {argument}")


@of_each
def test_arrays_that_are_refused(case):
    start = case.rule.Initialize
    readonly = np.zeros((3, 3))
    readonly.flags.writeable = False
    for bad, error in ((3, TypeError), ("text", TypeError), ([1.0, 2.0], TypeError),
                       (np.zeros(3, int), TypeError), (np.zeros(3, complex), TypeError),
                       (np.zeros(3, np.float16), TypeError), (np.zeros(3, object), TypeError),
                       (np.zeros(3, ">f8"), TypeError), (readonly, ValueError),
                       (np.zeros((4, 4))[:, ::2], ValueError), (np.zeros((3, 4)).T, ValueError),
                       (np.zeros((0, 3)), ValueError), (np.zeros(()), ValueError),
                       (np.zeros((1,) * 5), ValueError)):
        with raises(error, case, "W "):
            start(bad)
    for given in ((2, 3), (3, 2, 1), (6, 1)):
        with raises(ValueError, case, "W has shape"):
            start(np.zeros((3, 2)), *given)
    with raises(TypeError, case, "rng is 'x'"):
        start(np.zeros(3), rng="x")
    with raises(TypeError, case, "W is float32, expected float64"):
        start(np.zeros(3, np.float32), dtype="float64")
    with raises(ValueError, case, "W is made of layers"):
        start(layer.Linear(2, 2), rows=2, cols=2)


@of_each
def test_sizes_that_are_refused(case):
    start = case.rule.Initialize
    with raises(ValueError, case, "W, rows, cols and shape are None"):
        start()
    with raises(ValueError, case, "rows is 3 and cols is None"):
        start(rows=3)
    with raises(ValueError, case, "rows is None and cols is None"):
        start(slices=3)
    with raises(ValueError, case, "shape is "):
        start(rows=3, cols=3, shape=(3, 3))
    for bad in (0, -1, 2**31, 10**5000, 1.0, "3", np.ones(2)):
        for name in ("rows", "cols", "slices"):
            with raises((TypeError, ValueError), case, f"{name} is "):
                start(**{"rows": 2, "cols": 2, name: bad})
    for bad in ((0, 3), (), (2,) * 5, (-1,), "ab", (2.0,), 1.5, (2**31, 2**31)):
        with raises((TypeError, ValueError), case, "(shape|W) "):
            start(shape=bad)
    for bad in ("text", "int64", int, "f2", ">f8"):
        with raises(TypeError, case, "dtype is "):
            start(rows=2, cols=2, dtype=bad)


@pytest.mark.parametrize("cls, arguments, error", [
    (ConstInitialization, {"init_val": np.nan}, ValueError),
    (ConstInitialization, {"init_val": "1"}, TypeError),
    (RandomInitialization, {"lower_bound": 2}, ValueError),
    (RandomInitialization, {"upper_bound": np.inf}, ValueError),
    (RandomInitialization, {"lower_bound": -1.7e308, "upper_bound": 1.7e308}, ValueError),
    (RandomInitialization, {"rng": 3}, TypeError),
    (RandomInitialization, {"rng": np.random.RandomState()}, TypeError),
    (GaussianInitialization, {"variance": -1}, ValueError),
    (GaussianInitialization, {"mean": None}, TypeError),
    (GlorotInitializationType, {"uniform": "no"}, TypeError),
    (HeInitialization, {"rng": "x"}, TypeError),
    (KathirvalavakumarSubavathiInitialization, {"data": DATA, "s": 0}, ValueError),
    (KathirvalavakumarSubavathiInitialization, {"data": DATA, "s": None}, TypeError),
    (KathirvalavakumarSubavathiInitialization, {"data": DATA[0], "s": 1}, ValueError),
    (KathirvalavakumarSubavathiInitialization, {"data": 0 * DATA, "s": 1}, ValueError),
    (KathirvalavakumarSubavathiInitialization, {"data": DATA[:0], "s": 1}, ValueError),
    (KathirvalavakumarSubavathiInitialization, {"data": DATA * np.nan, "s": 1}, ValueError),
    (KathirvalavakumarSubavathiInitialization, {"data": DATA + np.inf, "s": 1}, ValueError),
    (KathirvalavakumarSubavathiInitialization, {"data": "x", "s": 1}, TypeError),
    (NguyenWidrowInitialization, {"lower_bound": 0, "upper_bound": 0}, ValueError),
    (NguyenWidrowInitialization, {"lower_bound": 1}, ValueError),
    (NguyenWidrowInitialization, {"per_neuron": 2}, TypeError),
    (OivsInitialization, {"epsilon": 0}, ValueError),
    (OivsInitialization, {"epsilon": 1}, ValueError),
    (OivsInitialization, {"k": 0}, ValueError),
    (OivsInitialization, {"k": 1.5}, TypeError),
    (OivsInitialization, {"gamma": 1.1}, ValueError),
    (OivsInitialization, {"gamma": -0.1}, ValueError),
    (OivsInitialization, {"activation_function": "tanh"}, TypeError),
    (OivsInitialization, {"activation_function": TanhFunction}, TypeError),
    (OivsInitialization, {"activation_function": RectifierFunction()}, TypeError),
    (OrthogonalInitialization, {"gain": np.inf}, ValueError),
    (OrthogonalInitialization, {"gain": None}, TypeError),
], ids=str)
def test_constructors_refuse(cls, arguments, error):
    with pytest.raises(error, match=f"^{cls.__name__}: .*expected"):
        cls(**arguments)


def test_an_inverse_that_is_not_finite_is_refused():
    class Steps:
        def Inv(self, y):
            return np.where(y > 0.5, np.inf, 0)

    with pytest.raises(ValueError, match="^OivsInitialization: Inv gives "):
        OivsInitialization(activation_function=Steps())


@of_each
def test_an_object_without_init(case):
    blank = type(case.rule).__new__(type(case.rule))
    assert repr(blank).startswith(type(case.rule).__name__ + "(")
    for call in (lambda: blank.Initialize(np.zeros(3)), lambda: blank.Initialize(rows=2, cols=3),
                 lambda: blank.Initialize(layer.Linear(2, 2))):
        with pytest.raises(RuntimeError, match=f"^{type(case.rule).__name__}: __init__"):
            call()


def test_base_classes_draw_nothing():
    for cls in (InitRule, MatrixRule):
        with pytest.raises(NotImplementedError, match=f"^{cls.__name__}: "):
            cls().Initialize(np.zeros(3))
    for case in CASES:                  # of values that nobody set: anything, but no crash
        blank = type(case.rule).__new__(type(case.rule))
        InitRule.__init__(blank)
        with np.errstate(all="ignore"):
            blank.Initialize(rows=3, cols=2)


def test_the_point_that_matters_is_kept():
    rule = KathirvalavakumarSubavathiInitialization(DATA, 1.5)
    np.testing.assert_array_equal(rule.data, DATA[2:])
    rule.data[:] = 0
    np.testing.assert_array_equal(rule.data, DATA[2:])


# ---------------------------------------------------------------- the package


CLASSES = public_classes(package)


def test_every_class_is_tested():
    tested = {type(case.rule).__name__ for case in CASES} | {"NetworkInitialization"}
    assert tested == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_docstring(name):
    cls = CLASSES[name]
    assert "Source: mlpack ann/init_rules/" in inspect.getmodule(cls).__doc__
    for parameter in inspect.signature(cls).parameters:
        assert f"{parameter}" in inspect.getdoc(cls)
