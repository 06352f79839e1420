"""THE table of differences: where mlpack is wrong, what it does, and what is right.

A row explains a difference of one pass of a class, in the cases and at the elements that `where`
admits; with `gives`, only if mlpack's value is exactly the one described. Sizes are measured
from the records and printed with the row (largest difference over largest value).
"""
from dataclasses import dataclass

import numpy as np

from mlpack_ann.layer import Convolution
from mlpack_ann.port import does
from mlpack_ann.port.passes import BACKWARD, FORWARD, GRADIENT


@dataclass(frozen=True, eq=False)
class Difference:
    """One row.

    Attributes
    ----------
    names, versions : str
        Records it is about, by file name without suffix, and mlpack versions; space-separated.
    pass_ : str
        Forward, Backward or Gradient.
    mlpack, right : str
        What mlpack does, and what is right.
    where : callable, optional
        (job, check) -> bool or boolean mask over the elements: where the row applies.
    gives : callable, optional
        (job, check) -> the value that mlpack gives.
    item : str, optional
        The value of the pass it is about ("running_variance"); all if omitted.
    """

    names: str
    versions: str
    pass_: str
    mlpack: str
    right: str
    where: object = None
    gives: object = None
    item: str = None

    def concerns(self, job):
        record = job.case.record
        return record.name in self.names.split() and record.version in self.versions.split()

    def covers(self, job, check):
        """Return the mask of the recorded elements that this row explains."""
        recorded = np.asarray(check.recorded)
        mask = np.ones(recorded.shape, bool)
        if self.where is not None:
            mask &= self.where(job, check)
        if self.gives is not None and mask.any():
            given = np.asarray(self.gives(job, check), float)
            if given.shape != recorded.shape:
                return np.zeros(recorded.shape, bool)
            mask &= np.isclose(given, recorded, rtol=1e-9, atol=1e-12, equal_nan=True)
        return mask


def rows_for(job, check):
    """Return the rows of the table about this class, version and value."""
    return [row for row in TABLE if row.concerns(job)
            and row.pass_ == check.pass_ and row.item in (None, check.item)]


# Conditions -------------------------------------------------------------------------------

def batch(job, check):
    return job.points > 1


def in_training(job, check):
    return job.training


def mixed(job, check):
    """Whether there is a batch of queries with keys and values of their own."""
    return batch(job, check) and not job.kwargs.get("self_attention", False)


def ceil(job, check):
    return not job.kwargs["floor"]


def strided(job, check):
    return job.kwargs["stride_width"] > 1 or job.kwargs["stride_height"] > 1


def unequal_strides(job, check):
    return job.kwargs["stride_width"] != job.kwargs["stride_height"]


def unequal_dilations(job, check):
    return job.kwargs["dilation_width"] != job.kwargs["dilation_height"]


def many_to_many(job, check):
    return job.kwargs["in_size"] > 1 and job.kwargs["out_size"] > 1


def bias_entries(job, check):
    """Elements of the gradient that belong to the bias."""
    biases = job.kwargs["out_size"] if job.kwargs.get("use_bias", True) else 0
    return np.arange(check.recorded.size) >= check.recorded.size - biases


def bias_of_batch(job, check):
    return batch(job, check) & bias_entries(job, check)


def biases_of_convolutions(job, check):
    """Elements of the gradient that belong to the biases of Convolutions within, of a batch."""
    mask, end = np.zeros(check.recorded.shape, bool), 0
    for layer in job.kwargs.get("layers", [job.kwargs.get("layer")]):
        end += 0 if layer.parameters is None else layer.parameters.size
        if isinstance(layer, Convolution):
            first = end - layer.out_size if "layers" in job.kwargs else 0   # WeightNorm's biases
            mask[first:first + layer.out_size] = True
    return batch(job, check) & mask


def start_of_batch(job, check):
    """Elements of Recurrent's gradient that belong to start, behind input."""
    first = job.kwargs["input"].parameters.size
    of_start = np.arange(check.recorded.size) - first
    return batch(job, check) & (of_start >= 0) & (of_start < job.kwargs["start"].parameters.size)


def clipped(job, check):
    x = job.arrays["input"]
    return (x >= job.kwargs["max_value"]) | (x <= job.kwargs["min_value"])


def below_zero(job, check):
    return job.arrays["input"] < 0


def takes_input(job, check):
    """Whether the activation's derivative is written for x, not for f(x)."""
    return job.case.args["ActivationFunction"] in DERIV_OF_INPUT.split()


def many_patches(job, check):
    return job.kwargs["depth"] > 2


def glimpses_of_many_patches(job, check):
    return job.kwargs["rnn"].depth > 2


def several_points(job, check):
    return job.arrays["target"].size > 1


def far(job, check):
    """Elements whose exponential overflows."""
    x, t = does.pair(job)
    return np.abs(job.kwargs.get("a", 1) * (x - t)) > 700


def product_far(job, check):
    x, t = does.pair(job)
    return -x * t > 700


def zero_target(job, check):
    return job.arrays["target"] == 0


def anywhere(condition):
    """The condition met by any element, for a value of the whole case."""
    def any_element(job, check):
        return np.any(condition(job, check))
    return any_element


def extreme(job, check):
    """Elements where exp(4 x) or exp(-4 x) overflows."""
    return np.abs(job.arrays["input"]) > 177


def beyond_range(job, check):
    """Values that the function never takes."""
    return (job.arrays["inverse_of"] <= 0) | (job.arrays["inverse_of"] >= 1)


def not_positive(job, check):
    return job.arrays["inverse_of"] <= 0


def infinite_input(job, check):
    return ~np.isfinite(job.arrays["input"])


def at_zero(job, check):
    return job.arrays["input"] == 0


def negative_weight(job, check):
    return (job.kwargs["power"] % 2 == 1) & (job.arrays["weight"].ravel() < 0)


def unequal_steps(job, check):
    o = job.options
    return o["d_w"] != o["d_h"] or o["dilation_w"] != o["dilation_h"]


def strided_in_full(job, check):
    return job.kwargs["border_mode"] == "full" and max(job.options["d_w"], job.options["d_h"]) > 1


def surplus_channels(job, check):
    return job.kwargs["size"] % job.kwargs["upscale_factor"] ** 2 != 0


def not_square(job, check):
    return job.points != job.features


def mean(job, check):
    return does.divisor(job) > 1


DERIV_OF_INPUT = ("SoftplusFunction SwishFunction MishFunction LiSHTFunction GELUFunction "
                  "ElliotFunction ElishFunction GaussianFunction InvQuadFunction "
                  "MultiQuadFunction Poisson1Function QuadraticFunction SplineFunction")

TABLE = [
    # layers
    Difference(
        "Add", "3.x", GRADIENT,
        "gradient is a copy of error, one column for each point",
        "summed over the points", batch, does.error_unsummed),
    Difference(
        "AddMerge", "3.x", GRADIENT,
        "gradients of the layers are never computed", "those of the layers", None, does.zero),
    Difference(
        "AddMerge", "4.4 4.8", BACKWARD,
        "each layer's Backward gets the sum for its own output", "its own output",
        None, does.slopes_at_the_sum),
    Difference(
        "Concat Sequential WeightNorm", "3.x", GRADIENT,
        "Convolution's bias gradient of a batch is the last point's only", "summed over the points",
        biases_of_convolutions, does.last_point_biases),
    Difference(
        "ConcatPerformance", "3.x", BACKWARD,
        "g of each block is written over the first's, and the last one's stays 0",
        "g of each block behind that of the one before", None, does.last_block_first),
    Difference(
        "Convolution AtrousConvolution TransposedConvolution", "3.x", GRADIENT,
        "the bias gradient of a batch is the last point's only",
        "summed over the points", bias_of_batch, does.last_point_bias),
    Difference(
        "Convolution AtrousConvolution", "3.x", FORWARD,
        "with unequal strides the window moves by the height's step in width and the width's "
        "in height", "each axis has its own stride", unequal_strides, does.exchanged_steps_output),
    Difference(
        "AtrousConvolution", "3.x", FORWARD,
        "unequal dilations are exchanged", "each axis has its own dilation", unequal_dilations,
        does.exchanged_steps_output),
    Difference(
        "AtrousConvolution", "3.x", BACKWARD,
        "g is wrong for unequal dilations", "the derivative of Forward", unequal_dilations),
    Difference(
        "Convolution AtrousConvolution", "3.x", BACKWARD,
        "g is wrong for a stride above 1", "the derivative of Forward", strided),
    Difference(
        "Convolution AtrousConvolution", "3.x", GRADIENT,
        "the weight gradient is wrong for a stride above 1", "the derivative of Forward",
        lambda job, check: strided(job, check) & ~bias_entries(job, check)),
    Difference(
        "Convolution GroupedConvolution", "4.4", FORWARD,
        "Forward exchanges unequal strides", "each axis has its own stride", unequal_strides,
        does.exchanged_steps_output),
    Difference(
        "Convolution GroupedConvolution", "4.4", GRADIENT,
        "Gradient exchanges unequal strides", "each axis has its own stride", unequal_strides,
        does.exchanged_strides_gradient),
    Difference(
        "TransposedConvolution", "4.8", BACKWARD,
        "with several channels on both sides g is of filters that are taken in another order",
        "the derivative of Forward", many_to_many, does.filters_exchanged),
    Difference(
        "DropConnect", "3.x 4.4 4.8", BACKWARD,
        "g lacks the factor 1 / (1 - ratio)", "the derivative of Forward", in_training,
        does.without_scale),
    Difference(
        "DropConnect", "3.x 4.4 4.8", GRADIENT,
        "the gradient is that of a layer without mask and factor", "the derivative of Forward",
        in_training, does.gradient_of_linear),
    Difference(
        "MultiplyMerge", "3.x", BACKWARD,
        "the layers' Backward gets gy itself", "gy times the outputs of the other layers", None,
        does.unmultiplied_g),
    Difference(
        "MultiplyMerge", "3.x", GRADIENT,
        "the layers' Gradient gets error itself", "error times the outputs of the other layers",
        None, does.unmultiplied_gradient),
    Difference(
        "MeanPooling AdaptiveMeanPooling", "3.x", BACKWARD,
        "g leaves out the last row and column of blocks, and takes blocks of input size / output "
        "size for the windows", "every window spreads its gy evenly", None,
        does.blocks_but_the_last),
    Difference(
        "MaxPooling", "3.x", FORWARD,
        "in ceil mode every window is one row and column smaller than the kernel",
        "only windows at the edge are clipped", ceil, does.smaller_windows_maximum, "output"),
    Difference(
        "MaxPooling", "3.x", FORWARD,
        "in ceil mode the indices are those of the smaller windows' maxima",
        "only windows at the edge are clipped", ceil, does.smaller_windows_indices,
        "pooling_indices"),
    Difference(
        "MaxPooling", "3.x", BACKWARD,
        "in ceil mode the maxima are those of smaller windows",
        "only windows at the edge are clipped", ceil, does.smaller_windows_g),
    Difference(
        "MeanPooling", "3.x", FORWARD,
        "in ceil mode every window is one row and column smaller than the kernel",
        "only windows at the edge are clipped", ceil, does.smaller_windows_mean),
    Difference(
        "MaxPooling", "4.4 4.8", BACKWARD,
        "in ceil mode clipped windows are indexed with the whole kernel's width, so gradients "
        "land on other pixels", "on the maximum", ceil, does.misplaced_maxima),
    Difference(
        "BatchNorm InstanceNorm", "3.x", BACKWARD,
        "g: the direct term is divided by the points, the sums leave out the pixels",
        "the derivative of Forward", None, does.batch_norm_g),
    Difference(
        "BatchNorm InstanceNorm", "3.x", FORWARD,
        "the running variance takes n / (n - size + eps), 0 for a single value, n values in all",
        "m / (m - 1), m values in the channel", None, does.running_variance_with_eps,
        "running_variance"),
    Difference(
        "BatchNorm InstanceNorm", "3.x", FORWARD,
        "normalises with that running variance", "with the unbiased one",
        lambda job, check: not job.training, does.batch_norm_of_recorded, "output"),
    Difference(
        "LogSoftMax", "3.x 4.4 4.8", FORWARD,
        "exp is approximated by a polynomial and cut off at 13", "exp", None, does.log_softmax),
    Difference(
        "LogSoftMax", "3.x", BACKWARD,
        "g = exp(output) + gy, right only behind NegativeLogLikelihood",
        "g = gy - exp(output) * sum(gy)", None, does.log_softmax_g_of_3x),
    Difference(
        "LogSoftMax", "4.4 4.8", BACKWARD,
        "g inherits the approximate exp", "exp", None, does.log_softmax_g),
    Difference(
        "HardTanH", "3.x", BACKWARD,
        "g = gy where the input is clipped (asks the clipped output)", "0", clipped,
        does.gy_itself),
    Difference(
        "CReLU", "3.x", BACKWARD,
        "g = gy of max(x, 0) minus gy of max(-x, 0), whatever x is",
        "only the half that x passes through", None, does.half_minus_half),
    Difference(
        "FlexibleReLU", "3.x", BACKWARD,
        "g asks the sign of the output, max(x, 0) + alpha", "the sign of the input", None,
        does.where_output_positive),
    Difference(
        "PReLU LeakyReLU", "3.x", BACKWARD,
        "g asks the sign of the output, positive for every x if alpha < 0",
        "the sign of the input", below_zero, does.slope_by_output),
    Difference(
        "PReLU FlexibleReLU", "3.x 4.4 4.8", GRADIENT,
        "gradient is divided by the points", "summed over the points, as everywhere else", batch,
        does.by_points),
    Difference(
        "LeakyReLU", "3.x 4.4 4.8", FORWARD,
        "the greater of x and alpha * x, which is another function for alpha > 1",
        "x if x > 0, else alpha * x", lambda job, check: job.kwargs["alpha"] > 1,
        does.greater_of_both),
    Difference(
        "BaseLayer", "3.x", BACKWARD,
        "the derivative, written for x, is given f(x)", "at x", takes_input,
        does.derivative_of_output),
    Difference(
        "ELU SELU", "4.8", BACKWARD,
        "at 0 the slope from above, lambda", "from below, lambda * alpha (as mlpack 4.4)", at_zero,
        does.elu_slope_from_above),
    Difference(
        "ELU", "3.x", FORWARD,
        "1 for infinity", "infinity", infinite_input, does.one),
    Difference(
        "GELU", "4.4 4.8", BACKWARD,
        "the derivative's constants have six digits", "full precision", None, does.gelu_g),
    Difference(
        "Constant", "3.x", FORWARD,
        "the output is one point, whatever the batch", "one for each of the batch", batch,
        does.one_point),
    Difference(
        "Constant", "3.x", BACKWARD,
        "g is one column of the input's elements", "of the input's shape", batch, does.one_column),
    Difference(
        "Select Subview", "3.x", BACKWARD,
        "g = gy, of the output's shape", "of the input's shape, 0 for what was left out", None,
        does.gy_itself),
    Difference(
        "Repeat", "4.4 4.8", BACKWARD,
        "g averages over the copies", "sums", None, does.by_multiples),
    Difference(
        "Reparametrization", "3.x", BACKWARD,
        "the divergence's derivative by the deviations is not divided by the points",
        "divided, as the divergence is",
        lambda job, check: batch(job, check) and job.kwargs["include_kl"],
        does.divergence_undivided),
    Difference(
        "Softmin", "4.4 4.8", BACKWARD,
        "g has the wrong sign", "y * (sum(y * gy) - gy)", None, does.opposite),
    Difference(
        "FTSwish", "4.8", BACKWARD,
        "NaN at 0", "the slope from above, 1/2 (as mlpack 4.4)", at_zero, does.not_a_number),
    Difference(
        "PixelShuffle", "3.x", BACKWARD,
        "g lacks the channels that make no whole block", "g is 0 there", surplus_channels,
        does.whole_blocks_g),
    Difference(
        "RBF", "3.x 4.4 4.8", BACKWARD,
        "computes nothing: g stays as it was, empty or 0", "the derivative of Forward", None,
        does.zero),
    Difference(
        "MultiheadAttention", "4.4", FORWARD,
        "the softmax runs over the queries, so that masked keys are NaN; the output's weights "
        "are transposed",
        "over the keys", None, does.attention_over_queries),
    Difference(
        "MultiheadAttention", "4.4", BACKWARD,
        "g is of a softmax over the queries, and of the output's weights transposed",
        "the derivative of Forward", None, does.attention_over_queries),
    Difference(
        "MultiheadAttention", "4.4", GRADIENT,
        "gradient is of a softmax over the queries, and of the output's weights transposed",
        "the derivative of Forward", None, does.attention_over_queries),
    Difference(
        "MultiheadAttention", "4.8", FORWARD,
        "takes the memory of a batch for all queries, then all keys, then all values",
        "each point has its own", mixed, does.attention_of_mixed_points),
    Difference(
        "MultiheadAttention", "4.8", BACKWARD,
        "g is of points mixed in that way, and each part of it at its right place",
        "the derivative of Forward", mixed, does.attention_of_mixed_points),
    Difference(
        "MultiheadAttention", "4.8", GRADIENT,
        "gradient is of points mixed in that way",
        "the derivative of Forward", mixed, does.attention_of_mixed_points),
    Difference(
        "Glimpse", "3.x", FORWARD,
        "of more than two patches the second is put in the last one's place, those after it "
        "nowhere, and the others are 0", "each in its place", many_patches,
        does.glimpse_of_two_patches),
    Difference(
        "RecurrentAttention", "3.x", FORWARD,
        "sees glimpses of more than two patches as if there were but two", "all of them",
        glimpses_of_many_patches, does.attention_to_two_patches),
    Difference(
        "VRClassReward", "3.x", FORWARD,
        "takes the reward of the last point for that of all", "every point counts", several_points,
        does.last_reward_only),
    Difference(
        "VRClassReward", "3.x", BACKWARD,
        "the baseline is that of a batch of one, the second row's first element, and its g is "
        "written over that of the second label", "behind the points", several_points,
        does.baseline_in_second_row, "g"),
    Difference(
        "VRClassReward", "3.x", BACKWARD,
        "hands on one reward, the last point's, less the second row's first element",
        "one for each point, less the baseline", several_points, does.reward_less_second_row,
        "reward"),
    Difference(
        "Glimpse", "3.x", BACKWARD,
        "g of the patch has its axes exchanged, and lies at a place whose axes are",
        "where the patch is", None, does.glimpse_turned),
    Difference(
        "Recurrent", "3.x", GRADIENT,
        "the gradient of start, an Add, stays 0 for a batch", "summed over the points",
        start_of_batch, does.zero),
    Difference(
        "BilinearInterpolation", "3.x", BACKWARD,
        "g is gy interpolated to the size of the input", "the derivative of Forward", None,
        does.resampled_g),
    Difference(
        "NearestInterpolation", "4.8", FORWARD,
        "only the first point of a batch is written", "every point", batch, does.first_point_only),
    Difference(
        "NearestInterpolation", "4.8", BACKWARD,
        "only the first point of a batch is written", "every point", batch, does.first_point_only),
    Difference(
        "FastLSTM", "3.x", BACKWARD,
        "slopes are s (1 - s) though s approximates the sigmoid",
        "the slope of the approximation", None,
        does.logistic_slopes_g),
    Difference(
        "FastLSTM", "3.x", GRADIENT,
        "slopes are s (1 - s) though s approximates the sigmoid",
        "the slope of the approximation", None,
        does.logistic_slopes_gradient),
    Difference(
        "LSTM", "4.4", BACKWARD,
        "goes back with the cell of the step after", "that of the step before", None,
        does.next_cell_g),
    Difference(
        "LSTM", "4.4", GRADIENT,
        "goes back with the cell of the step after; in U's gradient with h of the step",
        "those of the step before", None,
        does.next_cell_gradient),
    Difference(
        "GRU", "4.8", BACKWARD,
        "what a step does to the later ones is left out", "back-propagation through time", None,
        does.steps_apart_g),
    Difference(
        "GRU", "4.8", GRADIENT,
        "what a step does to the later ones is left out; V's gradient lacks the reset gate",
        "back-propagation through time", None,
        does.steps_apart_gradient),
    # activation functions
    Difference(
        "GELUFunction", "3.x 4.4 4.8", BACKWARD,
        "the derivative's constants have six digits", "full precision", None,
        does.gelu_derivative, "derivative"),
    Difference(
        "ElishFunction MishFunction BipolarSigmoidFunction", "3.x 4.4 4.8", FORWARD,
        "NaN where exp overflows", "the limit", extreme, does.not_a_number),
    Difference(
        "ElishFunction MishFunction BipolarSigmoidFunction TanhExpFunction", "3.x 4.4 4.8",
        BACKWARD,
        "NaN where exp overflows", "the limit", extreme, does.not_a_number),
    Difference(
        "LogisticFunction", "3.x 4.4 4.8", FORWARD,
        "the inverse of 0 and 1 stops at the logarithm of the largest number", "infinite",
        beyond_range, does.truncated_logarithm, "Inv"),
    Difference(
        "SoftplusFunction", "3.x 4.4 4.8", FORWARD,
        "the inverse of 0 is 0", "minus infinity", not_positive, does.zero, "Inv"),
    Difference(
        DERIV_OF_INPUT, "3.x", BACKWARD,
        "layers give Deriv, written for x, f(x)", "Deriv(x)", item="derivative_in_layers"),
    # losses
    Difference(
        "L1Loss.before_redesign", "3.x", FORWARD,
        "no absolute value; the mean is over features, summed over points", "mean or sum of "
        "|x - t|", None, does.signed_difference),
    Difference(
        "L1Loss.before_redesign", "3.x", BACKWARD,
        "g of the mean is not divided", "divided by the number of elements", mean,
        does.sign_undivided),
    Difference(
        "MeanBiasError.before_redesign", "3.x", BACKWARD,
        "g is not divided like the loss", "divided by the points", batch, does.times_points),
    Difference(
        "LogCoshLoss LogCoshLoss.before_redesign", "3.x 4.4 4.8", BACKWARD,
        "g has the wrong sign", "tanh(a (x - t))", None, does.opposite),
    Difference(
        "LogCoshLoss LogCoshLoss.before_redesign", "3.x 4.4 4.8", FORWARD,
        "cosh overflows", "log cosh is about its argument there", anywhere(far), does.infinite),
    Difference(
        "HingeEmbeddingLoss", "3.x 4.4 4.8", FORWARD,
        "x for target 1, 1 - x for -1: not clamped", "max(0, margin - x) for -1", None,
        does.linear_hinge_embedding),
    Difference(
        "HingeEmbeddingLoss", "3.x 4.4 4.8", BACKWARD,
        "g = target, also beyond the margin", "0 beyond the margin", None,
        does.linear_hinge_embedding_g),
    Difference(
        "HingeEmbeddingLoss.before_redesign", "3.x", FORWARD,
        "of each point's terms only the largest counts, and it is not clamped at 0",
        "the mean of max(0, 1 - x t)", None, does.largest_hinge),
    Difference(
        "HingeEmbeddingLoss.before_redesign", "3.x", BACKWARD,
        "g is not divided like the loss, and is active on the wrong side for label -1",
        "-t / n where x t < 1", None, does.inverted_hinge_g_undivided),
    Difference(
        "HingeLoss", "4.4 4.8", BACKWARD,
        "g is active on the wrong side for label -1 (and 0)", "-t where x t < 1", None,
        does.inverted_hinge_g),
    Difference(
        "KLDivergence.before_redesign", "3.x", FORWARD,
        "prediction and target are exchanged, both probabilities", "t (log t - x)", None,
        does.relative_entropy),
    Difference(
        "KLDivergence.before_redesign", "3.x", BACKWARD,
        "g is one number", "an array like the prediction", None, does.relative_entropy_g),
    Difference(
        "KLDivergence", "3.x 4.4 4.8", FORWARD,
        "NaN where a target is 0", "the limit, 0", anywhere(zero_target), does.not_a_number),
    Difference(
        "CosineEmbeddingLoss", "3.x 4.4 4.8", FORWARD,
        "compares runs of as many values as there are points", "points", not_square,
        does.cosine_of_runs),
    Difference(
        "CosineEmbeddingLoss", "3.x", BACKWARD,
        "g is a column, of runs of as many values as there are points, and the mean's is not "
        "divided", "the derivative of Forward", None, does.cosine_of_runs_g),
    Difference(
        "CosineEmbeddingLoss", "4.4 4.8", BACKWARD,
        "g is a column, of runs of as many values as there are points, and the mean's is divided "
        "again at every run", "the derivative of Forward", None, does.cosine_of_runs_g),
    Difference(
        "MarginRankingLoss", "3.x", BACKWARD,
        "g is the derivative by the target", "by the prediction", None, does.margin_ranking_g),
    Difference(
        "NegativeLogLikelihood", "3.x", FORWARD,
        "of labels in a column only the first counts", "all count",
        lambda job, check: job.case["target"].shape[0] == 1, does.first_label_only),
    Difference(
        "NegativeLogLikelihood", "3.x", BACKWARD,
        "of labels in a column only the first counts", "all count",
        lambda job, check: job.case["target"].shape[0] == 1, does.first_label_only_g),
    Difference(
        "SoftMarginLoss", "3.x 4.4 4.8", FORWARD,
        "exp overflows", "log(1 + exp(z)) is z there", anywhere(product_far), does.infinite),
    Difference(
        "SoftMarginLoss", "3.x 4.4 4.8", BACKWARD,
        "NaN where exp overflows", "-t", product_far, does.not_a_number),
    Difference(
        "MultiLabelSoftMarginLoss", "3.x 4.4 4.8", FORWARD,
        "NaN or infinite where exp overflows", "finite",
        lambda job, check: np.any(np.abs(job.arrays["input"]) > 700)),
    Difference(
        "ReconstructionLoss", "3.x", BACKWARD,
        "g is not divided like the loss", "divided by the points", batch, does.times_points),
    Difference(
        "ReconstructionLoss", "4.4 4.8", FORWARD,
        "the log-probability is divided by the points (also in the sum)", "not divided", batch,
        does.by_points),
    Difference(
        "MeanAbsolutePercentageError", "4.4 4.8", FORWARD,
        "100 / points is an integer division, 0 above 100 points", "a real one",
        lambda job, check: 100 % job.points != 0, does.percentage_in_integers),
    Difference(
        "MeanAbsolutePercentageError", "4.4 4.8", BACKWARD,
        "g divides by t, and by the integer 100 / points", "by |t|", None, does.percentage_g),
    Difference(
        "TripletMarginLoss", "4.4 4.8", FORWARD,
        "clamped at 0 once for the batch", "for every point", batch, does.triplet_margin),
    Difference(
        "TripletMarginLoss", "4.4 4.8", BACKWARD,
        "g has the anchor's half only, and is not clamped", "both halves, 0 where the loss is",
        None, does.triplet_margin_g),
    Difference(
        "MeanSquaredError", "4.8", BACKWARD,
        "the mean's g is divided by the features only", "by the number of elements", mean,
        does.by_features),
    Difference(
        "VRClassReward", "4.4 4.8", FORWARD,
        "leaves out the last point, and takes the reward of the one before for that of all",
        "every point counts", None, does.last_reward_only),
    # regularizers
    Difference(
        "LRegularizer LRegularizer3", "3.x 4.4 4.8", GRADIENT,
        "an odd power loses the weight's sign", "times sign(w)", negative_weight,
        does.unsigned_power),
    # convolution rules
    Difference(
        "NaiveConvolution", "3.x", FORWARD,
        "with unequal strides or dilations the filter moves by the height's in width and the "
        "width's in height, beyond the image at times", "each axis has its own", unequal_steps,
        does.steps_along_memory),
    Difference(
        "NaiveConvolution", "3.x", FORWARD,
        "in full mode a stride enlarges the frame of zeros, and the filter moves by one pixel",
        "the filter moves by the stride", strided_in_full, does.steps_along_memory),
    Difference(
        "NaiveConvolution NaiveConvolutionCubes", "4.4", FORWARD,
        "unequal strides and dilations are exchanged", "each axis has its own", unequal_steps,
        does.exchanged_steps),
    Difference(
        "FFTConvolution", "3.x 4.4", FORWARD,
        "the filter is turned by 180 degrees, unlike that of the other rules", "not turned", None,
        does.turned_filter),
    Difference(
        "SVDConvolution", "3.x 4.4", FORWARD,
        "the filter is transposed where it is separable, else turned by 180 degrees (itself only "
        "with one row or column, or larger than the image)", "neither transposed nor turned", None,
        does.decomposed_filter),
    # distributions
    Difference(
        "BernoulliDistribution", "3.x 4.4 4.8", BACKWARD,
        "the log-probability is divided by the points, its derivative is not", "both are", batch,
        does.times_points),
    # initialisation rules
    Difference(
        "GaussianInitialization", "3.x", FORWARD,
        "the standard deviation is what the variance should be", "its square root", None,
        does.drawn_with_variance_as_deviation),
    Difference(
        "GlorotInitializationType", "3.x", FORWARD,
        "the normal one's standard deviation is what the variance should be", "its square root",
        lambda job, check: not job.kwargs["uniform"], does.drawn_with_variance_as_deviation),
    Difference(
        "OrthogonalInitialization", "3.x 4.4 4.8", FORWARD,
        "with fewer rows than cols, W becomes (rows, rows)", "(rows, cols), with orthogonal rows",
        lambda job, check: job.case["rows"] < job.case["cols"], does.drawn_as_square),
]
