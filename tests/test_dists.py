"""Distributions: probabilities, their derivatives, and samples."""
import copy
import inspect
import pickle
import tracemalloc
from dataclasses import dataclass
from typing import Callable

import numpy as np
import pytest

import mlpack_ann
from mlpack_ann import dists as package
from mlpack_ann.dists import BernoulliDistribution, NormalDistribution
from mlpack_ann.dists.distribution import Distribution
from tests.checks import FLOATS, assert_close, public_classes, slope, torch_or_skip


@dataclass
class Case:
    cls: type
    arguments: dict             # beside the parameters
    parameters: Callable        # (rng, shape) -> {name: array}
    observation: Callable       # (rng, shape) -> array
    log_probability: Callable   # (distribution's parameters and arguments, x) -> what it returns
    outputs: tuple              # arguments of LogProbBackward that are filled

    @property
    def id(self):
        return self.cls.__name__ + "".join(f"-{value}" for value in self.arguments.values())

    def make(self, parameters, dtype=np.float64, **more):
        return self.cls(**{name: value.astype(dtype) for name, value in parameters.items()},
                        **self.arguments, **more)

    def draw(self, shape, seed=0):
        rng = np.random.default_rng(seed)
        return self.parameters(rng, shape), self.observation(rng, shape)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def bernoulli(transform):
    def log_probability(x, param, eps=1e-10, **unused):
        p = transform(param)
        return (x * np.log(p + eps) + (1 - x) * np.log(1 - p + eps)).sum() / len(x)
    return log_probability


def normal(x, mean, sigma):
    return np.log(np.exp(-((x - mean) / sigma) ** 2 / 2) / (sigma * np.sqrt(2 * np.pi)))


def bits(rng, shape):
    return rng.integers(0, 2, shape).astype(float)


def between(low, high):
    return lambda rng, shape: rng.uniform(low, high, shape)


def named(**draws):
    return lambda rng, shape: {name: draw(rng, shape) for name, draw in draws.items()}


CASES = [
    Case(BernoulliDistribution, {}, named(param=between(-4, 4)), bits, bernoulli(sigmoid),
         ("output",)),
    Case(BernoulliDistribution, {"eps": 0.1}, named(param=between(-4, 4)), between(0, 1),
         bernoulli(sigmoid), ("output",)),
    Case(BernoulliDistribution, {"apply_logistic": False, "eps": 0.01},
         named(param=between(0.05, 0.95)), between(0, 1), bernoulli(lambda p: p), ("output",)),
    Case(NormalDistribution, {}, named(mean=between(-2, 2), sigma=between(0.3, 3)), between(-4, 4),
         normal, ("dmu", "dsigma")),
]
SHAPES = [(1,), (7,), (1, 1), (3, 5), (2, 3, 4, 2), (300, 70)]
of_each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
any_dtype = pytest.mark.parametrize("dtype", FLOATS)


def as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


@any_dtype
@pytest.mark.parametrize("shape", SHAPES)
@of_each
def test_probabilities_are_the_reference(case, shape, dtype):
    parameters, x = case.draw(shape)
    x = x.astype(dtype)
    distribution = case.make(parameters, dtype)
    taken = {name: value.astype(dtype).astype(float) for name, value in parameters.items()}
    expected = case.log_probability(x.astype(float), **taken, **case.arguments)
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    value = distribution.LogProbability(x)
    assert np.shape(value) == np.shape(expected)
    assert np.ndim(value) == 0 or value.dtype == dtype
    assert_close(value, expected, tolerance)
    assert_close(distribution.Probability(x), np.exp(expected), 10 * tolerance)


@pytest.mark.parametrize("shape", SHAPES[:-1])
@of_each
def test_derivatives_are_the_slopes(case, shape):
    parameters, x = case.draw(shape)
    distribution = case.make(parameters)

    def check(gradients, function):
        for gradient, value in zip(gradients, parameters.values()):
            expected = slope(lambda: np.sum(getattr(case.make(parameters), function)(x)), value)
            assert gradient.shape == shape
            assert_close(gradient, expected, 1e-8)

    check(as_tuple(distribution.LogProbBackward(x)), "LogProbability")
    if hasattr(distribution, "ProbBackward"):
        check(distribution.ProbBackward(x), "Probability")
    for wide, narrow in zip(as_tuple(distribution.LogProbBackward(x)),
                            as_tuple(case.make(parameters, np.float32).LogProbBackward(
                                x.astype(np.float32)))):
        assert narrow.dtype == np.float32
        assert_close(narrow, wide, 1e-4)


@of_each
def test_agrees_with_torch(case):
    torch = torch_or_skip()
    if case.arguments:
        pytest.skip("PyTorch has no eps")
    parameters, x = case.draw((300, 70))
    leaves = [torch.tensor(value, requires_grad=True) for value in parameters.values()]
    if case.cls is NormalDistribution:
        theirs = torch.distributions.Normal(*leaves).log_prob(torch.from_numpy(x))
    else:
        theirs = torch.distributions.Bernoulli(logits=leaves[0]).log_prob(
            torch.from_numpy(x)).sum(1).mean()
    options = {"eps": 0} if case.cls is BernoulliDistribution else {}
    distribution = case.make(parameters, **options)
    assert_close(distribution.LogProbability(x), theirs.detach().numpy(), 1e-12)
    gradients = torch.autograd.grad(theirs.sum(), leaves)
    for ours, gradient in zip(as_tuple(distribution.LogProbBackward(x)), gradients):
        assert_close(ours, gradient.numpy(), 1e-12)


@any_dtype
@of_each
def test_samples_have_the_distribution(case, dtype):
    parameters, x = case.draw((400, 5))
    many = {name: np.repeat(value[:1], 40000, axis=0) for name, value in parameters.items()}
    distribution = case.make(many, dtype, rng=np.random.default_rng(0))
    sample = distribution.Sample()
    assert sample.dtype == dtype and sample.shape == (40000, 5)
    if case.cls is NormalDistribution:
        mean, deviation = many["mean"][0], many["sigma"][0]
        z = (sample - mean) / deviation
        assert abs((z < -0.67449).mean() - 0.25) < 0.01
        assert abs((abs(z) < 1.959964).mean() - 0.95) < 0.01
    else:
        mean = distribution.probability[0]
        deviation = np.sqrt(mean * (1 - mean))
        assert set(np.unique(sample)) == {0, 1}
    assert (abs(sample.mean(0) - mean) < 5 * deviation / 200).all()
    np.testing.assert_allclose(sample.std(0), deviation, rtol=0.05)
    for seed in (3, 4):
        mlpack_ann.RandomSeed(seed)
        distribution.rng = None
        once = distribution.Sample()
        mlpack_ann.RandomSeed(seed)
        np.testing.assert_array_equal(distribution.Sample(), once)
    assert (once != sample).any()


@any_dtype
@of_each
def test_arrays_given_are_filled(case, dtype):
    parameters, x = case.draw((3, 5))
    distribution, x = case.make(parameters, dtype), x.astype(dtype)
    outputs = [np.empty_like(x) for _ in case.outputs]
    returned = as_tuple(distribution.LogProbBackward(x, *outputs))
    assert all(a is b for a, b in zip(returned, outputs, strict=True))
    for a, b in zip(outputs, as_tuple(distribution.LogProbBackward(np.asfortranarray(x)))):
        np.testing.assert_array_equal(a, b)
    assert as_tuple(distribution.LogProbBackward(x, **{case.outputs[-1]: outputs[-1]}))[-1] is (
        outputs[-1])
    if case.cls is NormalDistribution:
        for method in (distribution.LogProbability, distribution.Probability):
            out = memoryview(np.zeros(15, dtype)).cast("B").cast(x.dtype.char, (3, 5))
            assert method(x, out) is out
            np.testing.assert_array_equal(np.asarray(out), method(x))
        a, b = np.empty_like(x), np.empty_like(x)
        returned = distribution.ProbBackward(x, a, b)
        assert returned[0] is a and returned[1] is b
        np.testing.assert_array_equal((a, b), distribution.ProbBackward(x))


@of_each
def test_threads_give_the_same_bits(case):
    parameters, x = case.draw((500, 300))
    distribution = case.make(parameters)
    calls = [lambda: distribution.LogProbability(x), lambda: distribution.LogProbBackward(x),
             lambda: distribution.Probability(x)]
    before = mlpack_ann.get_num_threads()
    try:
        results = []
        for threads in (1, 2, 3, 7):
            mlpack_ann.set_num_threads(threads)
            results.append([call() for call in calls])
    finally:
        mlpack_ann.set_num_threads(before)
    for result in results[1:]:
        for a, b in zip(result, results[0]):
            np.testing.assert_array_equal(a, b)


@of_each
def test_outputs_given_need_no_memory(case):
    parameters, x = case.draw((500, 300))
    distribution = case.make(parameters)
    outputs = [np.empty_like(x) for _ in case.outputs]
    distribution.LogProbBackward(x, *outputs)
    tracemalloc.start()
    distribution.LogProbBackward(x, *outputs)
    if case.cls is NormalDistribution:
        distribution.LogProbability(x, outputs[0])
        distribution.ProbBackward(x, *outputs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000


@any_dtype
def test_extremes_of_the_normal(dtype):
    x = np.array([np.inf, -np.inf, 1e30, 0, np.nan], dtype)
    distribution = NormalDistribution(np.zeros(5, dtype), np.array([1, 1, 1e-6, 1e-30, 1], dtype))
    with np.errstate(over="ignore"):
        log = distribution.LogProbability(x)
        np.testing.assert_allclose(log[:2], [-np.inf] * 2)
        assert log[2] == -np.inf or log[2] < -1e70
        assert np.isclose(log[3], 30 * np.log(10) - np.log(2 * np.pi) / 2, rtol=1e-5)
        np.testing.assert_array_equal(distribution.Probability(x)[:3], [0] * 3)
        np.testing.assert_array_equal(np.array(distribution.ProbBackward(x))[:, :3],
                                      np.zeros((2, 3)))
        for result in (log, distribution.Probability(x), *distribution.ProbBackward(x),
                       *distribution.LogProbBackward(x)):
            assert np.isnan(result[4])


def test_certain_bits():
    distribution = BernoulliDistribution(np.array([[1000.0, -1000, 0]]), eps=0)
    x = np.array([[1.0, 0, 1]])
    assert np.isclose(distribution.LogProbability(x), -np.log(2))
    np.testing.assert_allclose(distribution.LogProbBackward(x), [[0, 0, 0.5]])
    np.testing.assert_array_equal(distribution.probability, [[1, 0, 0.5]])
    assert distribution.LogProbability(1 - x) < -1900
    certain = BernoulliDistribution([[0.0, 1.0]], apply_logistic=False, eps=0)
    assert certain.LogProbability([[0.0, 1.0]]) == 0
    np.testing.assert_array_equal(certain.Sample(), [[0, 1]])


@of_each
def test_parameters_are_copies(case):
    parameters, x = case.draw((3, 5))
    given = {name: value.copy() for name, value in parameters.items()}
    distribution = case.cls(**given, **case.arguments)
    before = distribution.LogProbability(x)
    for name, value in given.items():
        value[:] = 0.25
        getattr(distribution, name)[:] = 0.25
        np.testing.assert_array_equal(getattr(distribution, name), parameters[name])
    np.testing.assert_array_equal(distribution.LogProbability(x), before)
    for other in (copy.copy(distribution), pickle.loads(pickle.dumps(distribution))):
        assert type(other) is case.cls and repr(other) == repr(distribution)
        np.testing.assert_array_equal(other.LogProbability(x), before)
    if case.cls is NormalDistribution:
        np.testing.assert_array_equal(distribution.standard_deviation, parameters["sigma"])
        assert distribution.dimensionality == 15


# ---------------------------------------------------------------- what is refused


@of_each
def test_observations_and_outputs_that_are_refused(case):
    name = case.cls.__name__
    parameters, x = case.draw((3, 5))
    distribution = case.make(parameters)
    methods = [distribution.LogProbability, distribution.Probability, distribution.LogProbBackward]
    for method in methods:
        for bad, error in ((None, TypeError), ("text", TypeError), (x.astype(complex), TypeError),
                           (x.astype(np.float32), TypeError), (x[:2], ValueError),
                           (x.ravel(), ValueError), (x.T, ValueError), (1.0, ValueError)):
            with pytest.raises(error, match=f"^{name}: observation "):
                method(bad)
        np.testing.assert_array_equal(method(x.tolist()), method(x))
    readonly = np.zeros((3, 5))
    readonly.flags.writeable = False
    for argument in case.outputs:
        for bad, error in ((x, ValueError), (x[:2], ValueError), (readonly, ValueError),
                           (np.zeros((5, 3)).T, ValueError), ([0.0], TypeError),
                           (np.zeros((3, 5), np.float32), TypeError)):
            with pytest.raises(error, match=f"^{name}: {argument} "):
                distribution.LogProbBackward(x, **{argument: bad})
    if case.cls is NormalDistribution:
        out = np.zeros((3, 5))
        for method in (distribution.LogProbBackward, distribution.ProbBackward):
            with pytest.raises(ValueError, match=f"^{name}: dsigma shares memory with dmu"):
                method(x, out, out)
        with pytest.raises(ValueError, match=f"^{name}: probabilities shares memory"):
            distribution.Probability(x, x)


@of_each
def test_constructors_refuse(case):
    name = case.cls.__name__
    parameters, _ = case.draw((3, 5))
    for key in parameters:
        for bad, error in ((None, TypeError), ("x", TypeError), (np.zeros((3, 5), complex),
                                                                 TypeError)):
            with pytest.raises(error, match=f"^{name}: {key} "):
                case.cls(**{**parameters, key: bad}, **case.arguments)
    first = next(iter(parameters))
    with pytest.raises(ValueError, match=rf"^{name}: {first} has shape \(\)"):
        case.cls(**{**parameters, first: 1.0}, **case.arguments)
    with pytest.raises(TypeError, match=f"^{name}: rng "):
        case.make(parameters, rng=3)
    blank = case.cls.__new__(case.cls)
    for call in (blank.Sample, lambda: blank.LogProbability(np.zeros(3)),
                 lambda: blank.LogProbBackward(np.zeros(3)), lambda: blank.param
                 if hasattr(case.cls, "param") else blank.mean):
        with pytest.raises(RuntimeError, match=f"^{name}: __init__"):
            call()
    Distribution.__init__(blank)
    with pytest.raises(RuntimeError, match=f"^{name}: __init__"):
        blank.Probability(np.zeros(3))


@pytest.mark.parametrize("sigma, error", [
    ([0.0, 1], ValueError), ([-1.0, 1], ValueError), ([np.nan, 1], ValueError),
    ([np.inf, 1], ValueError), ([1.0], ValueError), (1.0, ValueError),
    (np.ones(2, np.float32), TypeError)])
def test_deviations_that_are_refused(sigma, error):
    with pytest.raises(error, match="^NormalDistribution: sigma "):
        NormalDistribution([0.0, 0], sigma)


@pytest.mark.parametrize("arguments, error", [
    ({"eps": -1}, ValueError), ({"eps": None}, TypeError), ({"apply_logistic": 3}, TypeError)])
def test_options_that_are_refused(arguments, error):
    with pytest.raises(error, match="^BernoulliDistribution: "):
        BernoulliDistribution([0.5], **arguments)


class Meddles:
    """An array that does something when it is read."""

    def __init__(self, values, action):
        self.values, self.action = values, action

    def __array__(self, dtype=None, copy=None):
        self.action()
        return self.values


@of_each
def test_arguments_that_change_the_distribution_while_they_are_read(case):
    parameters, x = case.draw((300, 50))
    small = {name: value[:1, :1] for name, value in parameters.items()}
    for method in ("LogProbability", "Probability", "LogProbBackward"):
        distribution = case.make(parameters)
        expected = getattr(case.make(parameters), method)(x)
        meddling = Meddles(x, lambda: distribution.__init__(**small))
        np.testing.assert_array_equal(np.shape(getattr(distribution, method)(meddling)),
                                      np.shape(expected))


# ---------------------------------------------------------------- the package


CLASSES = public_classes(package)


def test_every_class_is_tested():
    assert {case.cls.__name__ for case in CASES} == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_docstring(name):
    cls = CLASSES[name]
    assert "Source: mlpack ann/dists/" in inspect.getmodule(cls).__doc__
    for parameter in inspect.signature(cls).parameters:
        assert parameter in inspect.getdoc(cls)
