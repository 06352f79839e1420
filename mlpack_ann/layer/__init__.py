"""Layers, under mlpack's names; both mid-2020's (``SigmoidLayer``) and mlpack 4's (``Sigmoid``)."""
from mlpack_ann.layer.adaptive_max_pooling import AdaptiveMaxPooling
from mlpack_ann.layer.adaptive_mean_pooling import AdaptiveMeanPooling
from mlpack_ann.layer.add import Add
from mlpack_ann.layer.add_merge import AddMerge
from mlpack_ann.layer.alpha_dropout import AlphaDropout
from mlpack_ann.layer.atrous_convolution import AtrousConvolution
from mlpack_ann.layer.base_layer import (
    BaseLayer, BipolarSigmoid, Elish, ElishFunctionLayer, Elliot, ElliotFunctionLayer, Gaussian,
    GaussianFunctionLayer, GELU, GELUExact, GELUFunctionLayer, HardSigmoid, HardSigmoidLayer,
    HardSwish, HyperSinh, Identity, IdentityLayer, LiSHT, LiSHTFunctionLayer, Mish,
    MishFunctionLayer, ReLU, ReLULayer, Sigmoid, SigmoidLayer, SILU, SoftPlus, SoftPlusLayer,
    Swish, SwishFunctionLayer, TanH, TanhExp, TanHLayer)
from mlpack_ann.layer.batch_norm import BatchNorm
from mlpack_ann.layer.bicubic_interpolation import BicubicInterpolation
from mlpack_ann.layer.bilinear_interpolation import BilinearInterpolation
from mlpack_ann.layer.c_relu import CReLU
from mlpack_ann.layer.celu import CELU
from mlpack_ann.layer.channel_shuffle import ChannelShuffle
from mlpack_ann.layer.concat import Concat
from mlpack_ann.layer.concat_performance import ConcatPerformance
from mlpack_ann.layer.concatenate import Concatenate
from mlpack_ann.layer.constant import Constant
from mlpack_ann.layer.convolution import Convolution
from mlpack_ann.layer.dropconnect import DropConnect
from mlpack_ann.layer.dropout import Dropout
from mlpack_ann.layer.elu import ELU, SELU
from mlpack_ann.layer.embedding import Embedding
from mlpack_ann.layer.fast_lstm import FastLSTM
from mlpack_ann.layer.flexible_relu import FlexibleReLU
from mlpack_ann.layer.ftswish import FTSwish, FlattenTSwish
from mlpack_ann.layer.glimpse import Glimpse
from mlpack_ann.layer.group_norm import GroupNorm
from mlpack_ann.layer.grouped_convolution import GroupedConvolution
from mlpack_ann.layer.gru import GRU
from mlpack_ann.layer.hard_tanh import HardTanH
from mlpack_ann.layer.hardshrink import HardShrink
from mlpack_ann.layer.highway import Highway
from mlpack_ann.layer.instance_norm import InstanceNorm
from mlpack_ann.layer.isrlu import ISRLU
from mlpack_ann.layer.join import Join
from mlpack_ann.layer.layer_norm import LayerNorm
from mlpack_ann.layer.leaky_relu import LeakyReLU
from mlpack_ann.layer.linear import Linear
from mlpack_ann.layer.linear3d import Linear3D
from mlpack_ann.layer.linear_no_bias import LinearNoBias
from mlpack_ann.layer.linear_recurrent import LinearRecurrent
from mlpack_ann.layer.log_softmax import LogSoftMax
from mlpack_ann.layer.lookup import Lookup
from mlpack_ann.layer.lp_pooling import LpPooling
from mlpack_ann.layer.lstm import LSTM
from mlpack_ann.layer.max_pooling import MaxPooling
from mlpack_ann.layer.mean_pooling import MeanPooling
from mlpack_ann.layer.minibatch_discrimination import MiniBatchDiscrimination
from mlpack_ann.layer.multi_layer import MultiLayer
from mlpack_ann.layer.multihead_attention import MultiheadAttention
from mlpack_ann.layer.multiply_constant import MultiplyConstant
from mlpack_ann.layer.multiply_merge import MultiplyMerge
from mlpack_ann.layer.nearest_interpolation import NearestInterpolation
from mlpack_ann.layer.noisylinear import NoisyLinear
from mlpack_ann.layer.padding import Padding
from mlpack_ann.layer.parametric_relu import PReLU
from mlpack_ann.layer.pixel_shuffle import PixelShuffle
from mlpack_ann.layer.positional_encoding import PositionalEncoding
from mlpack_ann.layer.radial_basis_function import RBF
from mlpack_ann.layer.recurrent import Recurrent
from mlpack_ann.layer.recurrent_attention import RecurrentAttention
from mlpack_ann.layer.recurrent_layer import RecurrentLayer
from mlpack_ann.layer.reinforce_normal import ReinforceNormal
from mlpack_ann.layer.relu6 import ReLU6
from mlpack_ann.layer.reparametrization import Reparametrization
from mlpack_ann.layer.repeat import Repeat
from mlpack_ann.layer.scale import Scale
from mlpack_ann.layer.select import Select
from mlpack_ann.layer.sequential import Residual, Sequential
from mlpack_ann.layer.softmax import Softmax
from mlpack_ann.layer.softmin import Softmin
from mlpack_ann.layer.softshrink import SoftShrink
from mlpack_ann.layer.spatial_dropout import SpatialDropout
from mlpack_ann.layer.subview import Subview
from mlpack_ann.layer.sum_reduce import SumReduce
from mlpack_ann.layer.transposed_convolution import TransposedConvolution
from mlpack_ann.layer.unpooling import UnPooling
from mlpack_ann.layer.virtual_batch_norm import VirtualBatchNorm
from mlpack_ann.layer.vr_class_reward import VRClassReward
from mlpack_ann.layer.weight_norm import WeightNorm
