"""PyTorch's operation for a job.

Each entry of `OPERATIONS` takes a job and returns a function of tensors (the input, for a loss
also the target) in the job's own shapes, or None where PyTorch does something else.
"""
import numpy as np
import torch
from torch.nn import functional as F


def operation(job):
    """Return PyTorch's function for a job, or None."""
    if job.group == "activation_functions":
        return None         # compared as layers
    build = OPERATIONS.get(job.name)
    return build(job) if build else None


def elementwise(function):
    return lambda job: function


def parameters(job, *shapes):
    """Return a job's flat parameters cut into tensors of these shapes."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    values = job.arrays.get("parameters")
    if values is None:      # norms as Reset leaves them
        values = np.concatenate([np.ones(sizes[0]), np.zeros(sizes[1])])
    pieces = np.split(values, np.cumsum(sizes)[:-1])
    return [torch.from_numpy(piece.reshape(shape)) for piece, shape in zip(pieces, shapes)]


def image(job, function):
    """Return `function` of images as one of flat points."""
    dimensions = job.attributes.get("input_dimensions")
    return lambda x: function(x.reshape(len(x), *dimensions)).flatten(1)


def linear(job):
    inner, outer = job.kwargs["in_size"], job.kwargs["out_size"]
    if job.name == "LinearNoBias":
        weight, = parameters(job, (inner, outer))
        return lambda x: F.linear(x, weight.T)
    weight, bias = parameters(job, (inner, outer), (outer,))
    return lambda x: F.linear(x, weight.T, bias)


def linear3d(job):
    return rows_of(job, linear(job))


def embedding(job):
    weight, = parameters(job, (job.kwargs["vocab_size"], job.kwargs["embedding_size"]))
    return lambda x: F.embedding(x.long(), weight).flatten(1)


def rows_of(job, function):
    """Return `function` of rows of features as one of flat points."""
    inner = job.kwargs["in_size"]
    return lambda x: function(x.reshape(len(x), -1, inner)).flatten(1)


def convolution(job):
    """Also of a dilated or grouped layer."""
    k = job.kwargs
    return _filtered(job, F.conv2d, k["in_size"] // k.get("groups", 1), groups=k.get("groups", 1),
                     dilation=(k.get("dilation_height", 1), k.get("dilation_width", 1)))


def transposed_convolution(job):
    k = job.kwargs
    if k.get("output_width") or k.get("output_height"):
        return None
    more = k.get("output_pad_h", 0), k.get("output_pad_w", 0)
    return _filtered(job, lambda x, weight, *bias, **options: F.conv_transpose2d(
        x, weight.swapaxes(0, 1), *bias, **options), k["in_size"], output_padding=more)


def _filtered(job, function, channels, **options):
    k = job.kwargs
    shape = k["out_size"], channels, k["kernel_height"], k["kernel_width"]
    if k.get("padding_type", "none").lower() != "none" or not _symmetric(k):
        return None
    biased = k.get("use_bias", True)
    weight, *bias = parameters(job, shape, *([shape[:1]] if biased else []))
    options |= {"stride": (k["stride_height"], k["stride_width"]),
                "padding": (_first(k["pad_h"]), _first(k["pad_w"]))}
    dimensions = k["in_size"], k["input_height"], k["input_width"]
    return lambda x: function(x.reshape(len(x), *dimensions), weight, *bias, **options).flatten(1)


def _first(pad):
    return pad[0] if isinstance(pad, tuple) else pad


def _symmetric(kwargs):
    return all(not isinstance(pad, tuple) or pad[0] == pad[1]
               for pad in (kwargs["pad_w"], kwargs["pad_h"]))


def pooling(function):
    def build(job):
        k = job.kwargs
        if not k["floor"]:
            return None     # its ceil mode counts windows otherwise
        kernel = k["kernel_height"], k["kernel_width"]
        stride = k["stride_height"], k["stride_width"]
        return image(job, lambda x: function(x, kernel, stride))
    return build


def adaptive_pooling(function):
    def build(job):
        k, (_, height, width) = job.kwargs, job.attributes["input_dimensions"]
        if height % k["output_height"] or width % k["output_width"]:
            return None     # other windows
        return image(job, lambda x: function(x, (k["output_height"], k["output_width"])))
    return build


def batch_norm(job):
    k = job.kwargs
    if not job.training or "min_axis" in k or job.points * job.features == k["size"]:
        return None
    gamma, beta = parameters(job, (k["size"],), (k["size"],))

    def function(x):
        return F.batch_norm(x.reshape(len(x), k["size"], -1), None, None, gamma, beta, True, 0.1,
                            k.get("eps", 1e-8)).reshape(x.shape)
    return function


def instance_norm(job):
    k = job.kwargs
    if not job.training or job.features == k["size"]:
        return None
    gamma, beta = parameters(job, (k["size"],), (k["size"],))

    def function(x):
        return F.instance_norm(x.reshape(len(x), k["size"], -1), weight=gamma, bias=beta,
                               eps=k["eps"]).reshape(x.shape)
    return function


def layer_norm(job):
    size = job.kwargs["size"]
    gamma, beta = parameters(job, (size,), (size,))
    return lambda x: F.layer_norm(x, (size,), gamma, beta, job.kwargs["eps"])


def attention(job):
    """Without masks: in PyTorch a query without keys is NaN."""
    k, embed = job.kwargs, job.attributes["input_dimensions"][-1]
    if "attn_mask" in k or "key_padding_mask" in k:
        return None
    square, line = (embed, embed), (embed,)
    *w, bq, bk, bv, bo = parameters(job, *[square] * 4, *[line] * 4)
    targets = k["tgt_seq_len"]

    def function(x):
        x = x.reshape(len(x), -1, embed).transpose(0, 1)
        parts = [x] * 3 if k.get("self_attention") else [x[:targets], *x[targets:].chunk(2)]
        y, _ = F.multi_head_attention_forward(
            *parts, embed, k["num_heads"], torch.cat([part.T for part in w[:3]]),
            torch.cat([bq, bk, bv]), None, None, False, 0.0, w[3].T, bo, need_weights=False)
        return y.transpose(0, 1).flatten(1)
    return function


def gru(job):
    n, m = job.kwargs["in_size"], job.kwargs["out_size"]
    if not job.kwargs.get("reset_after") or job.kwargs.get("rho"):
        return None
    w, b, u, v = parameters(job, (n, 3 * m), (1, 3 * m), (m, 2 * m), (m, m))
    weights = [torch.cat([blocks[:, m:2 * m], blocks[:, :m], blocks[:, 2 * m:]], 1).T.contiguous()
               for blocks in (w, torch.cat([u, v], 1), b)]
    weights = [*weights[:2], weights[2][:, 0], torch.zeros(3 * m, dtype=w.dtype)]
    return lambda x: torch.gru(x, torch.zeros(1, len(x), m, dtype=x.dtype), weights, True, 1, 0.0,
                               False, False, True)[0]


def pixel_shuffle(job):
    k = job.kwargs
    if k["size"] % k["upscale_factor"] ** 2:
        return None
    shape = k["size"], k["height"], k["width"]
    return lambda x: F.pixel_shuffle(x.reshape(len(x), *shape), k["upscale_factor"]).flatten(1)


def padding(job):
    k = job.kwargs
    pads = k["pad_w_left"], k["pad_w_right"], k["pad_h_top"], k["pad_h_bottom"]
    return image(job, lambda x: F.pad(x, pads, value=k.get("fill_value", 0.0)))


def nearest(job):
    """PyTorch's rule for the sizes agrees where they are whole multiples of the factors."""
    _, *sizes = job.attributes["input_dimensions"]
    exact = [n * factor for n, factor in zip(sizes, job.kwargs["scale_factors"])]
    size = [int(n) for n in exact]
    return image(job, lambda x: F.interpolate(x, size)) if size == exact else None


def bilinear(job):
    """At the places of mlpack's rule, on a grid from -1 to 1 between the corners' centres."""
    k = job.kwargs
    places = [torch.arange(k[f"out_{axis}_size"], dtype=torch.float64) * k[f"in_{axis}_size"]
              / k[f"out_{axis}_size"] / (k[f"in_{axis}_size"] - 1) * 2 - 1
              for axis in ("col", "row")]
    rows, columns = torch.meshgrid(*places, indexing="ij")
    grid = torch.stack([columns, rows], 2)
    shape = k["depth"], k["in_col_size"], k["in_row_size"]
    return lambda x: F.grid_sample(x.reshape(len(x), *shape), grid.expand(len(x), -1, -1, -1),
                                   padding_mode="border", align_corners=True).flatten(1)


def rule(job):
    """Of an image, or a stack as channels, by the filters of each output."""
    o, image, filters = job.options, job.arrays["input"], job.arrays["filter"]
    if o["appending"]:
        return None
    dilation, stride = (o["dilation_h"], o["dilation_w"]), (o["d_h"], o["d_w"])
    full = job.kwargs["border_mode"] == "full"
    pads = [(n - 1) * d * full for n, d in zip(filters.shape[-2:], dilation)]
    groups = len(image) if image.ndim == filters.ndim == 3 else 1
    stacked = max(image.ndim, filters.ndim) - 2

    def function(x, w):
        if w.ndim == 4 or groups > 1:
            y = F.conv2d(x[None], w if w.ndim == 4 else w[:, None], None, stride, pads, dilation,
                         groups)
        else:
            y = F.conv2d(x.reshape(-1, 1, *x.shape[-2:]), w.reshape(-1, 1, *w.shape[-2:]), None,
                         stride, pads, dilation)
        return y.flatten(0, 1) if stacked else y[0, 0]
    return function


def prelu(job):
    alpha, = parameters(job, (1,))
    return lambda x: F.prelu(x, alpha)


def elu(job):
    alpha = job.kwargs.get("alpha")
    return F.selu if alpha is None else lambda x: F.elu(x, alpha)


def loss(function, **options):
    """PyTorch's loss, with options named after this library's constructor arguments."""
    def build(job):
        k = job.kwargs
        given = {theirs: convert(k[name]) for name, (theirs, convert) in options.items()
                 if name in k}
        reduction = "sum" if k.get("reduction", True) else "mean"
        return lambda x, t: function(x, t, reduction=reduction, **given)
    return build


def kl_divergence(job):
    """PyTorch's own mean is about to change its meaning, and warns."""
    if job.kwargs.get("reduction", True):
        return lambda x, t: F.kl_div(x, t, reduction="sum")
    return lambda x, t: F.kl_div(x, t, reduction="sum") / x.numel()


def hinge_embedding(job):
    if not np.isin(job.arrays["target"], (-1, 1)).all():
        return None
    return loss(F.hinge_embedding_loss)(job)


def cosine_embedding(job):
    k = job.kwargs
    if k["similarity"] is False and k["margin"] < 0:
        return None
    label = torch.tensor(1.0 if k["similarity"] else -1.0, dtype=torch.float64)
    reduction = "sum" if k.get("reduction", True) else "mean"
    return lambda x, t: F.cosine_embedding_loss(x, t, label.expand(len(x)), margin=k["margin"],
                                                reduction=reduction)


def margin_ranking(job):
    reduction = "sum" if job.kwargs.get("reduction", True) else "mean"
    return lambda x, t: F.margin_ranking_loss(*x.chunk(2, 1), t, margin=job.kwargs["margin"],
                                              reduction=reduction)


OPERATIONS = {
    "Linear": linear, "LinearNoBias": linear, "Linear3D": linear3d,
    "Embedding": embedding, "Convolution": convolution,
    "AtrousConvolution": convolution, "GroupedConvolution": convolution,
    "TransposedConvolution": transposed_convolution,
    "MaxPooling": pooling(F.max_pool2d), "MeanPooling": pooling(F.avg_pool2d),
    "AdaptiveMaxPooling": adaptive_pooling(F.adaptive_max_pool2d),
    "AdaptiveMeanPooling": adaptive_pooling(F.adaptive_avg_pool2d),
    "BatchNorm": batch_norm, "InstanceNorm": instance_norm, "LayerNorm": layer_norm,
    "MultiheadAttention": attention, "PixelShuffle": pixel_shuffle, "Padding": padding,
    "GRU": gru,
    "NearestInterpolation": nearest, "BilinearInterpolation": bilinear,
    **dict.fromkeys(("NaiveConvolution", "Im2ColConvolution", "FFTConvolution", "SVDConvolution"),
                    rule),
    "Softmax": elementwise(lambda x: F.softmax(x, 1)),
    "LogSoftMax": elementwise(lambda x: F.log_softmax(x, 1)),
    "LeakyReLU": lambda job: lambda x: F.leaky_relu(x, job.kwargs["alpha"]),
    "PReLU": prelu, "ELU": elu, "SELU": elu,
    "CELU": lambda job: lambda x: F.celu(x, job.kwargs["alpha"]),
    "HardTanH": lambda job: lambda x: F.hardtanh(x, job.kwargs["min_value"],
                                                 job.kwargs["max_value"]),
    "HardShrink": lambda job: lambda x: F.hardshrink(x, job.kwargs["lambda_"]),
    "SoftShrink": lambda job: lambda x: F.softshrink(x, job.kwargs["lambda_"]),
    "Sigmoid": elementwise(torch.sigmoid), "TanH": elementwise(torch.tanh),
    "ReLU": elementwise(torch.relu), "ReLU6": elementwise(F.relu6),
    "SoftPlus": elementwise(lambda x: F.softplus(x, threshold=1000)),
    "Swish": elementwise(F.silu), "SILU": elementwise(F.silu), "Mish": elementwise(F.mish),
    "HardSwish": elementwise(F.hardswish), "Elliot": elementwise(F.softsign),
    "GELU": elementwise(lambda x: F.gelu(x, approximate="tanh")),
    "GELUExact": elementwise(F.gelu),
    "L1Loss": loss(F.l1_loss), "MeanSquaredError": loss(F.mse_loss),
    "HuberLoss": loss(F.huber_loss, delta=("delta", float)),
    "KLDivergence": kl_divergence,
    "NegativeLogLikelihood": loss(F.nll_loss),
    "SigmoidCrossEntropyError": loss(F.binary_cross_entropy_with_logits),
    "SoftMarginLoss": loss(F.soft_margin_loss),
    "MultiLabelSoftMarginLoss": loss(F.multilabel_soft_margin_loss,
                                     weights=("weight", torch.from_numpy)),
    "PoissonNLLLoss": loss(F.poisson_nll_loss, log_input=("log_input", bool),
                           full=("full", bool), eps=("eps", float)),
    "HingeEmbeddingLoss": hinge_embedding, "CosineEmbeddingLoss": cosine_embedding,
    "MarginRankingLoss": margin_ranking,
}
