"""What mlpack's layers and activation functions compute where they are wrong."""
import numpy as np

from mlpack_ann.port.passes import prepare


def error_unsummed(job, check):
    """A copy of the error; of one feature it may be recorded as a vector."""
    error, shape = job.arrays["error"], check.recorded.shape
    return error.reshape(shape) if error.size == check.recorded.size else error


def last_point_bias(job, check):
    """Bias gradient of the last point only, behind the weights' gradient."""
    maps = job.kwargs["out_size"]
    error = job.arrays["error"][-1].reshape(maps, -1)
    return np.concatenate([check.recorded[:-maps], error.sum(1)])


def without_scale(job, check):
    """This library's value without the factor of what a mask keeps."""
    return check.ours * (1 - job.kwargs["ratio"])


def gradient_of_linear(job, check):
    error = job.arrays["error"]
    return np.concatenate([(job.arrays["input"].T @ error).ravel(), error.sum(0)])


def one_point(job, check):
    """This library's first point."""
    return check.ours[:1]


def one_column(job, check):
    """This library's value as one point."""
    return check.ours.reshape(1, -1)


def by_multiples(job, check):
    return check.ours / np.prod(job.kwargs["multiples"])


def divergence_undivided(job, check):
    """The first half of g, by the deviations, with all of the divergence's derivative."""
    pre = np.split(job.arrays["input"], 2, 1)[0]
    deviation = np.logaddexp(0, pre)
    slope = (deviation - 1 / deviation) / (1 + np.exp(-pre))
    g = check.ours.copy()
    g[:, :pre.shape[1]] += job.kwargs["beta"] * slope * (1 - 1 / job.points)
    return g


def padded_images(job):
    """Return the layer of a job, and its images with zeros around them, (points, channels, height,
    width)."""
    layer, arrays = job.build(), job.arrays
    layer.parameters = arrays["parameters"]
    layer.Forward(arrays["input"])          # which tells "same" padding the sizes
    shape = job.points, layer.in_size, layer.input_height, layer.input_width
    zeros = ((layer.pad_h_top, layer.pad_h_bottom), (layer.pad_w_left, layer.pad_w_right))
    return layer, np.pad(arrays["input"].reshape(shape), ((0, 0), (0, 0), *zeros))


def along_memory(images, shape, taps, strides, dilations):
    """Return (points, channels, *shape, *taps): what a filter meets that moves over rows by the
    width's stride and along a row by the height's, with taps as far apart the other way round.
    Behind a row is the next one, behind an image the next one, behind the last one NaN."""
    points, channels, height, width = images.shape
    i, j, p, q = np.ogrid[tuple(slice(size) for size in (*shape, *taps))]
    place = ((i * strides[1] + p * dilations[1]) * width + j * strides[0] + q * dilations[0]
             + np.arange(points * channels).reshape(points, channels, 1, 1, 1, 1) * height * width)
    return np.append(images, np.nan)[np.minimum(place, images.size)]


def steps(layer):
    """Return strides and dilations, each as (height, width)."""
    return ((layer.stride_height, layer.stride_width),
            (layer.dilation_height, layer.dilation_width))


def exchanged_steps_output(job, check):
    """Convolution whose strides and dilations of the height are the width's, and the other way
    round. What is read behind all images may be anything."""
    layer, images = padded_images(job)
    filters, channels, *taps = layer.weight.shape
    shape = [(size - (tap - 1) * dilation - 1) // stride + 1 for size, tap, stride, dilation
             in zip(images.shape[2:], taps, *steps(layer))]
    windows = along_memory(images, shape, taps, *steps(layer))
    y = np.einsum("ngcijpq,gocpq->ngoij",
                  windows.reshape(job.points, layer.groups, channels, *shape, *taps),
                  layer.weight.reshape(layer.groups, -1, channels, *taps))
    y = y.reshape(job.points, filters, -1)
    if layer.use_bias:
        y += layer.bias[:, None]
    y = y.reshape(check.recorded.shape)
    return np.where(np.isnan(y), check.recorded, y)


def exchanged_strides_gradient(job, check):
    """The gradient of mlpack 4.4's Convolution, which takes the strides as `along_memory` does the
    dilations, in images of only the rows and columns that Forward should read."""
    layer, images = padded_images(job)
    filters, channels, *taps = layer.weight.shape
    strides, _ = steps(layer)
    shape = [(size - tap) // stride + 1 for size, tap, stride
             in zip(images.shape[2:], taps, strides)]
    rows, columns = ((count - 1) * stride + tap for count, stride, tap
                     in zip(shape, strides, taps))
    windows = along_memory(images[:, :, :rows, :columns], taps, shape, (1, 1), strides)
    error = job.arrays["error"].reshape(job.points, layer.groups, -1, *shape)
    weight = np.einsum("ngcpqij,ngoij->gocpq",
                       windows.reshape(job.points, layer.groups, channels, *taps, *shape), error)
    biases = error.sum((0, 3, 4)).ravel() if layer.use_bias else []
    value = np.concatenate([weight.ravel(), biases])
    return np.where(np.isnan(value), check.recorded, value)


def filters_exchanged(job, check):
    """This library's g for filters stored by input channel first, which they are not."""
    arrays, layer = job.arrays, job.build()
    layer.parameters = arrays["parameters"]
    filters, channels, *area = layer.weight.shape
    layer.weight[:] = layer.weight.reshape(channels, filters, *area).swapaxes(0, 1).copy()
    return layer.Backward(arrays["input"], arrays["output"], arrays["gy"])


def merged_weights(job):
    """Return the weights of mid-2020's merged Linear layers, (layers, in, out)."""
    out = job.arrays["output"].shape[1]
    return job.arrays["parameters"].reshape(-1, (job.features + 1) * out)[:, :-out].reshape(
        -1, job.features, out)


def unmultiplied_g(job, check):
    """The sum of what the Linear layers make of gy itself."""
    return np.einsum("no,lio->ni", job.arrays["gy"], merged_weights(job))


def unmultiplied_gradient(job, check):
    """The Linear layers' gradients for the error itself."""
    x, error = job.arrays["input"], job.arrays["error"]
    return np.tile(np.append((x.T @ error).ravel(), error.sum(0)), len(merged_weights(job)))


SLOPE = {"Sigmoid": lambda x, y: y * (1 - y), "TanH": lambda x, y: 1 - y * y,
         "BipolarSigmoid": lambda x, y: (1 - y * y) / 2, "Gaussian": lambda x, y: -2 * x * y,
         "Swish": lambda x, y: y / x * (1 + x - y), "SILU": lambda x, y: y / x * (1 + x - y),
         "TanhExp": lambda x, y: y / x + x * np.exp(x) * (1 - (y / x) ** 2),
         "GELU": lambda x, y: rounded_gelu_derivative(x)}


SLOPE_IN_4_8 = {"ReLU": lambda x, y, layer: np.sign(y),
                "ELU": lambda x, y, layer: np.where(x < 0, y + layer.alpha, 1),
                "CELU": lambda x, y, layer: np.where(x < 0, y / layer.alpha + 1, 1)}


def slopes_at_the_sum(job, check):
    """g of layers whose derivatives, where they are written for the output, are taken at the
    merged one."""
    x, y, gy = (job.arrays[name] for name in ("input", "output", "gy"))
    prepare(job)                            # gives the layers their weights
    g = np.zeros(x.shape)
    for one, layer in zip(job.case.args["layers"], job.kwargs["layers"]):
        if one["class"] in SLOPE_IN_4_8 and job.version == "4.8":
            g += gy * SLOPE_IN_4_8[one["class"]](x, y, layer)
        elif one["class"] in SLOPE:
            g += gy * SLOPE[one["class"]](x, y)
        else:
            g += layer.Backward(x, layer.Forward(x), gy)
    return g


def last_point_biases(job, check):
    """This library's value with the biases' entries of the last point alone."""
    layer, x, error = prepare(job), job.arrays["input"][-1:], job.arrays["error"][-1:]
    layer.Backward(x, layer.Forward(x), error)
    return layer.Gradient(x, error)


def last_block_first(job, check):
    """g of the last block in place of the first, and zeros."""
    value, size = np.zeros_like(check.ours), job.features // job.kwargs["in_size"]
    value[:, :size] = check.ours[:, -size:]
    return value


def images(job, name):
    """Return a recorded image array as (points, channels, height, width)."""
    channels, height, width = job.attributes["input_dimensions"]
    array = job.arrays[name]
    if name in ("input", "g"):
        return array.reshape(-1, channels, height, width)
    return array.reshape(len(array), channels, *output_size(job, height, width))


def output_size(job, height, width):
    if "output_width" in job.kwargs:
        return job.kwargs["output_height"], job.kwargs["output_width"]
    return tuple(np.ceil((size - kernel) / stride).astype(int) + 1 if not job.kwargs["floor"]
                 else (size - kernel) // stride + 1
                 for size, kernel, stride in
                 ((height, job.kwargs["kernel_height"], job.kwargs["stride_height"]),
                  (width, job.kwargs["kernel_width"], job.kwargs["stride_width"])))


def blocks_but_the_last(job, check):
    """Mean pooling's g: gy spread over blocks of (input size / output size), the last left out."""
    gy, g = images(job, "gy"), np.zeros_like(images(job, "g"))
    down, across = g.shape[2] // gy.shape[2], g.shape[3] // gy.shape[3]
    for i, row in enumerate(range(0, g.shape[2] - down, down)):
        for j, column in enumerate(range(0, g.shape[3] - across, across)):
            g[:, :, row:row + down, column:column + across] += (
                gy[:, :, i, j, None, None] / (down * across))
    return g.reshape(check.recorded.shape)


def smaller_windows(job, reduce):
    """Ceil mode: every window is one row and one column smaller than the kernel.

    `reduce` is called with windows (points, channels, rows, columns) and their top left corner.
    """
    x, k = images(job, "input"), job.kwargs
    rows, columns = output_size(job, *x.shape[2:])
    corners = [(i * k["stride_height"], j * k["stride_width"])
               for i in range(rows) for j in range(columns)]
    return np.stack([reduce(x[:, :, top:top + k["kernel_height"] - 1,
                              left:left + k["kernel_width"] - 1], top, left)
                     for top, left in corners], -1)


def smaller_windows_maximum(job, check):
    return smaller_windows(job, lambda window, *corner: window.max((2, 3))).reshape(job.points, -1)


def smaller_windows_mean(job, check):
    return smaller_windows(job, lambda window, *corner: window.mean((2, 3))).reshape(job.points, -1)


def smaller_windows_indices(job, check):
    """Where the maxima of the smaller windows are: x + y * width."""
    width = job.attributes["input_dimensions"][2]

    def index(window, top, left):
        down, across = np.divmod(window.reshape(*window.shape[:2], -1).argmax(2), window.shape[3])
        return (top + down) * width + left + across
    return smaller_windows(job, index).ravel()


def smaller_windows_g(job, check):
    gy = images(job, "gy")
    g = np.zeros((gy.shape[0] * gy.shape[1], images(job, "g")[0, 0].size))
    places = smaller_windows_indices(job, check).reshape(len(g), -1)
    np.add.at(g, (np.arange(len(g))[:, None], places), gy.reshape(places.shape))
    return g.reshape(check.recorded.shape)


def misplaced_maxima(job, check):
    """Max pooling's g where a maximum's place in a clipped window counts in whole windows."""
    gy, x, k = images(job, "gy"), images(job, "input"), job.kwargs
    g = np.zeros((*x.shape[:2], x.shape[2] * x.shape[3]))
    for (point, channel, i, j), value in np.ndenumerate(gy):
        top, left = i * k["stride_height"], j * k["stride_width"]
        window = x[point, channel, top:top + k["kernel_height"], left:left + k["kernel_width"]]
        down, across = divmod(int(window.argmax()), k["kernel_width"])
        g[point, channel, (top + down) * x.shape[3] + left + across] += value
    return g.reshape(check.recorded.shape)


def batch_norm_g(job, check):
    """The direct term divided by the points, the other sums taken over points but not pixels."""
    size = job.kwargs["size"]
    x, gy = (job.arrays[name].reshape(job.points, size, -1) for name in ("input", "gy"))
    gamma = job.arrays.get("parameters", np.ones(size))[:size, None]
    centred = x - x.mean((0, 2), keepdims=True)
    inverse = 1 / np.sqrt(x.var((0, 2), keepdims=True) + job.kwargs.get("eps", 1e-8))
    direct = gy * gamma * inverse
    spread = (gy * gamma * centred).sum(0) * inverse ** 3
    return ((direct - spread * centred - direct.sum(0)) / job.points).reshape(gy.shape[0], -1)


def running_variance_with_eps(job, check):
    """Updates by variance * n / (n - size + eps), n values in all; 1 / (m - 1) per channel is ours.

    Where n equals size the factor is 0.
    """
    size, eps = job.kwargs["size"], job.kwargs.get("eps", 1e-8)
    eps /= len(job.case["input"]) / job.points      # InstanceNorm: all points are channels
    running = np.ones(size)
    seen = [*job.previous, job.arrays["input"]] if job.training else job.previous
    for count, x in enumerate(seen, 1):
        variance = x.reshape(len(x), size, -1).var((0, 2))
        unbiased = variance * (0.0 if x.size == size else x.size / (x.size - size + eps))
        share = 1 / count if job.kwargs.get("average", True) else job.kwargs["momentum"]
        running = (1 - share) * running + share * unbiased
    return running


def batch_norm_of_recorded(job, check):
    """Normalised with mlpack's running statistics."""
    size = job.kwargs["size"]
    gamma, beta = job.arrays["parameters"].reshape(2, size, 1)
    mean, variance = (job.state[name].reshape(size, 1)
                      for name in ("running_mean", "running_variance"))
    x = job.arrays["input"].reshape(job.points, size, -1)
    y = (x - mean) / np.sqrt(variance + job.kwargs.get("eps", 1e-8)) * gamma + beta
    return y.reshape(job.points, -1)


def approximate_exponential(x):
    """mlpack's exp(-x) for x >= 0."""
    polynomial = 1 + x * (0.125 + x * (0.0078125 + x * (0.00032552083 + x * 1.0172526e-5)))
    return np.where(x < 13, polynomial ** -8, 0.0)


def log_softmax(job, check):
    x = job.arrays["input"]
    top = x.max(1, keepdims=True)
    return x - top - np.log(approximate_exponential(top - x).sum(1, keepdims=True))


def log_softmax_g_of_3x(job, check):
    return np.exp(job.arrays["output"]) + job.arrays["gy"]


def log_softmax_g(job, check):
    gy = job.arrays["gy"]
    return gy - np.exp(job.arrays["output"]) * gy.sum(1, keepdims=True)


def derivative_of_output(job, check):
    """The activation's derivative taken at f(x)."""
    function, y = job.kwargs["function"], job.arrays["output"]
    if job.case.args["ActivationFunction"] == "GELUFunction":
        return job.arrays["gy"] * rounded_gelu_derivative(y)
    return job.arrays["gy"] * function.Deriv(y, function.Fn(y))


def rounded_gelu_derivative(x):
    inner = 0.0356774 * x ** 3 + 0.797885 * x
    with np.errstate(over="ignore"):
        spread = (0.0535161 * x ** 3 + 0.398942 * x) / np.cosh(inner) ** 2
    return 0.5 * np.tanh(inner) + spread + 0.5


def gelu_derivative(job, check):
    return rounded_gelu_derivative(job.arrays["input"])


def gelu_g(job, check):
    return job.arrays["gy"] * gelu_derivative(job, check)


def elu_slope_from_above(job, check):
    """At 0 the slope of the linear side, lambda."""
    return job.arrays["gy"] * (1.0507009873554802 if job.kwargs.get("alpha") is None else 1)


def truncated_logarithm(job, check):
    """Logarithms that stop at the largest and the smallest number."""
    return np.where(job.arrays["inverse_of"] > 0.5, np.log(np.finfo(float).max),
                    np.log(np.finfo(float).tiny))


def half_minus_half(job, check):
    first, second = np.split(job.arrays["gy"], 2, 1)
    return first - second


def where_output_positive(job, check):
    return job.arrays["gy"] * (job.arrays["output"] > 0)


def slope_by_output(job, check):
    """The slope of a leaky rectifier chosen by the sign of its output."""
    alpha = job.kwargs.get("alpha", job.kwargs.get("user_alpha"))
    if "parameters" in job.arrays:
        alpha = job.arrays["parameters"][0]
    return job.arrays["gy"] * np.where(job.arrays["output"] >= 0, 1.0, alpha)


def greater_of_both(job, check):
    x = job.arrays["input"]
    return np.maximum(x, job.kwargs["alpha"] * x)


def resampled_g(job, check):
    """gy interpolated to the input's size, beyond its last two rows and columns extrapolated; gy
    itself where it has as many elements."""
    k, gy = job.kwargs, job.arrays["gy"]
    before, after = ((k[f"in_{axis}_size"], k[f"out_{axis}_size"]) for axis in ("col", "row"))
    if gy.size == check.recorded.size:
        return gy.reshape(check.recorded.shape)

    def matrix(size, sources):
        place = np.arange(size) * (sources / size)
        first = np.minimum(np.floor(place).astype(int), sources - 2)
        result = np.zeros((size, sources))
        result[np.arange(size), first] = 1 - (place - first)
        result[np.arange(size), first + 1] = place - first
        return result
    images = gy.reshape(job.points, k["depth"], before[1], after[1])
    g = np.einsum("hi,ncij,wj->nchw", matrix(*before), images, matrix(*after))
    return g.reshape(check.recorded.shape)


def first_point_only(job, check):
    """Points after the first are not written: there may be anything."""
    return np.concatenate([check.ours[:1], check.recorded[1:]])


def whole_blocks_g(job, check):
    """Pixel shuffling's g without the surplus channels."""
    factor, size = job.kwargs["upscale_factor"], job.kwargs["size"]
    channels = check.ours.reshape(job.points, size, -1)
    return channels[:, :size - size % factor ** 2].reshape(job.points, -1)
