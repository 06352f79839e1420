"""Activation functions, under mlpack's names."""
from mlpack_ann.activation_functions.rectifier_function import RectifierFunction
from mlpack_ann.activation_functions.tanh_function import TanhFunction
