"""Threads: the same bits for any number of them, in a forked child too; nothing of size allocated
where outputs are given."""
import multiprocessing
import tracemalloc

import numpy as np
import pytest

import mlpack_ann
from mlpack_ann import activation_functions as functions
from mlpack_ann.layer import Dropout, GELUExact, Linear, MaxPooling, UnPooling
from mlpack_ann.loss_functions import MeanSquaredError
from mlpack_ann.loss_functions.label_loss import LabelLoss
from tests.cases import ACTIVATIONS, LAYERS, LOSSES
from tests.checks import Checks, generator

check = Checks()
ELEMENTS = 100_000                      # three threads' worth, at the least weight of an element


@pytest.fixture(autouse=True)
def as_before():
    number = mlpack_ann.get_num_threads()
    yield
    mlpack_ann.set_num_threads(number)


def enlarged(case, shape):
    """Return how often to repeat a batch."""
    return -(-ELEMENTS // max(1, int(np.prod(shape))))


def repeated(a, times):
    return np.tile(a, (times, *[1] * (a.ndim - 1)))


class LayerPasses:
    """The passes of a layer on a large batch, each a function of the output to fill or None."""

    def __init__(self, case, dtype):
        rng = generator(case)
        arguments, shape = case.draw(rng)
        times = enlarged(case, shape)
        large = times * shape[0], *shape[1:]
        self.layer = layer = case.make(arguments, rng, dtype, large)
        self.x = repeated(case.input(layer, shape, rng).astype(dtype), times)
        if case.cls is UnPooling:
            layer.pooling_indices = repeated(layer.pooling_indices.reshape(shape), times)
        self.y = self.forward()
        self.gy = rng.normal(size=self.y.shape).astype(dtype)
        self.passes = {"Forward": self.forward, "Backward": self.backward}
        if layer.parameters is not None:
            self.passes["Gradient"] = self.gradient

    def forward(self, output=None):
        self.layer.rng = np.random.default_rng(0)
        return self.layer.Forward(self.x, output)

    def backward(self, g=None):
        return self.layer.Backward(self.x, self.y, self.gy, g)

    def gradient(self, gradient=None):
        return self.layer.Gradient(self.x, self.gy, gradient)


class LossPasses:
    def __init__(self, case, dtype):
        arguments, p, t = case.draw(generator(case))
        self.loss = case.cls(**arguments)
        p, t = np.asarray(p).astype(dtype), np.asarray(t)
        if isinstance(self.loss, LabelLoss):
            t = t.astype(np.intp).ravel()       # others are converted
        times = enlarged(case, p.shape)
        self.x = repeated(p, times)
        self.t = repeated(t.astype(dtype) if t.dtype.kind == "f" else t, times)
        self.passes = {"Forward": lambda _=None: np.array(self.loss.Forward(self.x, self.t)),
                       "Backward": lambda g=None: self.loss.Backward(self.x, self.t, g)}


class ActivationPasses:
    def __init__(self, case, dtype):
        function = case.cls()
        self.x = np.linspace(case.low, case.high, ELEMENTS, dtype=dtype)
        y = function.Fn(self.x)
        self.passes = {"Fn": lambda out=None: function.Fn(self.x, out),
                       "Deriv": lambda dy=None: function.Deriv(self.x, y, dy)}
        if hasattr(function, "Inv"):
            self.passes["Inv"] = lambda x=None: function.Inv(y, x)


ROWS = [pytest.param(kind, case, id=case.id) for kind, cases in (
    (LayerPasses, LAYERS), (LossPasses, LOSSES), (ActivationPasses, ACTIVATIONS)) for case in cases]


def on_rows(test):
    for name, values in (("dtype", [np.float32, np.float64]), ("kind, case", ROWS)):
        ids = [v.__name__ for v in values] if name == "dtype" else None
        test = pytest.mark.parametrize(name, values, ids=ids)(test)
    return test


@on_rows
def test_the_same_bits_for_any_number(kind, case, dtype):
    results = {}
    for number in (1, 2, 3):
        mlpack_ann.set_num_threads(number)
        made = kind(case, dtype)
        assert made.x.size >= ELEMENTS
        for name, run in made.passes.items():
            results.setdefault(name, []).append(run().tobytes())
    for name, bits in results.items():
        assert bits[1:] == bits[:1] * 2, name


@on_rows
def test_nothing_of_size_is_allocated_where_outputs_are_given(kind, case, dtype):
    mlpack_ann.set_num_threads(2)
    made = kind(case, dtype)
    for name, run in made.passes.items():
        output = run()
        run(output)
        tracemalloc.start()
        run(output)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < made.x.nbytes / 16, name


# ---------------------------------------------------------------- the number


def test_the_number_is_what_was_set():
    for number in (1, 2, 5, np.int64(3)):
        mlpack_ann.set_num_threads(number)
        assert mlpack_ann.get_num_threads() == number
    mlpack_ann.set_num_threads(10**6)
    assert mlpack_ann.get_num_threads() >= 16


@pytest.mark.parametrize("bad, error", [(0, ValueError), (-1, ValueError), (2**40, ValueError),
                                        (1.5, TypeError), ("2", TypeError), (None, TypeError)])
def test_other_numbers_are_refused_by_name(bad, error):
    mlpack_ann.set_num_threads(2)
    with pytest.raises(error, match="^set_num_threads: number is "):
        mlpack_ann.set_num_threads(bad)
    assert mlpack_ann.get_num_threads() == 2


def some_work():
    """Bits of results that several threads compute."""
    x = np.linspace(-3, 3, 400_000).reshape(100, 4, 10, 100)
    pooling, loss, linear = MaxPooling(2, 2, 2, 2), MeanSquaredError(), Linear(1000, 100)
    linear.parameters = np.linspace(-1, 1, linear.parameters.size)
    flat = x.reshape(400, 1000)
    arrays = [GELUExact().Forward(x), Dropout(rng=np.random.default_rng(0)).Forward(x),
              pooling.Forward(x), loss.Backward(x, 0 * x), linear.Forward(flat),
              functions.TanhFunction().Fn(x)]
    return [a.tobytes() for a in arrays]


def in_child(connection):
    connection.send((mlpack_ann.get_num_threads(), some_work()))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_computes():
    mlpack_ann.set_num_threads(2)
    expected = some_work()              # the parent's threads exist now
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=in_child, args=(theirs,))
    child.start()
    try:
        assert ours.poll(60), "the child hangs"
        number, results = ours.recv()
    finally:
        child.kill()
        child.join()
    assert number == 1 and results == expected
    assert mlpack_ann.get_num_threads() == 2
