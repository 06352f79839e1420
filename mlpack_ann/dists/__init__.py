"""Probability distributions, under mlpack's names."""
from mlpack_ann.dists.bernoulli_distribution import BernoulliDistribution
from mlpack_ann.dists.normal_distribution import NormalDistribution
