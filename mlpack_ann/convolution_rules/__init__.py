"""Rules of convolution: ways to the same numbers, with the border modes they take."""
from mlpack_ann.convolution_rules.border_modes import FullConvolution, ValidConvolution
from mlpack_ann.convolution_rules.fft_convolution import FFTConvolution
from mlpack_ann.convolution_rules.im2col_convolution import Im2ColConvolution
from mlpack_ann.convolution_rules.naive_convolution import NaiveConvolution
from mlpack_ann.convolution_rules.svd_convolution import SVDConvolution
