"""Losses, summed: value (Forward), derivative (Backward), and both in one call.

A formula `(m, p, t) -> sum` or slope `(m, p, t) -> g` is written once for NumPy and PyTorch, `m`
being the library; PyTorch uses it where it has no operation of its own.
"""
from math import log

import numpy as np

from mlpack_ann.bench.case import LossCase, aten, nn, torch

SUM = 2                                     # PyTorch's number for this reduction
SHAPES = {"1e3": (10, 100), "1e4": (100, 100), "1e5": (1000, 100), "1e6": (10000, 100)}
SIZES = {label: ({}, shape) for label, shape in SHAPES.items()}
# A label and the element that it chooses, for each point.
PER_POINT = {"Forward": ("t", "t"), "Backward": ("t",), "EvaluateWithGradient": ("t", "t")}


# ---------------------------------------------------------------- predictions and targets

def real(rng, shape):
    return rng.normal(size=shape)


def probability(rng, shape):
    return rng.uniform(0.01, 0.99, shape)


def logarithm(rng, shape):
    return np.log(probability(rng, shape))


def bit(rng, shape):
    return rng.integers(0, 2, shape).astype(float)


def sign(rng, shape):
    return 2 * bit(rng, shape) - 1


def label(rng, shape):
    """One class per point."""
    return rng.integers(0, shape[1], shape[0])


def draw(prediction, target, halved=False):
    """Return a function that draws both; `halved`: for two predictions per target, side by side."""
    def pair(rng, shape):
        half = (shape[0], shape[1] // 2)
        return prediction(rng, shape), target(rng, half if halved else shape)
    return pair


def first_half(p):
    return p[:, :p.shape[1] // 2]


def second_half(p):
    return p[:, p.shape[1] // 2:]


def loss(name, prediction, target, formula=None, slope=None, forward=None, backward=None, given=(),
         halved=False, reads={}):
    formulas = {"Forward": formula and (lambda a: (formula, a.m, a.x, a.t)),
                "Backward": slope and (lambda a: (slope, a.m, a.x, a.t))}
    operations = {"Forward": forward, "Backward": backward}
    return LossCase(name, SIZES, {step: operations[step] or formulas[step] for step in operations
                                  if operations[step] or formulas[step]},
                    {step: call for step, call in formulas.items() if call},
                    given, reads, draw=draw(prediction, target, halved))


# ---------------------------------------------------------------- formulas

def log_cosh(m, p, t):
    error = m.abs(p - t)
    return (error + m.log1p(m.exp(-2 * error)) - log(2)).sum()


def huber(m, p, t):
    error = m.abs(p - t)
    return m.where(error > 1, error - 0.5, 0.5 * error * error).sum()


def cross_entropy(m, p, t):
    return -(t * m.log(p) + (1 - t) * m.log(1 - p)).sum()


def logit_cross_entropy(m, p, t):
    return (m.clip(p, 0, None) - p * t + m.log1p(m.exp(-m.abs(p)))).sum()


def logit_slope(m, p, t):
    return 1 / (1 + m.exp(-p)) - t


def dice(m, p, t):
    return 1 - (2 * (p * t).sum() + 1) / ((p * p).sum() + (t * t).sum() + 1)


def dice_slope(m, p, t):
    sizes = (p * p).sum() + (t * t).sum() + 1
    return (2 * ((2 * (p * t).sum() + 1) / sizes) * p - 2 * t) / sizes


def triplet(m, p, t):
    anchor, positive = first_half(p), second_half(p)
    apart = m.square(anchor - positive).sum(1) - m.square(anchor - t).sum(1)
    return m.clip(apart + 1, 0, None).sum()


CASES = [
    loss("MeanSquaredError", real, real,
         lambda m, p, t: m.square(p - t).sum(), lambda m, p, t: 2 * (p - t),
         lambda a: (nn.mse_loss, a.x, a.t, SUM),
         lambda a: (aten.mse_loss_backward.default, a.one, a.x, a.t, SUM), ("Backward",)),
    loss("L1Loss", real, real,
         lambda m, p, t: m.abs(p - t).sum(), lambda m, p, t: m.sign(p - t)),
    loss("HuberLoss", real, real,
         huber, lambda m, p, t: m.clip(p - t, -1, 1),
         lambda a: (nn.huber_loss, a.x, a.t, SUM, 1.0),
         lambda a: (aten.huber_loss_backward.default, a.one, a.x, a.t, SUM, 1.0), ("Backward",)),
    loss("LogCoshLoss", real, real, log_cosh, lambda m, p, t: m.tanh(p - t)),
    loss("MeanBiasError", real, real,
         lambda m, p, t: (t - p).sum(), lambda m, p, t: m.full_like(p, -1), reads={"Backward": ()}),
    loss("MeanAbsolutePercentageError", real, probability,
         lambda m, p, t: 100 * m.abs((p - t) / t).sum(),
         lambda m, p, t: 100 * m.sign(p - t) / m.abs(t)),
    loss("MeanSquaredLogarithmicError", probability, probability,
         lambda m, p, t: m.square(m.log1p(p) - m.log1p(t)).sum(),
         lambda m, p, t: 2 * (m.log1p(p) - m.log1p(t)) / (1 + p)),
    loss("BCELoss", probability, bit,
         cross_entropy, None,
         lambda a: (nn.binary_cross_entropy, a.x, a.t, None, SUM),
         lambda a: (aten.binary_cross_entropy_backward.default, a.one, a.x, a.t, None, SUM),
         ("Backward",)),
    loss("SigmoidCrossEntropyError", real, bit,
         logit_cross_entropy, logit_slope,
         lambda a: (torch.binary_cross_entropy_with_logits, a.x, a.t, None, None, SUM)),
    loss("ReconstructionLoss", real, bit,
         logit_cross_entropy, logit_slope,
         lambda a: (torch.binary_cross_entropy_with_logits, a.x, a.t, None, None, SUM)),
    loss("MultiLabelSoftMarginLoss", real, bit,
         lambda m, p, t: logit_cross_entropy(m, p, t) / p.shape[1],
         lambda m, p, t: logit_slope(m, p, t) / p.shape[1]),
    loss("KLDivergence", logarithm, probability,
         lambda m, p, t: (t * (m.log(t) - p)).sum(), lambda m, p, t: -t,
         lambda a: (torch.kl_div, a.x, a.t, SUM), reads={"Backward": ("t",)}),
    loss("NegativeLogLikelihood", logarithm, label,
         None, None,
         lambda a: (nn.nll_loss, a.x, a.t, None, SUM, -100),
         lambda a: (aten.nll_loss_backward.default, a.one, a.x, a.t, None, SUM, -100,
                    a.one * len(a.t)), ("Backward",), reads=PER_POINT),
    loss("VRClassReward", logarithm, label, reads=PER_POINT),
    loss("PoissonNLLLoss", real, probability,
         lambda m, p, t: (m.exp(p) - t * p).sum(), lambda m, p, t: m.exp(p) - t,
         lambda a: (torch.poisson_nll_loss, a.x, a.t, True, False, 1e-8, SUM)),
    loss("SoftMarginLoss", real, sign,
         lambda m, p, t: m.log1p(m.exp(-t * p)).sum(), lambda m, p, t: -t / (1 + m.exp(t * p)),
         lambda a: (nn.soft_margin_loss, a.x, a.t, SUM),
         lambda a: (aten.soft_margin_loss_backward.default, a.one, a.x, a.t, SUM)),
    loss("HingeLoss", real, sign,
         lambda m, p, t: m.clip(1 - p * t, 0, None).sum(), lambda m, p, t: -t * (p * t < 1)),
    loss("HingeEmbeddingLoss", real, sign,
         lambda m, p, t: m.where(t > 0, p, m.clip(1 - p, 0, None)).sum(), None,
         lambda a: (torch.hinge_embedding_loss, a.x, a.t, 1.0, SUM)),
    loss("EarthMoverDistance", real, sign,
         lambda m, p, t: -(p * t).sum(), lambda m, p, t: -t, reads={"Backward": ("t",)}),
    loss("DiceLoss", probability, bit, dice, dice_slope),
    loss("CosineEmbeddingLoss", real, real,
         None, None,
         lambda a: (torch.cosine_embedding_loss, a.x, a.t, torch.ones(len(a.t), dtype=a.t.dtype),
                    0.0, SUM)),
    loss("MarginRankingLoss", real, sign,
         lambda m, p, t: m.clip(1 - t * (first_half(p) - second_half(p)), 0, None).sum(), None,
         lambda a: (torch.margin_ranking_loss, first_half(a.x), second_half(a.x), a.t, 1.0, SUM),
         halved=True),
    loss("TripletMarginLoss", real, real, triplet, halved=True),
    loss("EmptyLoss", real, real, reads=dict.fromkeys(LossCase.READS, ())),
]
