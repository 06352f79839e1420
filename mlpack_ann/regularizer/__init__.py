"""Regularisers, which layers with weights take as `regularizer`."""
from mlpack_ann.regularizer.lregularizer import L1Regularizer, L2Regularizer, LRegularizer
from mlpack_ann.regularizer.no_regularizer import NoRegularizer
from mlpack_ann.regularizer.orthogonal_regularizer import OrthogonalRegularizer
