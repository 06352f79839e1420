"""Layers, under mlpack's names; both mid-2020's (``SigmoidLayer``) and mlpack 4's (``Sigmoid``)."""
from mlpack_ann.layer.base_layer import BaseLayer, ReLU, ReLULayer, TanH, TanHLayer
from mlpack_ann.layer.convolution import Convolution
from mlpack_ann.layer.leaky_relu import LeakyReLU
from mlpack_ann.layer.linear import Linear
from mlpack_ann.layer.linear_no_bias import LinearNoBias
