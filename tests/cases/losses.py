"""The loss functions."""
import numpy as np

from mlpack_ann import loss_functions as L
from tests.case import LossCase, any_shape, numbers

INF, NAN = np.inf, np.nan


# ---------------------------------------------------------------- how to draw

def logits(rng, shape):
    """Any number, and zeros among them: where formulas for both signs meet."""
    return rng.uniform(-6, 6, shape) * (rng.random(shape) < 0.8)


def pair(arguments=lambda rng: {}, prediction=(-2, 2), target=(-2, 2)):
    """Draw prediction and target uniformly, of one shape; the prediction may be a function."""
    def draw(rng):
        shape = any_shape(rng)
        p = prediction(rng, shape) if callable(prediction) else rng.uniform(*prediction, shape)
        return arguments(rng), p, rng.uniform(*target, shape)
    return draw


def away_from_zero(arguments=lambda rng: {}):
    """Draw points of at least two elements, of both signs and at least 2 in size."""
    def draw(rng):
        shape = (*any_shape(rng), 2)
        p, t = rng.uniform(2, 6, (2, *shape)) * rng.choice([-1, 1], (2, *shape))
        return arguments(rng), p, t
    return draw


def signs(arguments=lambda rng: {}, values=(-1, 1), prediction=(-2, 2)):
    """Draw a prediction and a target of one of these values each."""
    def draw(rng):
        shape = any_shape(rng)
        p = rng.uniform(*prediction, shape)
        return arguments(rng), p, rng.choice(np.asarray(values, float), shape)
    return draw


def stacked(rng, arguments, target):
    shape = list(any_shape(rng))
    half = tuple(shape)
    shape[1] *= 2
    return (arguments, rng.uniform(-2, 2, shape), target(half))


def labelled(arguments=lambda rng: {}):
    """Draw log-probabilities and labels, in one of the forms that labels may have."""
    def draw(rng):
        points, classes = numbers(rng, 1, 7), numbers(rng, 1, 6)
        labels = rng.integers(0, classes, (points, 1) if numbers(rng, 0, 1) else points)
        dtype = [np.int64, np.int32, np.uint8, np.float64, np.float32][numbers(rng, 0, 4)]
        p = np.log(rng.dirichlet(np.ones(classes), points))
        return arguments(rng), p, labels.astype(dtype)
    return draw


def many_labels(rng):
    shape = numbers(rng, 1, 6), numbers(rng, 1, 6)
    weights = rng.uniform(0.1, 2, shape[1]) if numbers(rng, 0, 1) else None
    return {"weights": weights}, logits(rng, shape), rng.uniform(0, 1, shape)


# ---------------------------------------------------------------- what to compute

def rows(a):
    return a.reshape(len(a), -1)


def halves(p):
    return np.split(p, 2, axis=1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def bernoulli(p, t, eps):
    return t * np.log(p + eps) + (1 - t) * np.log(1 - p + eps)


def logistic_cross_entropy(p, t):
    return np.logaddexp(0, p) - p * t


def poisson(loss, p, t):
    value = np.exp(p) - t * p if loss.log_input else p - t * np.log(p + loss.eps)
    large = np.maximum(t, 1)
    stirling = large * np.log(large) - large + 0.5 * np.log(2 * np.pi * large)
    return value + np.where(t > 1, stirling, 0) * loss.full


def huber(loss, p, t):
    error = abs(p - t)
    return np.where(error > loss.delta, loss.delta * (error - loss.delta / 2), error**2 / 2)


def cosine(loss, p, t):
    p, t = rows(p), rows(t)
    similarity = (p * t).sum(1) / np.linalg.norm(p, axis=1) / np.linalg.norm(t, axis=1)
    return 1 - similarity if loss.similarity else np.maximum(0, similarity - loss.margin)


def triplet(loss, p, t):
    anchor, positive = halves(p)
    squares = (anchor - positive)**2 - (anchor - t)**2
    return np.maximum(0, rows(squares).sum(1) + loss.margin)


def ranking(loss, p, t):
    first, second = halves(p)
    return np.maximum(0, loss.margin - t * (first - second))


def multilabel(loss, p, t):
    weights = 1 if loss.weights is None else loss.weights
    return (weights * logistic_cross_entropy(p, t)).mean(1)


def dice(loss, p, t):
    sizes = (p * p).sum() + (t * t).sum() + loss.smooth
    return np.array([1 - (2 * (p * t).sum() + loss.smooth) / sizes])


def likelihood(loss, p, t):
    return -p[np.arange(len(p)), t.ravel().astype(int)]


def reward(loss, p, t):
    right = p.argmax(1) == t.ravel()
    return likelihood(loss, p, t) - loss.scale * right / (len(p) if loss.size_average else 1)


# ---------------------------------------------------------------- what PyTorch computes

def functional(name):
    """The function of torch.nn.functional of this name, with the loss's parameters by name."""
    def oracle(loss, p, t, **arguments):
        import torch.nn.functional
        function = getattr(torch.nn.functional, name)
        return function(p, t, reduction="none", **arguments)
    return oracle


def with_parameters(oracle, *names):
    return lambda loss, p, t: oracle(loss, p, t, **{name: getattr(loss, name) for name in names})


def torch_cosine(loss, p, t):
    import torch
    sign = torch.full((len(p),), 1.0 if loss.similarity else -1.0, dtype=p.dtype)
    return torch.nn.functional.cosine_embedding_loss(
        p.reshape(len(p), -1), t.reshape(len(t), -1), sign, margin=loss.margin, reduction="none")


def torch_ranking(loss, p, t):
    import torch
    first, second = p.chunk(2, dim=1)
    return torch.nn.functional.margin_ranking_loss(first, second, t, margin=loss.margin,
                                                   reduction="none")


def torch_multilabel(loss, p, t):
    import torch
    weights = None if loss.weights is None else torch.as_tensor(loss.weights, dtype=p.dtype)
    return torch.nn.functional.multilabel_soft_margin_loss(p, t, weight=weights, reduction="none")


def torch_likelihood(loss, p, t):
    import torch
    return torch.nn.functional.nll_loss(p, t.reshape(-1).long(), reduction="none")


BAD_REDUCTION = [({"reduction": "avg"}, ValueError), ({"reduction": None}, TypeError),
                 ({"reduction": 1.5}, TypeError)]
TWO_OF_THREE = np.zeros((2, 3), int)
BAD_PAIR = [({}, TWO_OF_THREE, TWO_OF_THREE.T, ValueError), ({}, TWO_OF_THREE, [0, 0], ValueError),
            ({}, TWO_OF_THREE, TWO_OF_THREE * 1j, TypeError), ({}, TWO_OF_THREE, None, TypeError),
            ({}, 1, 1, ValueError)]
BAD_LABELS = [({}, TWO_OF_THREE, labels, ValueError) for labels in (
                  [0, 3], [-1, 0], [0.5, 1], [NAN, 1], [2.0**64, 1], [0, 1, 2], [[0, 1]])]
BAD_LABELS += [({}, TWO_OF_THREE, labels, TypeError) for labels in (["0", "1"], None, [0j, 1j])]
BAD_LABELS += [({}, np.zeros(shape), [0, 1], ValueError) for shape in (2, (2, 0), (2, 3, 1))]
BAD_STACK = [({}, TWO_OF_THREE, np.zeros((2, 1), int), ValueError),
             ({}, TWO_OF_THREE.T, TWO_OF_THREE.T, ValueError),
             ({}, np.zeros(4), [0, 0], ValueError)]


def not_positive(name):
    return [({name: 0}, ValueError), ({name: NAN}, ValueError), ({name: None}, TypeError)]


def bad_number(name):
    return [({name: NAN}, ValueError), ({name: INF}, ValueError), ({name: "a"}, TypeError),
            ({name: None}, TypeError)]


def negative(name):
    return [({name: -1e-3}, ValueError), *bad_number(name)]


LOSSES = [
    LossCase(
        L.L1Loss, pair(), lambda loss, p, t: abs(p - t), torch=functional("l1_loss"),
        edges=[({}, [[1, -1e30, 3e30]], [[1, 2, 3]], 4e30), ({}, [[INF]], [[0]], INF),
               ({}, [[3e38, 3e38]], [[-3e38, 0]], 9e38)],
        invalid=BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.MeanSquaredError, pair(), lambda loss, p, t: (p - t)**2, torch=functional("mse_loss"),
        edges=[({}, [[1e8, 2]], [[0, 2]], 1e16), ({}, [[1e30]], [[0]], 1e60),
               ({}, [[-INF]], [[0]], INF)],
        invalid=BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.MeanBiasError, pair(), lambda loss, p, t: t - p,
        edges=[({}, [[1, 2]], [[2, 1]], 0), ({}, [[-3e38, 0]], [[3e38, 1]], 6e38)],
        invalid=BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.EarthMoverDistance, pair(), lambda loss, p, t: -p * t,
        edges=[({}, [[1e30]], [[-1e30]], 1e60), ({}, [[0, 3]], [[5, 0]], 0)],
        invalid=BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.LogCoshLoss, pair(lambda rng: {"a": rng.uniform(0.3, 4)}),
        lambda loss, p, t: np.log(np.cosh(loss.a * (t - p))) / loss.a,
        edges=[({}, [[1e4]], [[0]], 1e4 - np.log(2)),
               ({"a": 3}, [[0]], [[1e4]], 1e4 - np.log(2) / 3),
               ({}, [[1e-5]], [[0]], 0.5e-10 - 1e-20 / 12),
               ({"a": 1e-3}, [[1e-2]], [[0]], 0.5e-7 - 1e-17 / 12),
               ({}, [[2]], [[2]], 0), ({}, [[3e38]], [[-3e38]], 6e38), ({}, [[INF]], [[0]], INF),
               ({"a": 1e10}, [[1e30]], [[0]], 1e30)],
        invalid=not_positive("a") + BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.HuberLoss, pair(lambda rng: {"delta": rng.uniform(0.3, 3)}),
        huber,
        torch=with_parameters(functional("huber_loss"), "delta"),
        edges=[({}, [[1e4]], [[0]], 9999.5), ({"delta": 2.5}, [[2.5]], [[0]], 3.125),
               ({}, [[-3e38]], [[3e38]], 6e38), ({}, [[INF]], [[1]], INF)],
        invalid=not_positive("delta") + BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.KLDivergence, pair(prediction=(-4, 0), target=(0.01, 1)),
        lambda loss, p, t: t * np.log(t) - t * p, torch=functional("kl_div"),
        edges=[({}, [[-1, -2]], [[0, 0]], 0), ({}, [[-INF, 0]], [[0, 1]], 0),
               ({}, [[-INF]], [[0.5]], INF), ({}, [[-1e4]], [[1]], 1e4)],
        invalid=BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.BCELoss, pair(lambda rng: {"eps": [1e-10, 1e-3][numbers(rng, 0, 1)]},
                        prediction=(0.02, 0.98), target=(0, 1)),
        lambda loss, p, t: -bernoulli(p, t, loss.eps),
        edges=[({}, [[0, 1, 0, 1]], [[0, 1, 1, 0]], 20 * np.log(10) - 2e-10),
               ({}, [[1]], [[0]], 10 * np.log(10)),
               ({"eps": 0}, [[0, 1]], [[0, 1]], 0), ({"eps": 0}, [[0]], [[1]], INF),
               ({"eps": 0}, [[1]], [[0.5]], INF),
               ({"eps": 1e-3}, [[0]], [[1]], -np.log(1e-3))],
        invalid=negative("eps") + BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.BCELoss, pair(lambda rng: {"eps": 0}, prediction=(0.02, 0.98), target=(0, 1)),
        lambda loss, p, t: -bernoulli(p, t, 0), name="-eps0",
        torch=functional("binary_cross_entropy")),
    LossCase(
        L.HingeEmbeddingLoss, signs(lambda rng: {"margin": rng.uniform(0.3, 1.7)}),
        lambda loss, p, t: np.where(t > 0, p, np.maximum(0, loss.margin - p)),
        torch=with_parameters(functional("hinge_embedding_loss"), "margin"),
        edges=[({}, [[1, 2, -3]], [[-1, -1, 1]], -3), ({"margin": 2.5}, [[1]], [[0]], 1.5),
               ({}, [[INF]], [[-1]], 0), ({}, [[-1e4]], [[-1]], 10001)],
        invalid=bad_number("margin") + BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.HingeLoss, signs(values=(-1, 0, 1)),
        lambda loss, p, t: np.maximum(0, 1 - p * np.where(t == 0, -1, t)),
        edges=[({}, [[1, -1, -1]], [[1, -1, 0]], 0), ({}, [[-1e4, 1e4]], [[1, 1]], 10001),
               ({}, [[3e38]], [[0]], 3e38), ({}, [[0]], [[0]], 1), ({}, [[INF]], [[1]], 0)],
        invalid=BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.SoftMarginLoss, pair(prediction=logits), lambda loss, p, t: np.logaddexp(0, -t * p),
        edges=[({}, [[1e4, -1e4]], [[1, -1]], 0), ({}, [[-1e4, 1e4]], [[1, -1]], 2e4),
               ({}, [[0]], [[1]], np.log(2)), ({}, [[20]], [[1]], np.log1p(np.exp(-20))),
               ({}, [[-INF]], [[1]], INF)],
        torch=functional("soft_margin_loss"), invalid=BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.SigmoidCrossEntropyError, pair(prediction=logits, target=(0, 1)),
        lambda loss, p, t: logistic_cross_entropy(p, t),
        torch=functional("binary_cross_entropy_with_logits"),
        edges=[({}, [[1e4, -1e4]], [[1, 0]], 0), ({}, [[1e4, -1e4]], [[0, 1]], 2e4),
               ({}, [[20, -20]], [[1, 0]], 2 * np.log1p(np.exp(-20))),
               ({}, [[0]], [[0.3]], np.log(2)),
               ({}, [[INF, -INF]], [[1, 0]], 0), ({}, [[INF]], [[0]], INF)],
        invalid=BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.PoissonNLLLoss, pair(
            lambda rng: {"log_input": numbers(rng, 0, 1) == 1, "full": numbers(rng, 0, 1) == 1,
                         "eps": [1e-8, 1e-3][numbers(rng, 0, 1)]},
            prediction=(0.1, 3), target=(0, 5)),
        poisson, torch=with_parameters(functional("poisson_nll_loss"), "log_input", "full", "eps"),
        edges=[({}, [[-INF]], [[0]], 0), ({}, [[-INF]], [[2]], INF), ({}, [[1e4]], [[5]], INF),
               ({}, [[-1e4]], [[3]], 3e4), ({"log_input": False, "eps": 0}, [[0]], [[0]], 0),
               ({"log_input": False, "eps": 0}, [[0]], [[1]], INF),
               ({"log_input": False}, [[0]], [[1]], 8 * np.log(10)),
               ({"log_input": False}, [[1e4]], [[0]], 1e4),
               ({"full": True}, [[0, 0, 0]], [[0, 0.5, 1]], 3),
               ({"full": True}, [[0]], [[2]], 1 + 2 * np.log(2) - 2 + 0.5 * np.log(4 * np.pi))],
        invalid=negative("eps") + BAD_REDUCTION + [({"full": 2}, TypeError),
                                                   ({"log_input": "yes"}, TypeError)],
        bad_input=BAD_PAIR),
    LossCase(
        L.MeanSquaredLogarithmicError, pair(prediction=(-0.8, 6), target=(-0.8, 6)),
        lambda loss, p, t: (np.log1p(t) - np.log1p(p))**2,
        edges=[({}, [[-1]], [[0]], INF), ({}, [[0]], [[-1]], INF), ({}, [[-1, 3]], [[-1, 3]], 0),
               ({}, [[0]], [[0]], 0),
               ({}, [[3e38]], [[0]], np.log(3e38)**2), ({}, [[1e-6]], [[0]], np.log1p(1e-6)**2)],
        invalid=BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.MeanAbsolutePercentageError, away_from_zero(),
        lambda loss, p, t: 100 * abs((p - t) / t),
        edges=[({}, [[0]], [[0]], 0), ({}, [[1]], [[0]], INF), ({}, [[3]], [[-1]], 400),
               ({}, [[1e30]], [[1]], 1e32), ({}, [[2, 5]], [[2, 4]], 25)],
        invalid=BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.ReconstructionLoss, pair(lambda rng: {"eps": [1e-10, 1e-3][numbers(rng, 0, 1)]},
                                   prediction=logits, target=(0, 1)),
        lambda loss, p, t: -bernoulli(sigmoid(p), t, loss.eps),
        edges=[({"eps": 0}, [[0]], [[0.3]], np.log(2)), ({}, [[-1e4]], [[1]], 10 * np.log(10)),
               ({"eps": 0}, [[-1e4, 1e4]], [[1, 0]], 2e4), ({"eps": 0}, [[1e4, -1e4]], [[1, 0]], 0),
               ({"eps": 0}, [[INF]], [[1]], 0)],
        invalid=negative("eps") + BAD_REDUCTION + [({"apply_logistic": 3}, TypeError)],
        bad_input=BAD_PAIR),
    LossCase(
        L.ReconstructionLoss, pair(lambda rng: {"eps": [0, 1e-10, 1e-3][numbers(rng, 0, 2)],
                                                "apply_logistic": False},
                                   prediction=(0.02, 0.98), target=(0, 1)),
        lambda loss, p, t: -bernoulli(p, t, loss.eps), name="-probabilities",
        edges=[({"apply_logistic": False}, [[0, 1]], [[1, 1]], 10 * np.log(10) - 1e-10),
               ({"apply_logistic": False, "eps": 0}, [[0, 1]], [[0, 1]], 0)]),
    LossCase(
        L.ReconstructionLoss, pair(lambda rng: {"eps": 0}, prediction=logits, target=(0, 1)),
        lambda loss, p, t: -bernoulli(sigmoid(p), t, 0), name="-eps0",
        torch=functional("binary_cross_entropy_with_logits")),
    LossCase(
        L.CosineEmbeddingLoss, away_from_zero(
            lambda rng: {"margin": rng.uniform(-0.5, 0.5), "similarity": numbers(rng, 0, 1) == 1}),
        cosine, torch=torch_cosine,
        edges=[({}, [[0, 0]], [[1, 2]], 1), ({}, [[1, 2]], [[0, 0]], 1),
               ({}, [[0, 0]], [[0, 0]], 1),
               ({"similarity": False}, [[0, 0]], [[1, 2]], 0), ({}, [[4e30, 0]], [[4e-30, 0]], 0),
               ({}, [[3e37, 0]], [[3e37, 4e37]], 0.4), ({}, [[1e-38, 0]], [[0, 1e-38]], 1),
               ({"similarity": False, "margin": -0.5}, [[0, 0]], [[1, 2]], 0.5)],
        invalid=bad_number("margin") + BAD_REDUCTION + [({"similarity": 2}, TypeError)],
        bad_input=BAD_PAIR),
    LossCase(
        L.DiceLoss, pair(lambda rng: {"smooth": [0, 0.2, 1, 3][numbers(rng, 0, 3)]},
                         prediction=(0.05, 1), target=(0, 1)),
        dice,
        edges=[({"smooth": 0}, [[0, 0]], [[0, 0]], 0), ({}, [[0, 0]], [[0, 0]], 0),
               ({"smooth": 0}, [[1, 0]], [[0, 1]], 1),
               ({"smooth": 0}, [[1, 0], [0, 1]], [[1, 0], [0, 1]], 0),
               ({"smooth": 0}, [[0, 3e-30]], [[0, 0]], 1), ({"smooth": 0}, [[2e30]], [[1e30]], 0.2),
               ({}, [[1, 1]], [[0, 0]], 2 / 3)],
        invalid=negative("smooth") + BAD_REDUCTION, bad_input=BAD_PAIR),
    LossCase(
        L.TripletMarginLoss,
        lambda rng: stacked(rng, {"margin": rng.uniform(0, 3)},
                            lambda half: rng.uniform(-2, 2, half)),
        triplet,
        edges=[({}, [[0, 0]], [[1]], 0), ({}, [[0, 3]], [[1]], 9),
               ({"margin": 0}, [[1, 1]], [[1]], 0),
               ({}, [[0, 1e30]], [[0]], 1e60), ({}, [[0, 0], [0, 1]], [[9], [0]], 2)],
        invalid=bad_number("margin") + BAD_REDUCTION, bad_input=BAD_STACK),
    LossCase(
        L.MarginRankingLoss,
        lambda rng: stacked(rng, {"margin": rng.uniform(-0.5, 2)},
                            lambda half: rng.choice([-1.0, 1.0], half)),
        ranking, torch=torch_ranking,
        edges=[({}, [[2, 1]], [[1]], 0), ({}, [[1, 2]], [[1]], 2), ({}, [[1e4, 0]], [[-1]], 10001),
               ({}, [[3e38, -3e38]], [[-1]], 6e38), ({}, [[5, 0], [0, 5]], [[1], [1]], 6)],
        invalid=bad_number("margin") + BAD_REDUCTION, bad_input=BAD_STACK),
    LossCase(
        L.MultiLabelSoftMarginLoss, many_labels,
        multilabel, torch=torch_multilabel,
        edges=[({}, [[1e4, -1e4]], [[1, 0]], 0), ({}, [[-1e4, 1e4]], [[1, 0]], 1e4),
               ({"weights": [0, 1]}, [[-1e4, 0]], [[1, 1]], np.log(2) / 2),
               ({}, [[0], [0]], [[1], [0]], 2 * np.log(2))],
        invalid=BAD_REDUCTION + [({"weights": [[1, 2]]}, ValueError), ({"weights": []}, ValueError),
                                 ({"weights": [NAN]}, ValueError), ({"weights": ["a"]}, TypeError)],
        bad_input=[({}, TWO_OF_THREE[..., None], TWO_OF_THREE[..., None], ValueError),
                   ({}, TWO_OF_THREE[:, :0], TWO_OF_THREE[:, :0], ValueError),
                   ({"weights": [1, 2]}, TWO_OF_THREE, TWO_OF_THREE, ValueError), *BAD_PAIR]),
    LossCase(
        L.NegativeLogLikelihood, labelled(), likelihood, torch=torch_likelihood,
        edges=[({}, [[-INF, 0]], [1], 0), ({}, [[-INF, 0]], [0], INF), ({}, [[-1e30]], [[0]], 1e30),
               ({}, [[-1, NAN]], [0], 1)],
        invalid=BAD_REDUCTION, bad_input=BAD_LABELS),
    LossCase(
        L.VRClassReward, labelled(lambda rng: {"scale": rng.uniform(-1, 3),
                                               "size_average": numbers(rng, 0, 1) == 1}),
        reward,
        edges=[({}, [[-1, -1]], [0], 0), ({}, [[-1, -1]], [1], 1),
               ({"scale": 3}, [[0, -1], [0, -1]], [0, 1], -0.5),
               ({"scale": 3, "size_average": False}, [[0, -1], [0, -1]], [0, 1], -2)],
        invalid=bad_number("scale") + BAD_REDUCTION + [({"size_average": 2}, TypeError)],
        bad_input=BAD_LABELS),
    LossCase(
        # Backward is the target, and so the derivative of nothing only where that is 0.
        L.EmptyLoss, pair(target=(0, 0)), lambda loss, p, t: 0 * p,
        edges=[({}, [[1e4]], [[-1]], 0)], invalid=BAD_REDUCTION, bad_input=BAD_PAIR),
]
